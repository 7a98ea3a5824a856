"""Programs that the demonstration starts, listens to, and ends by their pid."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]

START_SECONDS = 20.0
STOP_SECONDS = 8.0
"""A telephone takes some for the answers of those it says goodbye to."""

KEPT_LINES = 50


class ChildError(Exception):
    """A program did not start, or ended by itself; one sentence."""


class Child:
    """One program. Every line that it writes goes to `hear`."""

    def __init__(
        self, name: str, command: list[str], hear: Callable[[str], None] = lambda line: None
    ) -> None:
        self.name = name
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._command = command
        self._hear = hear
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._over = False
        """It has said its last line."""

    async def start(self, ready: str) -> str:
        """Start, and wait for the first line that begins with `ready`. Raises `ChildError`."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the terminal is for us; we end our children in order
        )
        self._reading = asyncio.create_task(self._read(self._process))
        try:
            return await asyncio.wait_for(self._line(ready), START_SECONDS)
        except TimeoutError as error:
            raise ChildError(f"{self.name} is not ready after {START_SECONDS:g} s.") from error

    async def ended(self) -> str:
        """Wait until it ends; what it said last."""
        if self._reading is not None:
            await asyncio.shield(self._reading)
        return self._last_words

    async def stop(self) -> None:
        """Ask it to end, insist after a while."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                os.killpg(process.pid, signal.SIGKILL)  # its session has only itself and its children
        await process.wait()
        if self._reading is not None:
            await self._reading

    @property
    def _last_words(self) -> str:
        return self.lines[-1] if self.lines else "it said nothing"

    async def _line(self, ready: str) -> str:
        async with self._news:
            while True:
                found = next((line for line in self.lines if line.startswith(ready)), None)
                if found is not None:
                    return found
                if self._over:
                    raise ChildError(f"{self.name} cannot run: {self._last_words}")
                await self._news.wait()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while line := (await process.stdout.readline()).decode(errors="replace"):
            async with self._news:
                self.lines.append(line.rstrip())
                self._hear(line.rstrip())
                self._news.notify_all()
        async with self._news:
            self._over = True
            self._news.notify_all()
        await process.wait()


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules in this interpreter."""
    return [sys.executable, "-m", module, *arguments]
