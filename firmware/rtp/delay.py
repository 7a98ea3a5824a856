"""How much later than the quickest packets arrive: the distribution that sets the playout delay.

Kept exactly, over a sliding window, rather than in buckets: a clean LAN then costs about a millisecond
instead of a whole bucket, and a moved minimum (a route change, a drifting clock) needs no correction of
what was counted before, as only raw transit times are stored.
"""

from bisect import bisect_left, insort
from collections import deque

WINDOW = 10.0
"""Seconds that the distribution remembers."""

MAX_PACKETS = 1024
"""Most packets remembered, however densely they come."""

ON_TIME = 0.995
"""The share of packets that the target delay lets arrive in time."""

WARM_UP = 25
"""Packets before the distribution is believed; until then `FIRST_TARGET` is the least."""

FIRST_TARGET = 0.010
"""Seconds, before anything is known about the network; on a quiet LAN nothing has to be corrected later."""

MAX_TARGET = 0.4
"""Seconds; beyond that a conversation is lost anyway (ITU-T G.114)."""


class DelayDistribution:
    """The transit times (arrival minus timestamp, on an arbitrary zero) of the last packets, in seconds."""

    __slots__ = ("_arrivals", "_sorted", "floor", "target")

    def __init__(self) -> None:
        self._arrivals: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []
        self.floor = 0.0
        """The quickest transit in the window."""
        self.target = FIRST_TARGET
        """Seconds after its quickest possible arrival that a packet should be asked for."""

    def add(self, transit: float, now: float) -> None:
        """Count a packet that arrived `now`."""
        arrivals, ordered = self._arrivals, self._sorted
        arrivals.append((now, transit))
        insort(ordered, transit)
        oldest = now - WINDOW
        while arrivals[0][0] < oldest or len(arrivals) > MAX_PACKETS:
            del ordered[bisect_left(ordered, arrivals.popleft()[1])]
        count = len(ordered)
        self.floor = ordered[0]
        target = ordered[int((count - 1) * ON_TIME)] - self.floor
        if count < WARM_UP:
            target = max(target, FIRST_TARGET)
        self.target = min(target, MAX_TARGET)
