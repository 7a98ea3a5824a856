"""The demonstration as a person starts it, here without a sound card, a display or a person."""

import os
import re
import signal
import socket
import sys
import wave
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.interop.jack import Jack
from tests.interop.offhook import ROOT
from tests.interop.ports import free_port
from tests.interop.program import Program
from tools.demo.sound import delay_ms

pytestmark = [pytest.mark.interop, pytest.mark.timed]


class Demo(Program):
    """`python -m tools.demo`; ready when it says how to end it."""

    patience = 20.0

    def __init__(self, folder: Path, *words: str, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "tools.demo", *words]
        alone = {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "DISPLAY": "", "WAYLAND_DISPLAY": ""}
        super().__init__(folder, command, {**alone, **(environment or {})})

    def is_ready(self) -> bool:
        return "Telephone 101 is yours" in self.log()

    def said(self, pattern: str, seconds: float = 30.0) -> re.Match[str]:
        """The first place in its output that a pattern fits."""
        return self.wait_until(lambda: re.search(pattern, self.log()), f"say {pattern}", seconds)

    def family(self) -> set[int]:
        """Every process that descends from it, itself included, by pid."""
        return {self.pid} | set(descendants(self.pid))

    def interrupt(self) -> int:
        """Ctrl-C; its exit status."""
        os.kill(self.pid, signal.SIGINT)
        return self.wait(self.patience)


def descendants(pid: int) -> Iterator[int]:
    """Children and their children, as the kernel knows them."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child
            yield from descendants(child)


def alive(pids: set[int]) -> set[int]:
    """Those that still exist, as zombies too."""
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def test_the_demonstration_calls_the_echo_stays_up_and_leaves_nothing(tmp_path: Path) -> None:
    """It prints the page's address, what to dial and how the call went; Ctrl-C ends every process."""
    with Demo(tmp_path, "--self-test") as demo:
        demo.said(r"Open http://127\.0\.0\.1:\d+/\S*code=\w{32} ")
        for number in ("600", "601", "602", "102"):
            demo.said(rf"\n  {number} \w+")
        demo.said("How it went: sound is good")
        assert float(demo.said(r"MOS (\d\.\d)")[1]) > 4.0
        assert float(demo.said(r"([\d.]+) % lost")[1]) < 1.0
        assert 20 <= int(demo.said(r"The voice was back after (\d+) ms")[1]) <= 150
        demo.said("Private on the way")
        demo.said("Ctrl-C ends everything")
        family = demo.family()
        assert len(family) == 1 + 1 + 2 * 3 + 1  # itself, exchange, two telephones of three, page
        assert demo.interrupt() == 0
        assert alive(family) == set()
        assert "Traceback" not in demo.log()
        assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_sound_card_is_found_and_used(tmp_path: Path) -> None:
    """Through PortAudio, on JACK's dummy driver; the sentence names it."""
    with Jack(tmp_path / "jack") as jack, Demo(tmp_path / "demo", environment=jack.environment) as demo:
        demo.said(r"Its sound is your sound card \(JACK")
        demo.said("How it went: sound is good")  # there is no display
        demo.said("Ctrl-C ends everything")
        assert demo.interrupt() == 0


def test_ctrl_c_in_the_middle_of_the_start(tmp_path: Path) -> None:
    """Whatever has been started by then ends as well."""
    demo = Demo(tmp_path)
    demo.is_ready = lambda: "The exchange listens" in demo.log()  # type: ignore[method-assign]
    with demo:
        family = demo.family()
        assert len(family) > 1
        assert demo.interrupt() == 0
        assert alive(family) == set()


def test_the_pages_port_in_use_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    """One sentence; the telephone can still be used by the command line."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), Demo(tmp_path, f"--port={port}") as demo:
        demo.said(rf"The page cannot run: .*{port}")
        demo.said("Ctrl-C ends everything")
        assert demo.interrupt() == 0


def test_a_telephone_that_dies_ends_the_demonstration(tmp_path: Path) -> None:
    """It says which, ends the others and fails."""
    with Demo(tmp_path) as demo:
        demo.said("Ctrl-C ends everything")
        family = demo.family()
        exchange = next(
            pid for pid in family if b"tools.exchange" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        os.kill(exchange, signal.SIGKILL)
        assert demo.wait(demo.patience) == 1
        assert "The exchange has ended unexpectedly" in demo.log()
        assert alive(family) == set()


def write(path: Path, rate: int, samples: "array[int]") -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def syllables(rate: int, seconds: int, delay: float = 0.0) -> "array[int]":
    """Something as uneven as speech: loudness changes every 50 ms, by a fixed list."""
    levels = [(index * index * 7919) % 8000 for index in range(seconds * 20)]
    silence = [0] * round(rate * delay)
    spoken = [levels[at * 20 // rate] * (-1) ** at for at in range(seconds * rate)]
    return array("h", [*silence, *spoken])


@pytest.mark.parametrize("delay", [0.0, 0.035, 0.4])
def test_the_delay_of_a_voice_is_measured(tmp_path: Path, delay: float) -> None:
    """To the millisecond, between files of different rates."""
    said = write(tmp_path / "said.wav", 8000, syllables(8000, 6))
    heard = write(tmp_path / "heard.wav", 48000, syllables(48000, 6, delay))
    assert delay_ms(said, heard) == pytest.approx(1000 * delay, abs=1)


def test_a_voice_that_does_not_come_back_has_no_delay(tmp_path: Path) -> None:
    """Silence, something else, or a call that was too short."""
    said = write(tmp_path / "said.wav", 8000, syllables(8000, 6))
    assert delay_ms(said, write(tmp_path / "silence.wav", 48000, array("h", [0] * 48000 * 6))) is None
    assert delay_ms(said, write(tmp_path / "short.wav", 48000, array("h", [0] * 4800))) is None
    tone = array("h", [4000, -4000] * 24000 * 6)
    assert delay_ms(said, write(tmp_path / "tone.wav", 48000, tone)) is None
