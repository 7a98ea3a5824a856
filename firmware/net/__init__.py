"""The only room that opens signalling sockets."""
