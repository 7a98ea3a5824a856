"""What every sound device is: something that calls a loop body once for each block of 10 ms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

RATE = 48000
"""Samples a second at every device; what a file or a call needs else is resampled above."""

BLOCK = 480
"""Samples in a block: 10 ms."""

PERIOD = BLOCK / RATE
"""Seconds from one block to the next."""

BLOCK_BYTES = 2 * BLOCK
"""A block is mono, signed 16 bit, in the machine's byte order."""

SILENCE = bytes(BLOCK_BYTES)

Use = Literal["output", "duplex"]
"""`output` plays only and never opens the microphone; `duplex` does both."""

LoopBody = Callable[[memoryview | None, float], bytes]
"""Takes the block that was captured (None while the device only plays) and the monotonic time in seconds;
returns the block to play. Both have `BLOCK_BYTES` bytes; the captured one is valid only during the call."""


class DeviceError(Exception):
    """The device cannot be had; the message is one sentence for a person."""


class StuckDriverError(Exception):
    """The driver holds on to a stream that is dead; only a new process can open another one."""


@dataclass(slots=True)
class Health:
    """How a device keeps time since it was made. Written by the device's own thread alone."""

    blocks: int = 0
    """Blocks that the loop body was called for."""
    underruns: int = 0
    """Times that the output ran dry."""
    overruns: int = 0
    """Times that captured sound was lost."""
    last_block: float = 0.0
    """Monotonic time at which the latest block was asked for."""
    lateness: float = 0.0
    """Seconds that the latest block came after one period since the block before; never negative."""
    worst_lateness: float = 0.0
    """The greatest `lateness` yet."""

    def count(self, now: float) -> None:
        """Note a block asked for at `now`."""
        if self.last_block:
            self.lateness = max(0.0, now - self.last_block - PERIOD)
            self.worst_lateness = max(self.worst_lateness, self.lateness)
        self.last_block = now
        self.blocks += 1

    def begin(self) -> None:
        """A stream starts: the time since the stream before it is no lateness."""
        self.last_block = 0.0


class Device(Protocol):
    """A sound card, or what stands for one.

    From `open` on the device's own thread calls the loop body, until `close` has returned; then it can be
    opened again. `open` raises `DeviceError`, and both raise `StuckDriverError`.
    """

    @property
    def name(self) -> str:
        """What a person calls the device."""

    @property
    def driver(self) -> str:
        """The interface that it is reached by."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def health(self) -> Health:
        """The device's counters."""

    def open(self, use: Use, loop_body: LoopBody) -> None:
        """Start calling `loop_body`."""

    def close(self) -> None:
        """Stop; the loop body is not called any more once this has returned."""

    def end(self) -> None:
        """Close, and give back whatever is kept from one opening to the next."""
