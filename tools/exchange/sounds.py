"""What the exchange's own numbers say: each hears the caller's blocks and answers with its own.

Blocks are those of the voice engine: 10 ms at 16 kHz, 16-bit mono (`firmware.media.pcm`).
"""

import math
import wave
from array import array
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from firmware.media import kernel
from firmware.media.kernel import Pcm
from firmware.media.pcm import BLOCK, BLOCK_BYTES, BLOCK_MS, RATE, SILENCE

PROMPTS = Path("/usr/share/asterisk/sounds")
PROMPT = "en*/demo-instruct.wav"
"""A minute of somebody explaining a telephone system: 8 kHz, 16-bit mono."""

LOUD = 600
"""A block whose peak is above this (of 32767) has a voice in it: -35 dB relative to the loudest."""

BEEP_HZ, BEEP_MS, BEEP_LEVEL = 880, 200, 3000
LEAD_MS = 200
"""Recorded from before the first loud block, so that no soft beginning is cut off."""

PAUSE_MS = 1200
"""Of silence, after which the caller is taken to have finished."""

LONGEST_MS = 60_000
"""Of one recording."""


class Sound(Protocol):
    """One number's side of a call."""

    def step(self, heard: Pcm) -> Pcm | None:
        """The next block to say; None: hang up."""


class Recording:
    """Plays a recording once."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks

    def step(self, heard: Pcm) -> Pcm | None:
        """The caller is not listened to."""
        return next(self._blocks, None)


class Parrot:
    """Beeps, records until the caller pauses, plays that back, and again."""

    def __init__(self) -> None:
        self._says: deque[bytes] = deque(_beep())
        self._lead: deque[bytes] = deque(maxlen=LEAD_MS // BLOCK_MS)
        self._recorded: list[bytes] = []
        self._quiet_ms = 0

    def step(self, heard: Pcm) -> Pcm | None:
        """While it speaks it does not listen: it would hear itself in the caller's loudspeaker."""
        if self._says:
            return self._says.popleft()
        self._listen(bytes(heard))
        return SILENCE

    def _listen(self, block: bytes) -> None:
        loud = peak(block) > LOUD
        if not self._recorded and not loud:
            self._lead.append(block)
            return
        self._recorded += [*self._lead, block]
        self._lead.clear()
        self._quiet_ms = 0 if loud else self._quiet_ms + BLOCK_MS
        if self._quiet_ms >= PAUSE_MS or len(self._recorded) * BLOCK_MS >= LONGEST_MS:
            self._says.extend((*self._recorded, *_beep()))
            self._recorded = []
            self._quiet_ms = 0


def peak(block: Pcm) -> int:
    """The largest magnitude in a block."""
    samples = array("h", bytes(block))
    return max(max(samples), -min(samples))


def prompt() -> Path | None:
    """The recording, where its package is installed."""
    return next(iter(sorted(PROMPTS.glob(PROMPT))), None)


def blocks_of(path: Path) -> Iterator[bytes]:
    """A 16-bit mono WAV file block by block. Raises OSError or `wave.Error` at the first one."""
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        if (file.getnchannels(), file.getsampwidth()) != (1, 2) or rate not in (8000, RATE):
            raise wave.Error(f"{path} is not mono with 16 bits at 8 or 16 kHz")
        resampler = None if rate == RATE else kernel.Resampler(rate, RATE)
        pending = bytearray()
        while frames := file.readframes(rate // 10):
            pending += frames if resampler is None else resampler.process(frames)
            while len(pending) >= BLOCK_BYTES:
                yield bytes(pending[:BLOCK_BYTES])
                del pending[:BLOCK_BYTES]


def _beep() -> Iterator[bytes]:
    """A short tone that begins and ends softly."""
    length = RATE * BEEP_MS // 1000
    wave_form = [
        round(BEEP_LEVEL * math.sin(math.pi * at / length) * math.sin(2 * math.pi * BEEP_HZ * at / RATE))
        for at in range(length)
    ]
    for at in range(0, length, BLOCK):
        yield array("h", wave_form[at : at + BLOCK]).tobytes()
