"""What can go wrong with a session description."""


class LocalProtocolError(Exception):
    """Our own code asked for a step that RFC 3264 forbids now, or for a line that cannot be written."""


class SdpError(Exception):
    """The peer's description is malformed or breaks the rules of offer and answer.

    `status` is the SIP status that answers an offer with this fault.
    """

    status = 400

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAcceptable(SdpError):
    """The peer's description is well formed, but there is nothing in it that this telephone can or may do.

    `warning_code` and `reason` go into the Warning header of the 488 (RFC 3261 sections 20.43 and 21.4.26).
    """

    status = 488

    def __init__(self, reason: str, warning_code: int) -> None:
        super().__init__(reason)
        self.warning_code = warning_code

    def warning(self, agent: str) -> str:
        """The value of a Warning header in the name of `agent`, a host or a pseudonym."""
        return f'{self.warning_code} {agent} "{self.reason}"'
