"""offhook itself as a program: `offhook run` with settings of one test, steered as `offhook ctl` does."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.interop import speech
from tests.interop.ports import free_port
from tests.interop.program import Program, ProgramFailed
from tests.interop.speech import Samples

ROOT = Path(__file__).parents[2]
CARD_RATE = 48000
Snapshot = dict[str, Any]


class Offhook(Program):
    """One phone. `lines` is the TOML of its lines; it says `says` (at 48 kHz) while its microphone is open.

    What the ear hears is in `heard()`, at 48 kHz; both go through the shipped `wav` device.
    """

    patience = 8.0

    def __init__(
        self,
        folder: Path,
        lines: str,
        *,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        says: Samples | None = None,
        audio: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port(2)
        self.says = speech.samples(10.0, CARD_RATE) if says is None else says
        self._mouth, self._ear = folder / "mouth.wav", folder / "ear.wav"
        self.control = folder / "state" / "control"
        file = folder / "handset.toml"
        command = [
            *(sys.executable, "-m", "firmware.cli", "run"),
            f"--settings={file}",
            f"--audio={audio or f'wav:{self._mouth},{self._ear}'}",
            f"--state={folder / 'state'}",
        ]
        super().__init__(folder, command, {"PYTHONPATH": str(ROOT), **(environment or {})})
        speech.write_wav(self._mouth, self.says, CARD_RATE)
        tables = {
            "network": {"hosts": ["127.0.0.1"], "udp_port": self.port, "direct_calls": True},
            "media": {"codecs": ["PCMU"], "srtp": "off"},
        }
        for name, values in (settings or {}).items():
            tables[name] = {**tables.get(name, {}), **values}
        file.write_text(lines + "\n" + "\n".join(_table(name, values) for name, values in tables.items()))

    @property
    def uri(self) -> str:
        """Where it can be called without a registrar."""
        return f"sip:desk@127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        return self.control.exists() and self.status()["voice"] == "up"

    def ctl(self, *words: str) -> str:
        """Run `offhook ctl`; raises `ProgramFailed` with its sentence when it is refused."""
        done = subprocess.run(
            [sys.executable, "-m", "firmware.cli", "ctl", f"--control={self.control}", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        if done.returncode:
            raise ProgramFailed(done.stderr.strip())
        return done.stdout

    def status(self) -> Snapshot:
        """The snapshot."""
        answer: Snapshot = json.loads(self.ctl("status", "--json"))
        return answer

    def call(self) -> dict[str, Any]:
        """The only call on the desk, empty if there is none."""
        calls = self.status()["calls"]
        return dict(calls[0]) if calls else {}

    def wait_for(self, condition: Callable[[Snapshot], Any], what: str, seconds: float = 10.0) -> Snapshot:
        """The first snapshot of which `condition` is true."""

        def look() -> Snapshot:
            snapshot = self.status()
            return snapshot if condition(snapshot) else {}

        return self.wait_until(look, what, seconds)

    def wait_for_call(self, phase: str, seconds: float = 10.0) -> dict[str, Any]:
        """The only call, once it is in `phase`."""
        snapshot = self.wait_for(
            lambda now: [call for call in now["calls"] if call["phase"] == phase],
            f"have a call {phase}",
            seconds,
        )
        return dict(snapshot["calls"][0])

    def wait_registered(self, line: str = "desk", seconds: float = 10.0) -> None:
        """Until the log says that the line is registered."""
        self.wait_until(lambda: f"registered {line}\n" in self.log(), f"register {line}", seconds)

    def heard(self) -> Samples:
        """What the ear heard so far, at 48 kHz."""
        if not self._ear.exists():
            return np.zeros(0, np.int16)
        recorded, rate = speech.read_wav(self._ear)
        if rate != CARD_RATE:
            raise ProgramFailed(f"the recording is at {rate} Hz")
        return recorded


def line(
    name: str = "desk", *, address: str = "sip:desk@127.0.0.1", register: bool = False, **values: Any
) -> str:
    """The TOML of one line; without a registrar by default."""
    return _table(f"line.{name}", {"address": address, "register": register, "transport": "udp", **values})


def _table(name: str, values: Mapping[str, Any]) -> str:
    rows = "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())
    return f"[{name}]\n{rows}"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


def talk(seconds: float) -> None:
    """Speech takes its own time."""
    time.sleep(seconds)
