"""What can go wrong: our own mistake, or the peer's."""


class ProtocolError(Exception):
    """SIP forbids what was about to happen."""


class LocalProtocolError(ProtocolError):
    """Our own code asked for what SIP forbids; nothing was sent."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what SIP forbids.

    `status` is what to answer if the message was a request (RFC 3261 section 21), `reason` says to a person
    what is wrong with it, and `headers` go into the answer (a 420 lists what is `Unsupported`).
    """

    def __init__(self, reason: str, status: int = 400, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.headers = headers
