"""The SRTP keys of one stream: sending under the newest, receiving also under the one before for a while."""

from firmware.rtp.errors import AuthenticationFailed
from firmware.rtp.events import SrtpKeys
from firmware.rtp.srtp import SrtpContext

OLD_KEY_LIFETIME = 2.0
"""Seconds that a receive key is still tried after another has replaced it."""


class Keyring:
    """Protects and opens datagrams; without keys they pass as they are."""

    __slots__ = ("_keys", "_old_receive", "_old_until", "_receive", "_send")

    def __init__(self) -> None:
        self._keys: SrtpKeys | None = None
        self._send: SrtpContext | None = None
        self._receive: SrtpContext | None = None
        self._old_receive: SrtpContext | None = None
        self._old_until = 0.0

    @property
    def secure(self) -> bool:
        """Whether there are keys."""
        return self._keys is not None

    def install(self, keys: SrtpKeys | None, now: float, receiving: int | None) -> None:
        """Use `keys` from now on; `receiving` is the SSRC of the peer, whose counters may go on under them.

        Raises LocalProtocolError, and changes nothing, if a key does not fit its suite.
        """
        if keys == self._keys:
            return
        send = SrtpContext(keys.suite, keys.send) if keys else None
        receive = SrtpContext(keys.suite, keys.receive) if keys else None
        old = self._receive
        if old is not None and receive is not None and receiving is not None:
            position = old.position(receiving)
            if position is not None:
                receive.resume(receiving, *position)
        self._keys, self._send, self._receive = keys, send, receive
        self._old_receive, self._old_until = old, now + OLD_KEY_LIFETIME

    def resume(self, ssrc: int, rollover: int, sequence: int) -> None:
        """Where the peer's source had come to when a checkpoint was written."""
        if self._receive is not None:
            self._receive.resume(ssrc, rollover, sequence)

    def sent_rollover(self, ssrc: int) -> int:
        """How often the sequence number of our source has wrapped under the newest key."""
        position = self._send.position(ssrc) if self._send is not None else None
        return position[0] if position is not None else 0

    def received_position(self, ssrc: int) -> tuple[int, int] | None:
        """Roll-over counter and sequence number of the peer's source."""
        return self._receive.position(ssrc) if self._receive is not None else None

    def recognises(self, datagram: bytes) -> bool:
        """Whether the receive key made an SRTP datagram; changes nothing."""
        return self._receive is not None and self._receive.authenticates(datagram)

    def protect(self, datagram: bytes) -> bytes:
        """An RTP packet as it is sent."""
        return datagram if self._send is None else self._send.protect(datagram)

    def protect_rtcp(self, datagram: bytes) -> bytes:
        """A compound RTCP packet as it is sent."""
        return datagram if self._send is None else self._send.protect_rtcp(datagram)

    def unprotect(self, datagram: bytes, now: float) -> bytes:
        """The RTP packet that arrived; raises RemoteProtocolError."""
        if self._receive is None:
            return datagram
        try:
            return self._receive.unprotect(datagram)
        except AuthenticationFailed:
            return self._old(now).unprotect(datagram)

    def unprotect_rtcp(self, datagram: bytes, now: float) -> bytes:
        """The compound RTCP packet that arrived; raises RemoteProtocolError."""
        if self._receive is None:
            return datagram
        try:
            return self._receive.unprotect_rtcp(datagram)
        except AuthenticationFailed:
            return self._old(now).unprotect_rtcp(datagram)

    def _old(self, now: float) -> SrtpContext:
        if self._old_receive is None or now > self._old_until:
            self._old_receive = None
            raise AuthenticationFailed("SRTP packet was not made with the negotiated key")
        return self._old_receive
