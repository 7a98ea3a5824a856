"""The jitter buffer: packets of one sender put back into order, and how long they should wait.

Everything that the peer chooses is bounded: the number of packets kept, how far a sequence number or
timestamp may jump before the stream counts as begun anew, and no loop runs as often as a number says.
"""

from bisect import bisect_left
from typing import Literal, NamedTuple

from firmware.rtp.delay import DelayDistribution
from firmware.rtp.packet import RtpPacket
from firmware.rtp.sequence import ReplayWindow, extend

MAX_BUFFERED = 256
"""Packets kept; the oldest make way."""

MAX_DROPOUT = 3000
"""Sequence numbers that may be missing before a jump is another stream (RFC 3550 appendix A.1)."""

MAX_MISORDER = 100
"""Sequence numbers that a packet may come late before it is another stream (RFC 3550 appendix A.1)."""

MAX_SKEW = 2.0
"""Seconds that a timestamp may disagree with the clock before it is another time line."""

Insertion = Literal["stored", "late", "duplicate", "suspect"]


class Buffered(NamedTuple):
    """A packet with its sequence number and timestamp extended beyond their wrap."""

    sequence: int
    timestamp: int
    packet: RtpPacket


class JitterBuffer:
    """Keeps the packets of one stream until they are due."""

    __slots__ = (
        "_candidate",
        "_clock_rate",
        "_highest",
        "_packets",
        "_played",
        "_seen",
        "_ssrc",
        "_timestamp",
        "delay",
        "duplicates",
        "late",
        "overflowed",
        "restarts",
    )

    def __init__(self, clock_rate: int) -> None:
        """`clock_rate` is the RTP clock of the payload in Hz."""
        self._clock_rate = clock_rate
        self._ssrc: int | None = None
        self._candidate: RtpPacket | None = None
        self.late = 0
        """Packets that came after their time to be played."""
        self.duplicates = 0
        """Packets that came again."""
        self.overflowed = 0
        """Packets thrown away because too many waited."""
        self.restarts = 0
        """How often the sender began anew: another SSRC, sequence or time line."""
        self._clear()

    def _clear(self) -> None:
        self.delay = DelayDistribution()
        self._packets: list[Buffered] = []
        self._seen = ReplayWindow()
        self._highest = 0
        self._timestamp = 0
        self._played = -1

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def head(self) -> Buffered | None:
        """The packet to be played next, or None."""
        return self._packets[0] if self._packets else None

    def insert(self, packet: RtpPacket, now: float) -> Insertion:
        """Put a packet in its place; `suspect` ones are held until the next shows a new stream."""
        if packet.ssrc != self._ssrc:
            return self._suspect(packet, now)
        sequence = extend(packet.sequence, self._highest, 16)
        timestamp = extend(packet.timestamp, self._timestamp, 32)
        transit = now - timestamp / self._clock_rate
        ahead = sequence - self._highest
        if not -MAX_MISORDER < ahead < MAX_DROPOUT or abs(transit - self.delay.floor) > MAX_SKEW:
            return self._suspect(packet, now)
        self._candidate = None
        if not self._seen.is_new(sequence):
            self.duplicates += 1
            return "duplicate"
        self._seen.mark(sequence)
        self.delay.add(transit, now)
        if ahead > 0:
            self._highest = sequence
            self._timestamp = timestamp
        if sequence <= self._played:
            self.late += 1
            return "late"
        self._store(Buffered(sequence, timestamp, packet))
        return "stored"

    def pop(self) -> Buffered:
        """Take the head out; whatever precedes it is late from now on. The buffer must not be empty."""
        head = self._packets.pop(0)
        self._played = head.sequence
        return head

    def flush(self) -> None:
        """Throw away what waits, as after a time in which nothing could be played."""
        if self._packets:
            self._played = self._packets[-1].sequence
            self._packets.clear()

    def _store(self, buffered: Buffered) -> None:
        packets = self._packets
        if not packets or buffered.sequence > packets[-1].sequence:
            packets.append(buffered)
        else:
            packets.insert(bisect_left(packets, buffered.sequence, key=_by_sequence), buffered)
        if len(packets) > MAX_BUFFERED:
            self.overflowed += 1
            self.pop()

    def _suspect(self, packet: RtpPacket, now: float) -> Insertion:
        """A jump counts as a new stream once two packets in sequence agree (RFC 3550 appendix A.1)."""
        first = self._candidate
        if self._ssrc is None:
            self._restart(packet, now)
            return "stored"
        if first is None or first.ssrc != packet.ssrc or (first.sequence + 1) & 0xFFFF != packet.sequence:
            self._candidate = packet
            return "suspect"
        self.restarts += 1
        self._restart(first, now)
        return self.insert(packet, now)

    def _restart(self, packet: RtpPacket, now: float) -> None:
        self._clear()
        self._candidate = None
        self._ssrc = packet.ssrc
        # One whole cycle up, so that packets from just before the first have room below it.
        self._highest = packet.sequence + 0x10000
        self._timestamp = packet.timestamp + 0x1_0000_0000
        self._played = self._highest - MAX_MISORDER
        self._seen.mark(self._highest)
        self.delay.add(now - self._timestamp / self._clock_rate, now)
        self._store(Buffered(self._highest, self._timestamp, packet))


def _by_sequence(buffered: Buffered) -> int:
    return buffered.sequence
