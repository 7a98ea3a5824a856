"""Programs for trying, testing and measuring one's own voice service."""
