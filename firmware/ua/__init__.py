"""What a user agent does with SIP: registration and the INVITE session. Sans-IO."""
