"""The signed settings, the device agent and the provider server. Nothing of it is built yet."""
