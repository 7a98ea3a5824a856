"""Sound cards without hardware: a thread of their own delivers the blocks by the monotonic clock."""

import threading
import time
from collections.abc import Callable

from firmware.media.devices.base import RATE, SILENCE, DeviceError, Health, LoopBody, Use
from firmware.media.devices.clock import BlockClock
from firmware.media.realtime import AUDIO_PRIORITY, raise_this_thread

JOIN_SECONDS = 2.0
"""A loop body that does not return for longer than this is a fault of ours."""


LONGEST_SLEEP = 0.05
"""Seconds after which a card that is stalled looks whether it was closed."""


class SimulatedDevice:
    """A card that captures silence and discards what is played (`--audio null`).

    It can be made to misbehave as real cards do: `drift_ppm` and `burst` from the start, `stall`,
    `underrun`, `unplug` and `plug` at any time and from any thread.
    """

    name = "the simulated sound card"
    driver = "simulated"
    rate = RATE

    def __init__(
        self, *, drift_ppm: float = 0.0, burst: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.health = Health()
        self._drift_ppm, self._burst, self._clock = drift_ppm, burst, clock
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._stalled_until = 0.0
        self._underruns_wished = 0
        self._plugged = True

    def stall(self, seconds: float) -> None:
        """Deliver no block for so long, then go on as if nothing had been."""
        self._stalled_until = self._clock() + seconds

    def underrun(self, count: int = 1) -> None:
        """Let the output run dry `count` times: so many blocks are asked for that are never played."""
        self._underruns_wished += count

    def unplug(self) -> None:
        """Take the card away: blocks stop and it cannot be opened until `plug`."""
        self._plugged = False
        self._ended.set()

    def plug(self) -> None:
        """Give the card back; it waits to be opened again."""
        self._plugged = True

    def open(self, use: Use, loop_body: LoopBody) -> None:
        """Start the clock thread. Raises `DeviceError` while unplugged."""
        if not self._plugged:
            raise DeviceError(f"{self.name.capitalize()} is unplugged.")
        self.close()
        self.health.begin()
        self._ended = threading.Event()
        arguments = (use, loop_body, self._ended)
        self._thread = threading.Thread(target=self._run, args=arguments, name="card", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the clock thread and wait until it has ended."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)
            self._thread = None

    def end(self) -> None:
        """Nothing but what `close` does."""
        self.close()

    def record(self) -> bytes:
        """The next block of the microphone."""
        return SILENCE

    def play(self, block: bytes) -> None:
        """Take the next block of the speaker."""

    def _run(self, use: Use, loop_body: LoopBody, ended: threading.Event) -> None:
        raise_this_thread(AUDIO_PRIORITY)
        blocks = BlockClock(self._clock(), drift_ppm=self._drift_ppm, burst=self._burst)
        while not ended.is_set():
            pause = max(blocks.deadline(), self._stalled_until) - self._clock()
            if pause > 0:
                # Half the price of waiting for the event, a hundred times a second.
                time.sleep(min(pause, LONGEST_SLEEP))
                continue
            skipped = blocks.skipped
            for _ in range(blocks.due(self._clock())):
                self._block(use, loop_body)
            self.health.overruns += blocks.skipped - skipped

    def _block(self, use: Use, loop_body: LoopBody) -> None:
        now = self._clock()
        self.health.count(now)
        played = loop_body(memoryview(self.record()) if use == "duplex" else None, now)
        if self._underruns_wished:
            self._underruns_wished -= 1
            self.health.underruns += 1
        else:
            self.play(played)


class LoopDevice(SimulatedDevice):
    """Feeds the speaker into the microphone (`--audio loop`): what is played is captured a block later."""

    name = "the loop"
    driver = "loop"

    def __init__(self) -> None:
        super().__init__()
        self._played = SILENCE

    def record(self) -> bytes:
        """The block that was played last."""
        return self._played

    def play(self, block: bytes) -> None:
        """Keep the block for the microphone."""
        self._played = block
