"""Hardware: what a person can buy and wire, and the simulated board."""
