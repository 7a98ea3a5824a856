"""What is counted of a source that we receive (RFC 3550 appendices A.1, A.3 and A.8)."""

from firmware.rtp.rtcp import ReportBlock
from firmware.rtp.sequence import extend

MAX_DROPOUT = 3000
"""Sequence numbers that may be missing before counting begins anew (RFC 3550 appendix A.1)."""

MAX_MISORDER = 100
"""Sequence numbers that a packet may come late before counting begins anew."""

MAX_JITTER_STEP = 1.0
"""Seconds; a larger difference of transit times is a new time line and not jitter."""

_MAX_LOST = 0x7FFFFF


class Reception:
    """Loss and jitter of one source."""

    __slots__ = (
        "_base",
        "_expected_before",
        "_highest",
        "_jitter",
        "_lost_before",
        "_received_before",
        "_received_here",
        "_report_arrived",
        "_report_middle",
        "_transit",
        "clock_rate",
        "received",
        "ssrc",
    )

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.received = 0
        """Packets, duplicates included."""
        self.clock_rate = clock_rate
        """Of the payload, in Hz."""
        self._jitter = 0.0  # timestamp units
        self._transit: float | None = None
        self._lost_before = 0  # lost in time lines that ended
        self._begin(0)
        self._received_here = 0
        self._report_middle = 0
        self._report_arrived = 0.0

    def _begin(self, sequence: int) -> None:
        self._base = self._highest = sequence
        self._received_here = 0
        self._expected_before = self._received_before = 0

    def count(self, sequence: int, timestamp: int | None, now: float) -> None:
        """Count a packet that arrived `now`; without a timestamp it says nothing of jitter."""
        if self._received_here == 0:
            self._begin(sequence)
        extended = extend(sequence, self._highest, 16)
        ahead = extended - self._highest
        if not -MAX_MISORDER < ahead < MAX_DROPOUT:
            self._lost_before += max(self._lost_here, 0)
            self._begin(sequence)
        elif ahead > 0:
            self._highest = extended
        self.received += 1
        self._received_here += 1
        if timestamp is not None:
            self._count_jitter(timestamp, now)

    @property
    def lost(self) -> int:
        """Packets that never came."""
        return self._lost_before + self._lost_here

    @property
    def jitter(self) -> float:
        """Interarrival jitter in seconds (RFC 3550 section 6.4.1)."""
        return self._jitter / self.clock_rate

    @property
    def highest_sequence(self) -> int:
        """The highest sequence number, extended."""
        return self._highest

    def sender_reported(self, ntp_timestamp: int, now: float) -> None:
        """Remember a sender report of this source, to be told back."""
        self._report_middle = ntp_timestamp >> 16 & 0xFFFF_FFFF
        self._report_arrived = now

    def report(self, now: float) -> ReportBlock:
        """The report block since the one before."""
        expected = self._highest - self._base + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self._received_here - self._received_before)
        self._expected_before, self._received_before = expected, self._received_here
        fraction = min(255, 256 * lost_now // expected_now) if lost_now > 0 else 0
        delay = round((now - self._report_arrived) * 65536) if self._report_middle else 0
        return ReportBlock(
            self.ssrc,
            fraction,
            max(-_MAX_LOST, min(self.lost, _MAX_LOST)),
            self._highest & 0xFFFF_FFFF,
            int(self._jitter) & 0xFFFF_FFFF,
            self._report_middle,
            min(delay, 0xFFFF_FFFF),
        )

    @property
    def _lost_here(self) -> int:
        return self._highest - self._base + 1 - self._received_here

    def _count_jitter(self, timestamp: int, now: float) -> None:
        transit = now * self.clock_rate - timestamp
        if self._transit is not None:
            # Both wrap together with the timestamp, whose difference is what counts.
            step = abs((transit - self._transit + 2**31) % 2**32 - 2**31)
            if step < MAX_JITTER_STEP * self.clock_rate:
                self._jitter += (step - self._jitter) / 16
        self._transit = transit
