"""SIP on the wire (RFC 3261 and friends): grammar, messages, transactions, dialogs, digest. Sans-IO."""
