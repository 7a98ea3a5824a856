"""Who drives the loop body: the sound card, or while none calls back the clock. Never both.

Three parties: the card's thread (through `Turn.card`), the main thread (`ClockDriver`) and the thread that
opens and watches the card (`keeper.DeviceKeeper`).
"""

import threading
import time
from collections.abc import Callable

from firmware.media.devices.base import PERIOD, SILENCE, LoopBody
from firmware.media.devices.clock import BlockClock
from firmware.media.wake import Wake

BY_CLOCK = 0
"""Holder of the turn while no card calls back; cards have the numbers from 1."""


class Turn:
    """The right to run the loop body, which is handed over at whole blocks.

    A card takes the turn with the first block that it asks for and keeps it until `take_back`. A card that
    was given up may still call late: it gets silence, as does whoever comes while a block is being made.
    """

    def __init__(self, body: LoopBody, handed_over: Callable[[float], None]) -> None:
        self._body, self._handed_over = body, handed_over
        self._running = threading.Lock()
        self._holder = self._newest = BY_CLOCK

    @property
    def by_clock(self) -> bool:
        """Whether it is the clock's turn."""
        return self._holder == BY_CLOCK

    def card(self) -> LoopBody:
        """The loop body for a card about to be opened; every card before it loses its right."""
        self.take_back()
        number = self._newest
        return lambda capture, now: self._run(number, capture, now)

    def take_back(self) -> None:
        """Give the turn to the clock."""
        with self._running:
            self._newest += 1
            self._holder = BY_CLOCK

    def tick(self, now: float) -> None:
        """A block by the clock, unless a card has the turn."""
        if self._holder == BY_CLOCK:
            self._run(BY_CLOCK, None, now)

    def _run(self, number: int, capture: memoryview | None, now: float) -> bytes:
        if not self._running.acquire(blocking=False):
            return SILENCE
        try:
            if number != self._holder:
                if number != self._newest:
                    return SILENCE
                self._holder = number
                self._handed_over(now)
            return self._body(capture, now)
        finally:
            self._running.release()


class ClockDriver:
    """The main thread's loop: a block every 10 ms while it is the clock's turn and there is work to do."""

    def __init__(
        self,
        turn: Turn,
        busy: Callable[[], bool],
        handed_over: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._turn, self._busy, self._handed_over, self._clock = turn, busy, handed_over, clock
        self._wake = Wake()
        self._stopping = False

    def wake(self) -> None:
        """Something has changed: a request came, or the turn was taken back."""
        self._wake.set()

    def stop(self) -> None:
        """End `run`; may be called from a signal handler."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        """Drive until `stop`; sleeps without a timeout while a card drives or nothing is to be done."""
        while not self._stopping:
            if self._turn.by_clock:
                self._drive()
            if not self._stopping:
                self._wake.wait(None)

    def _drive(self) -> None:
        """Tick from now on, at absolute deadlines, until a card takes the turn or there is no more to do."""
        now = self._clock()
        self._handed_over(now)
        blocks = BlockClock(now - PERIOD)
        while self._turn.by_clock and not self._stopping:
            for _ in range(blocks.due(self._clock())):
                self._turn.tick(self._clock())
            if not self._busy():
                return
            self._wake.wait(max(0.0, blocks.deadline() - self._clock()))
