"""RTP, RTCP, SRTP, telephone-event, jitter buffer and playout. Sans-IO."""
