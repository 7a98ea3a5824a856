"""WAV files in place of a sound card: one is the microphone, the other records what the ear hears."""

import struct
import threading
import wave
from collections import deque
from pathlib import Path

from firmware.media.devices.base import BLOCK_BYTES, RATE, DeviceError
from firmware.media.devices.simulated import SimulatedDevice
from firmware.media.kernel import Resampler

MOST_SECONDS = 600
"""Longest recording that is taken as a microphone; it is held in memory at 48 kHz (58 MB)."""

RATES = (8000, 16000, 48000)

SAVE_SECONDS = 0.25
"""How often what was heard goes to the file, by a thread of its own."""

HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


class WavDevice(SimulatedDevice):
    """Plays `microphone` again and again from its start at each opening, records to `ear` (`wav:IN,OUT`).

    Both may be empty: silence, or nothing recorded. The recording begins with the first opening and is a
    valid WAV file (48 kHz, mono, 16 bit) at any time. Raises `DeviceError` for files that cannot be used.
    """

    driver = "wav"

    def __init__(self, microphone: str, ear: str) -> None:
        super().__init__()
        self.name = f"the file {microphone or ear}"
        self._spoken = load(Path(microphone)) if microphone else bytes(BLOCK_BYTES)
        self._recorder = Recorder(Path(ear)) if ear else None
        self._place = 0

    def close(self) -> None:
        """Stop the clock thread; what was heard is in the file when this returns."""
        super().close()
        self._place = 0
        if self._recorder:
            self._recorder.save()

    def record(self) -> bytes:
        """The next block of the file, which follows on itself without a gap."""
        end = self._place + BLOCK_BYTES
        block = self._spoken[self._place : end]
        while len(block) < BLOCK_BYTES:
            end = BLOCK_BYTES - len(block)
            block += self._spoken[:end]
        self._place = end
        return block

    def play(self, block: bytes) -> None:
        """Keep the block for the recording."""
        if self._recorder:
            self._recorder.heard.append(block)


class Recorder:
    """Writes blocks to a WAV file, off the audio thread; the header is right after each write."""

    def __init__(self, path: Path) -> None:
        self.heard: deque[bytes] = deque()
        self._saving = threading.Lock()
        self._bytes = 0
        try:
            self._file = path.open("wb", buffering=0)
            self._file.write(_header(0))
        except OSError as error:
            raise DeviceError(f"The recording {path} cannot be written: {error.strerror}.") from error
        threading.Thread(target=self._run, name="recorder", daemon=True).start()

    def save(self) -> None:
        """Write everything heard until now."""
        with self._saving:
            blocks = [self.heard.popleft() for _ in range(len(self.heard))]
            if not blocks:
                return
            self._file.seek(HEADER.size + self._bytes)
            self._bytes += self._file.write(b"".join(blocks))
            self._file.seek(0)
            self._file.write(_header(self._bytes))

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(SAVE_SECONDS):
            self.save()


def load(path: Path) -> bytes:
    """The file's sound as mono blocks at the device's rate. Raises `DeviceError`."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            if width != 2 or channels not in (1, 2) or rate not in RATES:
                raise DeviceError(
                    f"{path} is no 16-bit WAV file, mono or stereo, at 8000, 16000 or 48000 Hz "
                    f"(it has {8 * width} bits, {channels} channels, {rate} Hz)."
                )
            sound = file.readframes(MOST_SECONDS * rate)
    except OSError as error:
        raise DeviceError(f"{path} cannot be read: {error.strerror}.") from error
    except (wave.Error, EOFError) as error:
        raise DeviceError(f"{path} is no PCM WAV file: {error or 'it ends too early'}.") from error
    if len(sound) < 2 * channels:
        raise DeviceError(f"{path} has no sound in it.")
    return _resampled(sound if channels == 1 else _mixed_down(sound), rate)


def _mixed_down(stereo: bytes) -> bytes:
    samples = memoryview(stereo).cast("h")
    mixed = [(left + right) // 2 for left, right in zip(samples[0::2], samples[1::2], strict=True)]
    return struct.pack(f"{len(mixed)}h", *mixed)


def _resampled(sound: bytes, rate: int) -> bytes:
    if rate == RATE:
        return sound
    resampler = Resampler(rate, RATE)
    step = 2 * rate // 100
    return b"".join(resampler.process(sound[at : at + step]) for at in range(0, len(sound), step))


def _header(data_bytes: int) -> bytes:
    """RIFF header of a canonical PCM file (Microsoft's "Multimedia Programming Interface", 1991)."""
    return HEADER.pack(
        b"RIFF", HEADER.size - 8 + data_bytes, b"WAVE",
        b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16,
        b"data", data_bytes,
    )  # fmt: skip
