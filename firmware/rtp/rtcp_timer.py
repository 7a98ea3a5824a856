"""When RTCP is sent: the interval of RFC 3550 section 6.3, with timer reconsideration."""

from firmware.rtp.entropy import Entropy, uniform

MINIMUM = 5.0
"""Seconds between two reports (RFC 3550 section 6.2)."""

BANDWIDTH = 0.05 * 64_000 / 8
"""Octets a second for RTCP: 5 % of a 64 kbit/s session."""

COMPENSATION = 2.71828 - 1.5
"""For timer reconsideration converging below the mean (RFC 3550 section 6.3.1)."""

OVERHEAD = 28
"""Octets of IP and UDP around each packet, which count (RFC 3550 section 6.2)."""


class RtcpTimer:
    """Says when the next report is due in a session of `members`; the first comes after half the time."""

    __slots__ = ("_average", "_entropy", "_initial", "_previous", "deadline")

    def __init__(self, entropy: Entropy, now: float) -> None:
        self._entropy = entropy
        self._average = 100.0 + OVERHEAD
        self._initial = True
        self._previous = now
        self.deadline = now + self._interval(2)
        """When to ask `is_due`."""

    def observe(self, size: int) -> None:
        """Count an RTCP datagram of `size` octets, sent or received (RFC 3550 section 6.3.3)."""
        self._average += (size + OVERHEAD - self._average) / 16

    def is_due(self, now: float, members: int = 2) -> bool:
        """Whether to send; if not, the deadline was moved (RFC 3550 section 6.3.6)."""
        interval = self._interval(members)
        if self._previous + interval > now:
            self.deadline = self._previous + interval
            return False
        self._previous = now
        self._initial = False
        self.deadline = now + self._interval(members)
        return True

    def _interval(self, members: int) -> float:
        """RFC 3550 section 6.3.1; of two members both send, so the bandwidth is not divided."""
        minimum = MINIMUM / 2 if self._initial else MINIMUM
        deterministic = max(minimum, members * self._average / BANDWIDTH)
        return deterministic * uniform(self._entropy, 0.5, 1.5) / COMPENSATION
