"""A third-party program that runs for one test: in its own folder, ready when seen so, ended by its pid."""

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")

LONGEST_START = 15.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class ProgramFailed(Exception):
    """A program ended, or did not do in time what was waited for. Carries the end of its log."""


def find(name: str) -> str:
    """The path of a program; /usr/sbin is looked into as well."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise ProgramFailed(f"{name} is not installed; `make setup-test` installs it")
    return path


def _die_with_parent() -> None:
    """Tests that are killed leave nothing behind."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Program:
    """Starts `command` when entered and ends it when left.

    Subclasses override `is_ready`, which observes (a port that answers, a line in the log) and never sleeps.
    `patience` is how many seconds it gets to end when asked to.
    """

    patience = 5.0

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str] | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log_file = folder / "log"
        self._command = [find(command[0]), *command[1:]]
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        try:
            self.wait_until(self.is_ready, "be ready", LONGEST_START)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is not None:
            error.add_note(f"--- {self.name}, the end of {self.log_file}:\n{self.log_tail()}")

    @property
    def name(self) -> str:
        return Path(self._command[0]).name

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ProgramFailed(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        return self.running

    def stop(self) -> int:
        """Asks the program to end, insists after a while; returns its exit status."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(self.patience)
            except subprocess.TimeoutExpired:
                # The session that was opened for it has only itself and its children.
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        return self._process.returncode

    def wait(self, seconds: float) -> int:
        """Waits until the program ends by itself; returns its exit status."""
        self.wait_until(lambda: not self.running, "end", seconds)
        return self.stop()

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join([line for line in self.log().splitlines() if line.strip()][-lines:])

    def wait_until(self, condition: Callable[[], T], what: str, seconds: float = 10.0) -> T:
        """Returns the first true value of `condition`; raises `ProgramFailed` when there is none in time."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if not self.running and not condition():
                raise ProgramFailed(f"{self.name} ended before it could {what}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ProgramFailed(f"{self.name} did not {what} within {seconds:g} s:\n{self.log_tail()}")
            time.sleep(0.02)
