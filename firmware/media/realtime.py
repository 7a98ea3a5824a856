"""What the kernel and the interpreter can be asked for so that audio is not late.

Nothing here is needed for sound to work: each request that the system refuses is named in words, and the
process runs on without it.
"""

import ctypes
import gc
import os
import sys

AUDIO_PRIORITY = 60
"""SCHED_FIFO priority of the thread that has the loop body."""

CONTROL_PRIORITY = 40
"""Every other thread: still above ordinary processes, for a thread that holds the interpreter's lock and is
not scheduled would make the audio thread wait."""

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread has to offer the interpreter's lock to another one."""

LOCK_ALL_ON_FAULT = 1 | 2 | 4
"""MCL_CURRENT, MCL_FUTURE and MCL_ONFAULT of <sys/mman.h>: what was touched once stays in memory. Without
the third every thread's whole stack would be filled, which doubles the process."""

_wanted = False


def raise_this_thread(priority: int) -> bool:
    """Give the calling thread SCHED_FIFO, where `prepare_process` was called and the system permits it."""
    return _wanted and _set_fifo(priority)


def prepare_process() -> tuple[bool, str]:
    """Ask for real-time scheduling and locked memory. Returns whether all was granted, and what was not.

    To be called from the main thread before others are started; they inherit its priority.
    """
    global _wanted
    refused = []
    _wanted = _set_fifo(CONTROL_PRIORITY)
    if not _wanted:
        refused.append("real-time priority")
    if not _lock_memory():
        refused.append("locked memory")
    if not refused:
        return True, ""
    return False, f"The system grants no {' and no '.join(refused)}; audio may stutter on a busy machine."


def quiet_interpreter() -> None:
    """No garbage collection from here on, and short turns at the interpreter's lock.

    The media process makes no reference cycles as it runs; reference counting alone keeps its memory level.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(SWITCH_INTERVAL)


def _set_fifo(priority: int) -> bool:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        return False
    return True


def _lock_memory() -> bool:
    library = ctypes.CDLL(None, use_errno=True)
    return bool(library.mlockall(LOCK_ALL_ON_FAULT) == 0)
