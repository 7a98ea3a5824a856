"""The RTP packet (RFC 3550 section 5.1) and what else may arrive on its port (RFC 7983)."""

from dataclasses import dataclass
from struct import Struct
from typing import Literal

from firmware.rtp.errors import RemoteProtocolError

MAX_PACKET = 4096
"""Octets; far more than any audio packet, far less than a datagram can hold."""

FIXED_HEADER = 12
"""Octets of the header without contributing sources and extension."""

_HEADER = Struct("!BBHII")
_EXTENSION = Struct("!HH")

_VERSION_2 = 0x80
_PADDING = 0x20
_EXTENDED = 0x10
_CSRC_COUNT = 0x0F
_MARKER = 0x80

Traffic = Literal["rtp", "rtcp", "stun", "dtls", "turn", "unknown"]


def classify(datagram: bytes) -> Traffic:
    """What a datagram is, by its first octet (RFC 7983 section 7) and, for RTCP, its second (RFC 5761)."""
    if len(datagram) < 2:
        return "unknown"
    first = datagram[0]
    if 128 <= first <= 191:
        return "rtcp" if 192 <= datagram[1] <= 223 else "rtp"
    if first <= 3:
        return "stun"
    if 20 <= first <= 63:
        return "dtls"
    return "turn" if 64 <= first <= 79 else "unknown"


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet; padding is taken off when parsing and never sent."""

    payload_type: int
    """7 bits, bound to a codec by the session description."""
    sequence: int
    """16 bits, counts packets."""
    timestamp: int
    """32 bits, in the payload's clock: the sampling instant of the first octet."""
    ssrc: int
    """32 bits, the synchronisation source."""
    payload: bytes
    """The codec's octets."""
    marker: bool = False
    """In audio: the first packet after a silence (RFC 3551 section 4.1)."""
    csrc: tuple[int, ...] = ()
    """At most 15 contributing sources."""
    extension: tuple[int, bytes] | None = None
    """Header extension: its profile's 16 bits, and a whole number of 32-bit words."""

    @classmethod
    def parse(cls, data: bytes) -> "RtpPacket":
        """Reads a whole datagram; raises RemoteProtocolError."""
        if not FIXED_HEADER <= len(data) <= MAX_PACKET:
            raise RemoteProtocolError("RTP packet is too short or too long")
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        if first == _VERSION_2:  # nearly every packet of a call: no padding, extension or sources
            return cls(second & 0x7F, sequence, timestamp, ssrc, data[FIXED_HEADER:], second >= _MARKER)
        start = header_length(data)
        csrc = tuple(
            int.from_bytes(data[at : at + 4], "big")
            for at in range(FIXED_HEADER, FIXED_HEADER + 4 * (first & _CSRC_COUNT), 4)
        )
        return cls(
            second & 0x7F,
            sequence,
            timestamp,
            ssrc,
            data[start : _end_of_payload(data, start)],
            second >= _MARKER,
            csrc,
            _read_extension(data, FIXED_HEADER + 4 * len(csrc)) if first & _EXTENDED else None,
        )

    def __bytes__(self) -> bytes:
        first = _VERSION_2 | len(self.csrc)
        second = self.payload_type | (_MARKER if self.marker else 0)
        if not self.csrc and self.extension is None:
            return _HEADER.pack(first, second, self.sequence, self.timestamp, self.ssrc) + self.payload
        extension = b""
        if self.extension is not None:
            first |= _EXTENDED
            profile, words = self.extension
            extension = _EXTENSION.pack(profile, len(words) // 4) + words
        header = _HEADER.pack(first, second, self.sequence, self.timestamp, self.ssrc)
        sources = b"".join(source.to_bytes(4, "big") for source in self.csrc)
        return header + sources + extension + self.payload


def header_length(data: bytes) -> int:
    """Octets before the payload, contributing sources and extension included; raises RemoteProtocolError."""
    if len(data) < FIXED_HEADER or data[0] >> 6 != 2:
        raise RemoteProtocolError("not an RTP packet of version 2")
    length = FIXED_HEADER + 4 * (data[0] & _CSRC_COUNT)
    if data[0] & _EXTENDED:
        if len(data) < length + 4:
            raise RemoteProtocolError("RTP header extension is cut short")
        length += 4 + 4 * int.from_bytes(data[length + 2 : length + 4], "big")
    if len(data) < length:
        raise RemoteProtocolError("RTP header is cut short")
    return length


def _read_extension(data: bytes, at: int) -> tuple[int, bytes]:
    profile, words = _EXTENSION.unpack_from(data, at)
    return profile, data[at + 4 : at + 4 + 4 * words]


def _end_of_payload(data: bytes, start: int) -> int:
    """Where the padding begins; its last octet counts it (RFC 3550 section 5.1)."""
    if not data[0] & _PADDING:
        return len(data)
    padding = data[-1]
    if not 1 <= padding <= len(data) - start:
        raise RemoteProtocolError("RTP padding is longer than the packet")
    return len(data) - padding
