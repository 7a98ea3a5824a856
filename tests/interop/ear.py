"""An ear at the loudspeaker of a program that plays to JACK: records in real time, gaps included.

Run as a program (`python -m tests.interop.ear FILE SAMPLE_RATE`) it records until it is told to end.
"""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyaudio

from tests.interop import speech
from tests.interop.jack import PERIOD_SECONDS, Jack
from tests.interop.program import Program
from tests.interop.speech import Samples

ROOT = Path(__file__).parents[2]


class Ear(Program):
    """Hears one player of a JACK server, mono, at the server's sample rate."""

    def __init__(self, folder: Path, jack: Jack):
        self._jack = jack
        self._recording = folder / "heard.wav"
        command = [sys.executable, "-m", "tests.interop.ear", str(self._recording), str(jack.sample_rate)]
        super().__init__(folder, command, {**jack.environment, "PYTHONPATH": str(ROOT)})

    def is_ready(self) -> bool:
        return "PortAudio:in_0" in self._jack.ports()

    def listen_to(self, player: str) -> None:
        """Connects to a player such as "baresip", once it plays."""
        port = self.wait_until(lambda: self._ports_of(player), f"find {player} playing")[0]
        self._jack.connect(port, "PortAudio:in_0")

    def _ports_of(self, player: str) -> list[str]:
        return sorted(name for name in self._jack.ports() if name.startswith(f"{player}:out"))

    def heard(self) -> Samples:
        """Everything since it listens; complete after the `with` block."""
        return speech.read_wav(self._recording)[0]


def jack_input(library: pyaudio.PyAudio) -> int:
    """The index of JACK's input device."""
    apis = map(library.get_host_api_info_by_index, range(library.get_host_api_count()))
    return next(int(api["defaultInputDevice"]) for api in apis if "JACK" in str(api["name"]))


def record(file: Path, sample_rate: int) -> None:
    blocks: list[bytes] = []
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())

    def keep(block: bytes | None, count: int, times: Mapping[str, float], status: int) -> tuple[None, int]:
        blocks.append(block or b"")
        return None, pyaudio.paContinue

    library = pyaudio.PyAudio()
    library.open(
        rate=sample_rate,
        channels=1,
        format=pyaudio.paInt16,
        input=True,
        input_device_index=jack_input(library),
        frames_per_buffer=round(sample_rate * PERIOD_SECONDS),
        stream_callback=keep,
    )
    ended.wait()
    speech.write_wav(file, np.frombuffer(b"".join(blocks), np.int16), sample_rate)
    # Closing would wait for a thread of JACK that may wait for us; the end of the process closes all.
    os._exit(0)


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]))
