"""Real sound cards, through PortAudio (PyAudio) in callback mode.

PortAudio fills the output with silence before it starts, so the first block has a whole buffer of time.
Its list of devices is made when it is initialised, which takes too long for the time between lifting the
handset and dial tone. So that is done beforehand, and again when no card on the list can be opened: this
finds a card that was plugged in again.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyaudio

from firmware.media.devices.base import BLOCK, RATE, DeviceError, Health, LoopBody, StuckDriverError, Use
from firmware.media.devices.choice import Card, Pair, candidates
from firmware.media.realtime import AUDIO_PRIORITY, raise_this_thread

CLOSE_SECONDS = 2.0
"""A driver that does not let go of a stream within this time never will (JACK, when its server died)."""

INPUT_FLAGS = pyaudio.paInputOverflow | pyaudio.paInputUnderflow
OUTPUT_FLAGS = pyaudio.paOutputUnderflow | pyaudio.paOutputOverflow

Callback = Callable[[bytes | None, int, object, int], tuple[bytes, int]]


class PyAudioDevice:
    """A card found by name (or the best there is), in callback mode at 48 kHz with blocks of 10 ms."""

    rate = RATE

    def __init__(self, wanted: str = "") -> None:
        self.health = Health()
        self.name = wanted or "the sound card"
        self.driver = "PortAudio"
        self._wanted = wanted
        self._library = _initialised()
        self._stream: Any = None
        self._refusals: list[str] = []

    def open(self, use: Use, loop_body: LoopBody) -> None:
        """Open the first candidate that works; when none does, look for cards anew and try once more.

        Raises `DeviceError`, and `StuckDriverError` when a driver does not let go.
        """
        self.close()
        if self._open_any(use, loop_body):
            return
        self.end()
        self._library = _initialised()
        if not self._open_any(use, loop_body):
            raise DeviceError(_words(self._wanted, use, self._refusals))

    def close(self) -> None:
        """Close the stream. Raises `StuckDriverError` when the driver does not let go."""
        stream, self._stream = self._stream, None
        if stream is not None:
            self._in_time(stream.close)

    def end(self) -> None:
        """Close PortAudio as well. Raises `StuckDriverError` when the driver does not let go."""
        self.close()
        self._in_time(self._library.terminate)

    def _in_time(self, call: Callable[[], None]) -> None:
        calling = threading.Thread(target=call, name="close", daemon=True)
        calling.start()
        calling.join(CLOSE_SECONDS)
        if calling.is_alive():
            raise StuckDriverError(f"{self.driver} does not let go of {self.name}.")

    def _open_any(self, use: Use, loop_body: LoopBody) -> bool:
        self._refusals = []
        with quiet_libraries():
            for pair in candidates(list_cards(self._library), self._wanted, use):
                try:
                    self._start(pair, use, loop_body)
                except (OSError, ValueError) as error:
                    self._refusals.append(f"{pair.name}: {error.args[0] if error.args else error}")
                else:
                    return True
        return False

    def _start(self, pair: Pair, use: Use, loop_body: LoopBody) -> None:
        self.health.begin()
        callback = _stereo(self._callback(loop_body)) if pair.channels == 2 else self._callback(loop_body)
        self._stream = self._library.open(
            rate=RATE,
            channels=pair.channels,
            format=pyaudio.paInt16,
            input=use == "duplex",
            output=True,
            input_device_index=pair.input,
            output_device_index=pair.output,
            frames_per_buffer=BLOCK,
            stream_callback=callback,
        )
        self.name, self.driver = pair.name, pair.driver

    def _callback(self, loop_body: LoopBody) -> Callback:
        """One block of mono in the driver's own thread, which raises itself at its first block."""
        health, clock, raised = self.health, time.monotonic, False

        def callback(captured: bytes | None, frames: int, times: object, flags: int) -> tuple[bytes, int]:
            nonlocal raised
            if not raised:
                raised = True
                raise_this_thread(AUDIO_PRIORITY)
            elif flags:  # what happened before the first block is the driver's start, nobody's fault
                health.overruns += bool(flags & INPUT_FLAGS)
                health.underruns += bool(flags & OUTPUT_FLAGS)
            now = clock()
            health.count(now)
            return loop_body(None if captured is None else memoryview(captured), now), pyaudio.paContinue

        return callback


def _stereo(mono: Callback) -> Callback:
    """Both ears hear the same; the microphone is the left channel."""
    played = bytearray(4 * BLOCK)
    left, right = (memoryview(played).cast("h")[side::2] for side in (0, 1))

    def callback(captured: bytes | None, frames: int, times: object, flags: int) -> tuple[bytes, int]:
        if captured is not None:
            captured = memoryview(captured).cast("h")[0::2].tobytes()
        block, answer = mono(captured, frames, times, flags)
        left[:] = right[:] = memoryview(block).cast("h")
        return bytes(played), answer

    return callback


def list_cards(library: Any) -> list[Card]:
    """Every device that PortAudio has found, with the name of its driver."""
    drivers = [library.get_host_api_info_by_index(i) for i in range(library.get_host_api_count())]
    cards = []
    for index in range(library.get_device_count()):
        found = library.get_device_info_by_index(index)
        driver = drivers[found["hostApi"]]
        defaults = (driver["defaultInputDevice"], driver["defaultOutputDevice"])
        channels = (found["maxInputChannels"], found["maxOutputChannels"])
        cards.append(Card(index, found["name"], driver["name"], *channels, default=index in defaults))
    return cards


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep what ALSA and JACK print while they look for cards off the terminal; errors come as exceptions.

    JACK is also told not to start a server of its own just because somebody looked for one.
    """
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    kept = os.dup(2)
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _initialised() -> Any:
    with quiet_libraries():
        return pyaudio.PyAudio()


def _words(wanted: str, use: Use, refusals: list[str]) -> str:
    if refusals:
        return f"No sound card could be opened at {RATE} Hz ({'; '.join(refusals)})."
    what = "speaker and microphone" if use == "duplex" else "a speaker"
    if wanted:
        return f"There is no sound card called {wanted!r} with {what}."
    return f"There is no sound card with {what}."
