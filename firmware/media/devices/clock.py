"""When blocks are due by the monotonic clock. Pure: time is an argument."""

from firmware.media.devices.base import PERIOD

MOST_BEHIND = 10
"""Blocks that are made up for after a delay; what is older is skipped, as a sound card would have."""


class BlockClock:
    """Absolute deadlines for blocks of 10 ms, with the faults that real cards have.

    `drift_ppm` is how much faster than the monotonic clock the card runs; `burst` blocks come at once,
    then none for as long. Deadlines are counted from the start, so lateness never adds up.
    """

    def __init__(self, start: float, *, drift_ppm: float = 0.0, burst: int = 1) -> None:
        self._start = start
        self._period = PERIOD / (1 + drift_ppm / 1e6)
        self._burst = burst
        self._count = 0
        self.skipped = 0

    def deadline(self) -> float:
        """When the next block is, or the next blocks are, due."""
        return self._start + (self._count + self._burst) * self._period

    def due(self, now: float) -> int:
        """How many blocks are due at `now`; they count as delivered."""
        elapsed = int((now - self._start) / self._period + 1e-6)
        blocks = (elapsed - self._count) // self._burst * self._burst
        if blocks <= 0:
            return 0
        self._count += blocks
        most = max(MOST_BEHIND, self._burst)
        if blocks > most:
            self.skipped += blocks - most
            return most
        return blocks
