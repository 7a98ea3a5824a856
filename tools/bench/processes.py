"""What processes cost: CPU time to the nanosecond, and memory with shared pages divided fairly."""

import time
from pathlib import Path

PROC = Path("/proc")

CPUCLOCK_SCHED = 2
"""The low bits of another process's clock, as `clock_getcpuclockid` makes it (kernel, posix-timers.h)."""

NAMES = {
    "firmware.cli": "supervisor",
    "firmware.handset": "phone",
    "firmware.media.process": "media",
}
"""The module that a process of ours runs, and what the process is called."""


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used in all its threads. Raises OSError if there is none."""
    return time.clock_gettime_ns(~pid << 3 | CPUCLOCK_SCHED) / 1e9


def pss(pid: int) -> float:
    """Proportional set size in MB (10^6 bytes): private memory, and a fair share of what is shared."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError(f"the system does not tell the memory of process {pid}")


def family(pid: int) -> dict[str, int]:
    """A process of ours and its children, by name."""
    pids = [pid, *_children(pid)]
    return {_name(member): member for member in pids}


def _children(pid: int) -> list[int]:
    tasks = (PROC / str(pid) / "task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _name(pid: int) -> str:
    words = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    return next((NAMES[word] for word in words if word in NAMES), Path(words[0]).name)


class CpuMeter:
    """What some processes use from its making on."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self._began = time.monotonic()
        self._before = {name: cpu(pid) for name, pid in pids.items()}

    def milliseconds_a_second(self) -> dict[str, float]:
        """Milliseconds of CPU in each second of the clock, by name."""
        seconds = time.monotonic() - self._began
        return {name: (cpu(pid) - self._before[name]) * 1e3 / seconds for name, pid in self._pids.items()}
