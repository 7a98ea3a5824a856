"""What a person sees: screens, soft keys, lamps and the local page."""
