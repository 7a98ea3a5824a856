"""What can go wrong in this room: their fault (`RemoteProtocolError`) or ours (`LocalProtocolError`)."""


class ProtocolError(Exception):
    """Base of both errors."""


class LocalProtocolError(ProtocolError):
    """We asked for something that the protocol does not allow: a fault of the calling code."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something that the protocol does not allow; `reason` is one sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AuthenticationFailed(RemoteProtocolError):
    """An SRTP or SRTCP packet was not made with the negotiated key (RFC 3711 section 3.3)."""


class Replayed(RemoteProtocolError):
    """A packet was received before, or is too old to tell (RFC 3711 section 3.3.2)."""
