"""The control channels: framing and one schema file for each channel."""
