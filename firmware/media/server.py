"""The control channel's server: one thread that waits on the socket, for the controller and the engine.

The audio path never touches this socket. It leaves reports in a deque and sets a `Wake`.
"""

import os
import selectors
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from firmware.control.framing import Framer, FramingError
from firmware.control.voice import Fault, Report, Request
from firmware.media.controller import Controller
from firmware.media.realtime import CONTROL_PRIORITY, raise_this_thread
from firmware.media.wake import Wake

READ_BYTES = 1 << 16

MOST_UNREAD = 4 << 20
"""Bytes of reports that a phone may leave unread before the connection is given up."""


class ListenError(Exception):
    """The control socket cannot be had; the message is one sentence for a person."""


def listen(path: Path) -> socket.socket:
    """A listening Unix socket for this user only. Raises `ListenError`.

    What a process that died left at `path` is removed; a socket that somebody still answers is not.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and not _answered(path):
            path.unlink()
        old = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(old)
        listener.listen(4)
    except OSError as error:
        listener.close()
        raise ListenError(f"The control socket {path} cannot be made: {error.strerror or error}.") from error
    listener.setblocking(False)
    return listener


def _answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0


class Server:
    """Carries messages between the controller's connection and the `Controller`.

    `reports` is what the engine and the sound card have to say; whoever appends sets `wake` afterwards.
    `ended` is called when the thread is about to end.
    """

    def __init__(
        self,
        listener: socket.socket,
        controller: Controller,
        reports: deque[Report],
        wake: Wake,
        *,
        ended: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener, self._controller, self._clock = listener, controller, clock
        self._reports, self._wake, self._when_ended = reports, wake, ended
        self._connection: _Connection | None = None
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(wake, selectors.EVENT_READ, self._wake.clear)
        self._ending: float | None = None
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self, seconds: float) -> None:
        """Release every stream, and end once all have said goodbye, or after so long. Does not wait."""
        self._ending = self._clock() + seconds
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended."""
        self._thread.join(seconds)

    def _run(self) -> None:
        raise_this_thread(CONTROL_PRIORITY)
        released = False
        while not self._ended():
            for key, _ in self._selector.select(self._pause()):
                key.data()
            if self._ending is not None and not released:
                released = True
                self._controller.release_all()
            self._controller.on_deadline(self._clock())
            self._send_reports()
        self._listener.close()  # first, or the phone would connect again to nobody
        self._drop()
        self._when_ended()

    def _ended(self) -> bool:
        if self._ending is None:
            return False
        return not self._controller.streams or self._clock() >= self._ending

    def _pause(self) -> float | None:
        deadlines = [at for at in (self._controller.deadline(), self._ending) if at is not None]
        return max(0.0, min(deadlines) - self._clock()) if deadlines else None

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionError):
            accepted, _ = self._listener.accept()
            accepted.setblocking(False)
            if not _is_this_user(accepted):
                accepted.close()
            elif self._connection is not None:
                words = "The phone's voice has a controller already."
                accepted.send(Framer(Fault).frame(Fault(words=words)))
                accepted.close()
            else:
                self._connection = _Connection(accepted)
                self._selector.register(accepted, selectors.EVENT_READ, self._receive)
                self._controller.connected()

    def _receive(self) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            for request in connection.receive():
                self._controller.receive(request)
        except (OSError, FramingError, EOFError):
            self._drop()

    def _send_reports(self) -> None:
        while self._reports:
            self._controller.relay(self._reports.popleft())
        while (report := self._controller.poll()) is not None:
            if self._connection is not None:
                self._connection.queue(report)
        if self._connection is None:
            return
        try:
            unsent = self._connection.flush()
        except OSError:
            self._drop()
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0)
        self._selector.modify(self._connection.socket, events, self._receive)

    def _drop(self) -> None:
        if self._connection is not None:
            self._selector.unregister(self._connection.socket)
            self._connection.socket.close()
            self._connection = None
            self._controller.disconnected(self._clock())


class _Connection:
    """The controller's socket, its unfinished frame and what it has not read yet."""

    def __init__(self, accepted: socket.socket) -> None:
        self.socket = accepted
        # msgspec takes a union of tagged messages where mypy knows classes only
        self._framer: Framer[Request] = Framer(Request)  # type: ignore[arg-type]
        self._unsent = bytearray()

    def receive(self) -> list[Request]:
        """The requests that are complete. Raises EOFError at the end, OSError and `FramingError`."""
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return []
        if not data:
            raise EOFError
        return self._framer.receive(data)

    def queue(self, report: Report) -> None:
        """Send with the next `flush`."""
        self._unsent += self._framer.frame(report)

    def flush(self) -> bool:
        """Send what the socket takes; whether some is left. Raises OSError, also when far too much is."""
        with suppress(BlockingIOError):
            while self._unsent:
                del self._unsent[: self.socket.send(self._unsent)]
        if len(self._unsent) > MOST_UNREAD:
            raise ConnectionAbortedError("the phone does not read")
        return bool(self._unsent)


def _is_this_user(accepted: socket.socket) -> bool:
    credentials = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, user, _ = struct.unpack("3i", credentials)
    return user in (os.getuid(), 0)
