"""STUN and the ICE agent. Nothing of it is built yet; the voice channel already carries their datagrams."""
