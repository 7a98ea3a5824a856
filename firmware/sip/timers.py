"""The timers of SIP transactions as data (RFC 3261 table 4, RFC 6026 section 7), and a queue of alarms.

Every duration is in seconds.
"""

import heapq
import itertools
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

T1 = 0.5
"""Estimate of the round trip (RFC 3261 17.1.1.1)."""

T2 = 4.0
"""Longest interval between retransmissions of a non-INVITE request or of an INVITE response."""

T4 = 5.0
"""Longest time that a message stays in the network."""

TRANSACTION_TIMEOUT = 64 * T1
"""How long one side waits for the other before it gives up."""


class Timer(Enum):
    """A timer by its letter in RFC 3261 table 4 and RFC 6026; three more are named in the text alone."""

    A = "INVITE request retransmission"
    B = "INVITE transaction timeout"
    D = "wait for repeated final responses to INVITE"
    E = "non-INVITE request retransmission"
    F = "non-INVITE transaction timeout"
    G = "INVITE response retransmission"
    H = "wait for the ACK"
    I = "wait for repeated ACKs"  # noqa: E741 - the letter is the RFC's name
    J = "wait for repeated non-INVITE requests"
    K = "wait for repeated non-INVITE responses"
    L = "wait for repeated INVITEs after a 2xx"
    M = "wait for repeated and forked 2xx responses"
    CANCELLED = "wait for the final response to a cancelled INVITE (RFC 3261 9.1)"
    TRYING = "100 to an INVITE that its user has not answered (RFC 3261 17.2.1)"
    TRYING_LATE = "100 to another request that its user has not answered (RFC 4320 4.1)"
    ABANDONED = "the client of a non-INVITE request has given up (RFC 4320 4.2)"


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a timer runs on either kind of transport; None means that it is not used there."""

    unreliable: float
    reliable: float | None

    def on(self, reliable: bool) -> float | None:
        """Seconds on a transport that is `reliable` or not; None if the timer is not used there."""
        return self.reliable if reliable else self.unreliable


DURATIONS: dict[Timer, Duration] = {
    Timer.A: Duration(T1, None),
    Timer.B: Duration(TRANSACTION_TIMEOUT, TRANSACTION_TIMEOUT),
    Timer.D: Duration(32.0, 0.0),
    Timer.E: Duration(T1, None),
    Timer.F: Duration(TRANSACTION_TIMEOUT, TRANSACTION_TIMEOUT),
    Timer.G: Duration(T1, None),
    Timer.H: Duration(TRANSACTION_TIMEOUT, TRANSACTION_TIMEOUT),
    Timer.I: Duration(T4, 0.0),
    Timer.J: Duration(TRANSACTION_TIMEOUT, 0.0),
    Timer.K: Duration(T4, 0.0),
    Timer.L: Duration(TRANSACTION_TIMEOUT, TRANSACTION_TIMEOUT),
    Timer.M: Duration(TRANSACTION_TIMEOUT, TRANSACTION_TIMEOUT),
    Timer.CANCELLED: Duration(TRANSACTION_TIMEOUT, TRANSACTION_TIMEOUT),
    # Before the first retransmission at T1, yet late enough that a user who answers at once saves it.
    Timer.TRYING: Duration(0.2, 0.2),
    # When timer E of the client is set to T2 for the first time: T1 + 2 T1 + 4 T1.
    Timer.TRYING_LATE: Duration(7 * T1, 7 * T1),
    # What is then left of timer F of the client.
    Timer.ABANDONED: Duration(TRANSACTION_TIMEOUT - 7 * T1, TRANSACTION_TIMEOUT - 7 * T1),
}
"""The first interval of every timer."""

RETRANSMISSION_CAPS: dict[Timer, float] = {Timer.A: TRANSACTION_TIMEOUT, Timer.E: T2, Timer.G: T2}
"""The timers that start again with twice the interval, and the interval that they never exceed."""

Key = TypeVar("Key", bound=Hashable)


class AlarmQueue(Generic[Key]):
    """Moments at which something is due; at most one moment a key."""

    def __init__(self) -> None:
        self._due: dict[Key, int] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._numbers = itertools.count()

    def set(self, key: Key, moment: float) -> None:
        """Make `key` due at `moment` instead of any earlier setting."""
        number = next(self._numbers)
        self._due[key] = number
        heapq.heappush(self._heap, (moment, number, key))

    def clear(self, key: Key) -> None:
        """Forget `key`, whether it was set or not."""
        self._due.pop(key, None)

    def deadline(self) -> float | None:
        """The earliest moment, or None."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][1]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> Iterator[Key]:
        """Take out and yield, earliest first, every key whose moment has come; keys may be set meanwhile."""
        while (moment := self.deadline()) is not None and moment <= now:
            key = heapq.heappop(self._heap)[2]
            del self._due[key]
            yield key
