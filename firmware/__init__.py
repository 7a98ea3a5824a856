"""The telephone: everything that runs on the handset except hardware and pixels."""
