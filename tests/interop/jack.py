"""A JACK server without a sound card, under a name of its own: a full-duplex device that keeps time."""

import os
import subprocess
from pathlib import Path

from tests.interop.program import Program, ProgramFailed, find

PERIOD_SECONDS = 0.01


class Jack(Program):
    """`jackd` on its dummy driver, periods of 10 ms.

    `environment` is what a client needs so as to find this server and no other.
    """

    def __init__(self, folder: Path, sample_rate: int = 48_000) -> None:
        self.sample_rate = sample_rate
        self.server_name = f"offhook-test-{os.getpid()}-{folder.name}"
        period = round(sample_rate * PERIOD_SECONDS)
        command = f"jackd --name {self.server_name} -r -d dummy -r {sample_rate} -p {period}".split()
        super().__init__(folder, command)
        self.environment = {"JACK_DEFAULT_SERVER": self.server_name, "JACK_NO_START_SERVER": "1"}

    def is_ready(self) -> bool:
        return "system:playback_1" in self.ports()

    def ports(self) -> set[str]:
        """The names of all ports, of the server and of its clients."""
        return set(self._client("jack_lsp", check=False).split())

    def connect(self, source: str, sink: str) -> None:
        """Connect an output port to an input port."""
        self._client("jack_connect", source, sink)

    def disconnect(self, source: str, sink: str) -> None:
        """Undo a connection."""
        self._client("jack_disconnect", source, sink)

    def _client(self, *command: str, check: bool = True) -> str:
        done = subprocess.run(
            [find(command[0]), *command[1:]],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=10,
        )
        if check and done.returncode:
            raise ProgramFailed(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout
