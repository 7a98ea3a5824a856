"""`offhook run`: starts the phone process and the media process, and starts either again if it dies.

On the handset image systemd does this. A process that was told to stop with exit status 2 has a fault in
its settings, which starting again would not cure.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

RESTART_AFTER = (0.1, 0.5, 2.0, 10.0)
"""Seconds before the first, second ... restart of a process that keeps dying."""
STEADY = 30.0
"""A process that ran for so long starts again with the first delay."""
STOP_SECONDS = 5.0
USELESS = 2
"""Exit status of a process that cannot run with these settings."""


@dataclass(slots=True)
class Child:
    """One process to be kept running."""

    name: str
    command: Sequence[str]
    process: asyncio.subprocess.Process | None = None
    deaths: int = field(default=0)


class Supervisor:
    """Keeps children running until stopped; the last one of the list is stopped last."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self._children = children
        self._say = say
        self._stopping = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Run until SIGTERM, SIGINT or a fault in the settings; the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        tasks = [asyncio.create_task(self._keep(child)) for child in self._children]
        await self._stopping.wait()
        for child, task in zip(self._children, tasks, strict=True):
            await self._end(child)
            task.cancel()
        return self._status

    async def _keep(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            child.process = await asyncio.create_subprocess_exec(*child.command, start_new_session=True)
            status = await child.process.wait()
            if self._stopping.is_set():
                return
            if status == USELESS:
                self._status = USELESS
                self._stopping.set()
                return
            child.deaths = 0 if loop.time() - began > STEADY else child.deaths
            delay = RESTART_AFTER[min(child.deaths, len(RESTART_AFTER) - 1)]
            child.deaths += 1
            self._say(f"{child.name} ended unexpectedly (status {status}); starting it again")
            await asyncio.sleep(delay)

    @staticmethod
    async def _end(child: Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules in this interpreter."""
    return [sys.executable, "-m", module, *arguments]
