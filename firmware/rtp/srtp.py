"""SRTP and SRTCP (RFC 3711) under one master key: packet indices, replay protection, and the promise that
nothing is ever encrypted twice under one (key, SSRC, index).

A master key belongs to one direction of one stream: one context protects what we send, another opens what
the peer sends. The roll-over counter of a source's first packet is found by its tag.
"""

from firmware.rtp.errors import (
    AuthenticationFailed,
    LocalProtocolError,
    RemoteProtocolError,
    Replayed,
)
from firmware.rtp.packet import FIXED_HEADER, MAX_PACKET, header_length
from firmware.rtp.sequence import ReplayWindow, extend
from firmware.rtp.srtp_transform import RTCP_LABEL, RTP_LABEL, SUITES

MAX_SOURCES = 64
"""SSRCs that one key may open; more is no telephone call."""

MAX_INDEX = 2**48 - 1
"""The last packet index under one key (RFC 3711 section 9.2)."""

MAX_RTCP_INDEX = 2**31 - 1
"""The last SRTCP index under one key (RFC 3711 section 9.2)."""

RTCP_HEADER = 8
"""Octets of an SRTCP packet that stay in clear: the first header and its SSRC."""

_SEQUENCES = 0x10000


class SrtpContext:
    """One master key of one direction."""

    __slots__ = ("_opened", "_opened_rtcp", "_resumed", "_rtcp", "_rtp", "_sealed", "_sealed_rtcp", "suite")

    def __init__(self, suite: str, key: bytes) -> None:
        """`suite`: its name in SDP; `key`: master key and salt concatenated; raises LocalProtocolError."""
        if suite not in SUITES:
            raise LocalProtocolError(f"SRTP suite {suite!r} is not known")
        self.suite = SUITES[suite]
        self._rtp = self.suite.transform(key, RTP_LABEL)
        self._rtcp = self.suite.transform(key, RTCP_LABEL)
        self._sealed: dict[int, int] = {}  # SSRC: newest index
        self._sealed_rtcp: dict[int, int] = {}
        self._opened: dict[int, ReplayWindow] = {}
        self._opened_rtcp: dict[int, ReplayWindow] = {}
        self._resumed: dict[int, int] = {}  # SSRC: index that the peer had reached when last heard of

    def __repr__(self) -> str:
        return f"SrtpContext({self.suite.name}, …)"

    def protect(self, packet: bytes) -> bytes:
        """Encrypt one RTP packet; sequence numbers must grow, else LocalProtocolError."""
        start = header_length(packet)
        sequence = int.from_bytes(packet[2:4], "big")
        ssrc = int.from_bytes(packet[8:12], "big")
        newest = self._sealed.get(ssrc)
        index = sequence if newest is None else extend(sequence, newest, 16)
        if index > MAX_INDEX or (newest is not None and index <= newest):
            raise LocalProtocolError("an SRTP index would be used twice, or the key is used up")
        self._sealed[ssrc] = index
        header = packet[:start]
        return header + self._rtp.seal(header, packet[start:], ssrc, index)

    def unprotect(self, packet: bytes) -> bytes:
        """The RTP packet inside; raises AuthenticationFailed, Replayed or RemoteProtocolError."""
        start, ssrc = _read_header(packet)
        window = self._opened.get(ssrc)
        if window is None:
            return self._open_first(packet, start, ssrc)
        index = self._estimate(int.from_bytes(packet[2:4], "big"), window.highest)
        if not window.is_new(index):
            raise Replayed("SRTP packet was received before or is too old")
        header = packet[:start]
        payload = self._rtp.open(header, packet[start:], ssrc, index)
        window.mark(index)
        return header + payload

    def authenticates(self, packet: bytes) -> bool:
        """Whether this key made an SRTP packet; changes nothing (trial decryption of forked calls)."""
        try:
            start, ssrc = _read_header(packet)
            self._open_any(packet, start, ssrc)
        except RemoteProtocolError:
            return False
        return True

    def protect_rtcp(self, packet: bytes) -> bytes:
        """Encrypt one compound RTCP packet."""
        if len(packet) < RTCP_HEADER:
            raise LocalProtocolError("RTCP packet is too short")
        ssrc = int.from_bytes(packet[4:8], "big")
        index = self._sealed_rtcp.get(ssrc, -1) + 1
        if index > MAX_RTCP_INDEX:
            raise LocalProtocolError("the SRTCP key is used up")
        self._sealed_rtcp[ssrc] = index
        header = packet[:RTCP_HEADER]
        return header + self._rtcp.seal_rtcp(header, packet[RTCP_HEADER:], ssrc, index)

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """The compound packet inside; raises AuthenticationFailed, Replayed or RemoteProtocolError."""
        if not RTCP_HEADER <= len(packet) <= MAX_PACKET:
            raise RemoteProtocolError("SRTCP packet is too short or too long")
        header = packet[:RTCP_HEADER]
        ssrc = int.from_bytes(header[4:8], "big")
        payload, index = self._rtcp.open_rtcp(header, packet[RTCP_HEADER:], ssrc)
        window = _window(self._opened_rtcp, ssrc)
        if not window.is_new(index):
            raise Replayed("SRTCP packet was received before or is too old")
        window.mark(index)
        return header + payload

    def position(self, ssrc: int) -> tuple[int, int] | None:
        """Roll-over counter and sequence number of the newest packet of a source, sent or received."""
        newest = self._sealed.get(ssrc)
        if newest is None and ssrc in self._opened:
            newest = self._opened[ssrc].highest
        return None if newest is None else divmod(newest, _SEQUENCES)

    def resume(self, ssrc: int, rollover: int, sequence: int) -> None:
        """Where a source that is yet to be received had come to, from a checkpoint or an earlier key."""
        self._resumed[ssrc] = rollover * _SEQUENCES + sequence

    def _estimate(self, sequence: int, newest: int) -> int:
        """RFC 3711 section 3.3.1; before the first roll-over there is nothing below zero."""
        index = extend(sequence, newest, 16)
        return index if index >= 0 else sequence

    def _open_first(self, packet: bytes, start: int, ssrc: int) -> bytes:
        payload, index = self._open_any(packet, start, ssrc)
        _window(self._opened, ssrc).mark(index)
        return packet[:start] + payload

    def _open_any(self, packet: bytes, start: int, ssrc: int) -> tuple[bytes, int]:
        """Open a packet without state: as resumed, else as begun now, else as begun just before a wrap."""
        sequence = int.from_bytes(packet[2:4], "big")
        guesses = [sequence, sequence + _SEQUENCES]
        known = self._opened[ssrc].highest if ssrc in self._opened else self._resumed.get(ssrc)
        if known is not None:
            guesses.insert(0, self._estimate(sequence, known))
        for index in guesses:
            try:
                return self._rtp.open(packet[:start], packet[start:], ssrc, index), index
            except AuthenticationFailed:
                continue
        raise AuthenticationFailed("SRTP packet was not made with the negotiated key")


def _read_header(packet: bytes) -> tuple[int, int]:
    """Length of the header, and SSRC."""
    if not FIXED_HEADER <= len(packet) <= MAX_PACKET:
        raise RemoteProtocolError("SRTP packet is too short or too long")
    return header_length(packet), int.from_bytes(packet[8:12], "big")


def _window(windows: dict[int, ReplayWindow], ssrc: int) -> ReplayWindow:
    """The replay window of an authenticated source, made if new; never forgotten, so never replayed."""
    if ssrc not in windows and len(windows) >= MAX_SOURCES:
        raise RemoteProtocolError("too many sources under one SRTP key")
    return windows.setdefault(ssrc, ReplayWindow())
