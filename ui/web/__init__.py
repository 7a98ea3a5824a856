"""The browser simulator: a page on loopback that shows the telephone and moves it."""
