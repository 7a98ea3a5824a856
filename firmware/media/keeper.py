"""Keeps the sound card as it was asked for: opens, watches, reopens and closes it, in a thread of its own.

Opening a card can take a second and closing a dead one longer, so neither the control thread nor the main
thread does it; while the card is away the main thread drives the loop body (`driver`).
"""

import threading
import time
from collections.abc import Callable
from typing import Literal

from firmware.control.voice import DeviceState
from firmware.media.devices.base import PERIOD, Device, DeviceError, StuckDriverError
from firmware.media.driver import Turn
from firmware.media.realtime import CONTROL_PRIORITY, raise_this_thread
from firmware.media.wake import Wake

STALL_SECONDS = max(3 * PERIOD, 0.1)
"""Without a block for so long a stream counts as dead."""

WATCH_SECONDS = 0.05
"""How often the watchdog looks."""

FIRST_BLOCK_SECONDS = 1.0
"""A card may take so long from its opening to its first block."""

RETRY_SECONDS = 1.0
"""Between attempts to open a card that is away."""

Wish = Literal["closed", "output", "duplex"]


class DeviceKeeper:
    """The card's keeper. `wish` says how the card is to be used; `report` is told what became of it."""

    def __init__(
        self,
        device: Device,
        turn: Turn,
        *,
        report: Callable[[DeviceState], None],
        stuck: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device, self._turn, self._report, self._stuck, self._clock = device, turn, report, stuck, clock
        self._wished: Wish = "closed"
        self._use: Wish = "closed"
        self._running = False
        self._lost = False
        self._opened_at = 0.0
        self._retry_at = 0.0
        self._words = ""
        self.reopened = 0
        """How often a stream was found dead and opened again."""
        self._wake = Wake()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Start the keeper's thread."""
        self._thread.start()

    def wish(self, use: Wish) -> None:
        """Ask for a use; a `DeviceState` says when it is so. Asked again, it is said again."""
        self._wished = use
        self._wake.set()

    def end(self) -> None:
        """Close the card and end the thread."""
        self._ending = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        raise_this_thread(CONTROL_PRIORITY)
        try:
            while not self._ending:
                wished = self._wake.wait(self._pause())
                if not self._ending:
                    self.step(self._clock(), wished)
            self._turn.take_back()
            self._device.end()
        except StuckDriverError as error:
            words = f"{error} The voice of the phone starts again to get it back."
            self._report(self._state("failed", words))
            self._stuck()

    def _pause(self) -> float | None:
        if self._use == "closed":
            return None
        if self._running:
            return WATCH_SECONDS
        return max(0.0, self._retry_at - self._clock())

    def step(self, now: float, wished: bool = False) -> None:
        """What is to be done at `now`; `wished` when a wish came since the last step."""
        if self._wished != self._use:
            self._change()
        elif self._use == "closed" or (self._running and not self._dead(now)):
            if wished:
                self._report(self._state("running" if self._running else "closed"))
        elif self._running:
            self._lose(now)
        elif wished or now >= self._retry_at:
            self._open()

    def _dead(self, now: float) -> bool:
        latest = self._device.health.last_block
        if not latest:
            return now - self._opened_at > FIRST_BLOCK_SECONDS
        return now - latest > STALL_SECONDS

    def _change(self) -> None:
        self._use = self._wished
        self._lost = self._running = False
        self._turn.take_back()
        if self._use == "closed":
            self._device.close()
            self._report(self._state("closed"))
        else:
            self._open()

    def _lose(self, now: float) -> None:
        self._running, self._lost = False, True
        self._turn.take_back()
        name = self._device.name
        self._report(self._state("reopening", f"The sound of {name} has stopped; it is being opened again."))
        self._device.close()
        self._open()

    def _open(self) -> None:
        if self._use == "closed":
            return
        try:
            self._device.open(self._use, self._turn.card())
        except DeviceError as error:
            self._failed(str(error))
            return
        self._running, self._opened_at, words = True, self._clock(), ""
        if self._lost:
            self._lost = False
            self.reopened += 1
            words = f"{self._device.name} is back."
        self._words = ""
        self._report(self._state("running", words))

    def _failed(self, why: str) -> None:
        """Say so once, and try again in a while."""
        self._retry_at = self._clock() + RETRY_SECONDS
        name = self._device.name
        lost = f"The sound card {name} was unplugged; the call goes on, waiting for it to return. {why}"
        words = lost if self._lost else why
        if words != self._words:
            self._words = words
            self._report(self._state("reopening" if self._lost else "failed", words))

    def _state(
        self, state: Literal["closed", "running", "reopening", "failed"], words: str = ""
    ) -> DeviceState:
        device = self._device
        return DeviceState(
            use=self._use,
            state=state,
            driver=device.driver,
            name=device.name,
            rate=device.rate,
            words=words,
            reopened=self.reopened,
        )
