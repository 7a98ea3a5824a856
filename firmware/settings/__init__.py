"""One schema for every setting."""
