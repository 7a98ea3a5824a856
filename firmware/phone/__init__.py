"""The telephone's core: lines, calls and features as events in, state and effects out. Sans-IO."""
