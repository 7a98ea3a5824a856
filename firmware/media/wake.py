"""Waking a thread that waits, from another thread, a signal handler or the audio path: never blocks."""

import os
import select


class Wake:
    """A Linux eventfd: any number of `set` until the next `clear` is one awakening."""

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def fileno(self) -> int:
        """For selectors."""
        return self._descriptor

    def set(self) -> None:
        """Wake the waiting thread, or let its next wait return at once."""
        os.eventfd_write(self._descriptor, 1)

    def wait(self, timeout: float | None) -> bool:
        """Wait at most `timeout` seconds (None: for ever). Returns whether it was set, and clears it."""
        ready, _, _ = select.select([self._descriptor], [], [], timeout)
        return bool(ready) and self.clear()

    def clear(self) -> bool:
        """Take back what was set; returns whether it was."""
        try:
            os.eventfd_read(self._descriptor)
        except BlockingIOError:
            return False
        return True
