"""A small local exchange for trying out: registrar, proxy, and numbers that answer by themselves."""
