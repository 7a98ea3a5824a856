"""The demonstration that `make run` starts: an exchange, two telephones of it, and a page to use one by."""
