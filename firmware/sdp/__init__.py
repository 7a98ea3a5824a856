"""Session descriptions (RFC 8866), offer/answer (RFC 3264) and keying attributes. Pure."""
