"""RTCP packets (RFC 3550 section 6): reports, source descriptions, goodbye; others are skipped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct

from firmware.rtp.errors import LocalProtocolError, RemoteProtocolError
from firmware.rtp.packet import MAX_PACKET

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203

CNAME = 1
"""The item of a source description that must be there (RFC 3550 section 6.5.1)."""

MAX_TEXT = 255
"""Octets of an item or a reason."""

_HEADER = Struct("!BBH")
_SENDER = Struct("!IQIII")
_BLOCK = Struct("!IIIIII")
_WORD = Struct("!I")

_CUT_SHORT = "RTCP packet is cut short"


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """How one source is received (RFC 3550 section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """256ths lost since the report before."""
    lost: int
    """Packets lost since the beginning; signed 24 bits, negative with duplicates."""
    highest_sequence: int
    """32 bits: the highest sequence number, extended."""
    jitter: int
    """Interarrival jitter in timestamp units."""
    last_report: int
    """Middle 32 bits of the NTP timestamp of the last sender report, zero before the first."""
    delay: int
    """1/65536 s since that report came."""

    @classmethod
    def parse(cls, data: bytes) -> "ReportBlock":
        """Reads exactly 24 octets."""
        ssrc, loss, highest, jitter, last_report, delay = _BLOCK.unpack(data)
        lost = (loss & 0xFFFFFF ^ 0x800000) - 0x800000
        return cls(ssrc, loss >> 24, lost, highest, jitter, last_report, delay)

    def __bytes__(self) -> bytes:
        loss = self.fraction_lost << 24 | self.lost & 0xFFFFFF
        return _BLOCK.pack(self.ssrc, loss, self.highest_sequence, self.jitter, self.last_report, self.delay)


@dataclass(frozen=True, slots=True)
class SenderReport:
    """RFC 3550 section 6.4.1."""

    ssrc: int
    ntp_timestamp: int
    """64 bits: seconds and their fraction."""
    rtp_timestamp: int
    """The same moment in the stream's clock."""
    packets: int
    octets: int
    """Of payload, modulo 2**32."""
    reports: tuple[ReportBlock, ...] = ()

    @classmethod
    def parse(cls, body: bytes, count: int) -> "SenderReport":
        """Reads what follows the common header; raises RemoteProtocolError."""
        if len(body) < _SENDER.size:
            raise RemoteProtocolError(_CUT_SHORT)
        ssrc, ntp, rtp, packets, octets = _SENDER.unpack_from(body)
        return cls(ssrc, ntp, rtp, packets, octets, _read_blocks(body[_SENDER.size :], count))

    def __bytes__(self) -> bytes:
        sender = _SENDER.pack(self.ssrc, self.ntp_timestamp, self.rtp_timestamp, self.packets, self.octets)
        return _framed(SENDER_REPORT, len(self.reports), sender + b"".join(map(bytes, self.reports)))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """RFC 3550 section 6.4.2."""

    ssrc: int
    reports: tuple[ReportBlock, ...] = ()

    @classmethod
    def parse(cls, body: bytes, count: int) -> "ReceiverReport":
        """Reads what follows the common header; raises RemoteProtocolError."""
        return cls(_read_word(body, 0), _read_blocks(body[4:], count))

    def __bytes__(self) -> bytes:
        blocks = b"".join(map(bytes, self.reports))
        return _framed(RECEIVER_REPORT, len(self.reports), _WORD.pack(self.ssrc) + blocks)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """RFC 3550 section 6.5: of each source its items, as (type, octets of UTF-8)."""

    chunks: tuple[tuple[int, tuple[tuple[int, bytes], ...]], ...]

    @classmethod
    def parse(cls, body: bytes, count: int) -> "SourceDescription":
        """Reads what follows the common header; raises RemoteProtocolError."""
        chunks, at = [], 0
        for _ in range(count):
            ssrc = _read_word(body, at)
            items, at = _read_items(body, at + 4)
            chunks.append((ssrc, items))
        return cls(tuple(chunks))

    def __bytes__(self) -> bytes:
        return _framed(SOURCE_DESCRIPTION, len(self.chunks), b"".join(map(_chunk, self.chunks)))


@dataclass(frozen=True, slots=True)
class Goodbye:
    """RFC 3550 section 6.6: sources that leave."""

    sources: tuple[int, ...]
    reason: bytes = b""

    @classmethod
    def parse(cls, body: bytes, count: int) -> "Goodbye":
        """Reads what follows the common header; raises RemoteProtocolError."""
        sources = tuple(_read_word(body, 4 * n) for n in range(count))
        rest = body[4 * count :]
        return cls(sources, rest[1 : 1 + rest[0]] if rest else b"")

    def __bytes__(self) -> bytes:
        sources = b"".join(map(_WORD.pack, self.sources))
        return _framed(GOODBYE, len(self.sources), sources + (_text(self.reason) if self.reason else b""))


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye

_KINDS: dict[int, type[RtcpPacket]] = {
    SENDER_REPORT: SenderReport,
    RECEIVER_REPORT: ReceiverReport,
    SOURCE_DESCRIPTION: SourceDescription,
    GOODBYE: Goodbye,
}


def parse_compound(data: bytes) -> tuple[RtcpPacket, ...]:
    """The packets of one datagram that we know, in order; raises RemoteProtocolError (RFC 3550 A.2)."""
    if not _HEADER.size <= len(data) <= MAX_PACKET:
        raise RemoteProtocolError("RTCP packet is too short or too long")
    return tuple(_KINDS[kind].parse(body, count) for kind, count, body in _split(data) if kind in _KINDS)


def build_compound(packets: Iterable[RtcpPacket]) -> bytes:
    """One datagram; the first packet must be a report (RFC 3550 section 6.1)."""
    packets = tuple(packets)
    if not packets or not isinstance(packets[0], SenderReport | ReceiverReport):
        raise LocalProtocolError("a compound RTCP packet begins with a report")
    return b"".join(map(bytes, packets))


def _split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, count, body) of each packet; padding is allowed in the last one only."""
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise RemoteProtocolError(_CUT_SHORT)
        first, kind, words = _HEADER.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            raise RemoteProtocolError("RTCP packet has a wrong version or length")
        padding = 0
        if first & 0x20:
            padding = data[end - 1]
            if end != len(data) or not 0 < padding <= 4 * words:
                raise RemoteProtocolError("RTCP padding is wrong")
        yield kind, first & 0x1F, data[at + 4 : end - padding]
        at = end


def _framed(kind: int, count: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def _read_word(body: bytes, at: int) -> int:
    if len(body) < at + 4:
        raise RemoteProtocolError(_CUT_SHORT)
    return int.from_bytes(body[at : at + 4], "big")


def _read_blocks(body: bytes, count: int) -> tuple[ReportBlock, ...]:
    """Report blocks; what follows them is a profile's extension and ignored."""
    size = _BLOCK.size
    if len(body) < count * size:
        raise RemoteProtocolError(_CUT_SHORT)
    return tuple(ReportBlock.parse(body[n * size : (n + 1) * size]) for n in range(count))


def _text(text: bytes) -> bytes:
    return bytes([min(len(text), MAX_TEXT)]) + text[:MAX_TEXT]


def _chunk(chunk: tuple[int, tuple[tuple[int, bytes], ...]]) -> bytes:
    ssrc, items = chunk
    octets = _WORD.pack(ssrc) + b"".join(bytes([kind]) + _text(text) for kind, text in items)
    return octets + bytes(4 - len(octets) % 4)  # at least one zero ends the list


def _read_items(body: bytes, at: int) -> tuple[tuple[tuple[int, bytes], ...], int]:
    """Items up to the zero that ends them, and where the next chunk begins."""
    items = []
    while at < len(body) and body[at] != 0:
        if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
            raise RemoteProtocolError(_CUT_SHORT)
        end = at + 2 + body[at + 1]
        items.append((body[at], body[at + 2 : end]))
        at = end
    return tuple(items), at + 4 - at % 4
