"""Counters that wrap around on the wire: numbers that do not, and the memory of which were seen."""

REPLAY_WINDOW = 128
"""Packets behind the newest that are remembered; RFC 3711 section 3.3.2 asks for at least 64."""


def extend(value: int, reference: int, bits: int) -> int:
    """The number nearest to `reference` whose low `bits` are `value` (RFC 3550 appendix A.1).

    `reference` is a number extended before; the result may be negative shortly after a start at zero.
    """
    half = 1 << (bits - 1)
    return reference + ((value - reference + half) & ((1 << bits) - 1)) - half


class ReplayWindow:
    """Which of the newest `REPLAY_WINDOW` indices have been received (RFC 3711 section 3.3.2)."""

    __slots__ = ("_mask", "highest")

    def __init__(self) -> None:
        self.highest = -1
        self._mask = 0  # bit n: the index `highest - n` was received

    def is_new(self, index: int) -> bool:
        """Whether `index` was surely never received: not marked, and not older than the window."""
        age = self.highest - index
        return age < 0 or (age < REPLAY_WINDOW and not self._mask >> age & 1)

    def mark(self, index: int) -> None:
        """Remember that `index` was received."""
        age = self.highest - index
        if age >= 0:
            self._mask |= 1 << age
            return
        # An index far ahead empties the window; the shift is bounded, however far it is.
        shift = min(-age, REPLAY_WINDOW)
        self._mask = (self._mask << shift | 1) & ((1 << REPLAY_WINDOW) - 1)
        self.highest = index
