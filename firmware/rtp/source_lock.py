"""Where a stream's packets come from and go to: symmetric RTP (RFC 4961) that does not follow strangers."""

Address = tuple[str, int]
"""An IP literal and a port."""

STRANGER_AFTER = 2.0
"""Seconds of silence after which unauthenticated packets from elsewhere are believed."""

MOVED_AFTER = 0.3
"""The same for authenticated ones: a copy of a packet, sent faster from elsewhere, must not win."""


class SourceLock:
    """Follows the peer to where it really sends from, which a NAT may have chosen.

    The address of the session description is trusted most, the first to speak is followed until then, and
    another one only once the one that is followed has fallen silent.
    """

    __slots__ = ("_heard", "_locked", "_signalled")

    def __init__(self) -> None:
        self._signalled: Address | None = None
        self._locked: Address | None = None
        self._heard = 0.0

    def signalled(self, remote: Address | None) -> None:
        """Take the address that was negotiated; a new one ends following the old."""
        if remote != self._signalled:
            self._signalled, self._locked = remote, None

    @property
    def destination(self) -> Address | None:
        """Where to send."""
        return self._locked or self._signalled

    def admits(self, source: Address, now: float, authenticated: bool) -> bool:
        """Whether to take a valid packet from `source`; follows it where that is due."""
        if source == self._locked:
            self._heard = now
            return True
        quiet = now - self._heard > (MOVED_AFTER if authenticated else STRANGER_AFTER)
        if self._locked is None or quiet or (source == self._signalled and not authenticated):
            self._locked, self._heard = source, now
            return True
        return authenticated
