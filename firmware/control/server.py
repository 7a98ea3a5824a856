"""Serves the phone's control channel on a Unix socket to the users who may use it."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from firmware.control.framing import Framer, FramingError
from firmware.control.messages import (
    AnyCommand,
    CommandRefused,
    Done,
    Event,
    FromPhone,
    Picture,
    Refused,
    Request,
    ShowStatus,
    Status,
    Watch,
)
from firmware.control.state import Snapshot

MAX_CLIENTS = 32
MAX_UNREAD = 4 << 20
"""Bytes a watcher may leave unread before it is let go, so that it cannot fill the phone's memory."""


class ControlServer:
    """Takes commands to `execute`, which returns the call concerned, and tells watchers what changed."""

    def __init__(self, execute: Callable[[AnyCommand], str | None], snapshot: Callable[[], Snapshot]) -> None:
        self._execute = execute
        self._snapshot = snapshot
        self._clients: set[_Client] = set()
        self._server: asyncio.Server | None = None
        self._picture: Picture | None = None

    async def start(self, path: Path) -> None:
        """Listen at `path`, for this user only. Raises OSError."""
        with suppress(FileNotFoundError):
            path.unlink()
        old = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(path))
        finally:
            os.umask(old)

    async def stop(self) -> None:
        """End all connections."""
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.close()

    def tell(self, event: Event) -> None:
        """Send an event to all who watch."""
        self._send_to([client for client in self._clients if client.watching], event)

    def show(self, picture: Picture) -> None:
        """Send the display's picture to all who look at it, and keep it for who comes later."""
        self._picture = picture
        self._send_to([client for client in self._clients if client.looking], picture)

    def _send_to(self, clients: list["_Client"], message: FromPhone) -> None:
        if clients:
            frame = clients[0].framer.frame(message)
            for client in clients:
                client.send(frame)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(writer)
        if not client.is_this_user() or len(self._clients) >= MAX_CLIENTS:
            client.close()
            return
        self._clients.add(client)
        with suppress(OSError, FramingError):
            while data := await reader.read(1 << 16):
                for request in client.framer.receive(data):
                    self._answer(client, request)
        self._clients.discard(client)
        client.close()

    def _answer(self, client: "_Client", request: Request) -> None:
        match request.command:
            case ShowStatus():
                client.tell(Status(number=request.number, snapshot=self._snapshot()))
            case Watch(pictures=pictures):
                client.watching, client.looking = True, pictures
                client.tell(Done(number=request.number))
                if pictures and self._picture is not None:
                    client.tell(self._picture)
            case command:
                client.tell(self._outcome(request.number, command))

    def _outcome(self, number: int, command: AnyCommand) -> Done | Refused:
        try:
            return Done(number=number, call=self._execute(command))
        except CommandRefused as refusal:
            return Refused(number=number, words=str(refusal))


class _Client:
    """One connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.framer: Framer[Request] = Framer(Request)
        self.watching = False
        self.looking = False

    def is_this_user(self) -> bool:
        """Whether the process at the other end runs as the same user, or as root."""
        sock = self._writer.get_extra_info("socket")
        _, user, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return user in (os.getuid(), 0)

    def tell(self, message: FromPhone) -> None:
        self.send(self.framer.frame(message))

    def send(self, frame: bytes) -> None:
        transport = self._writer.transport
        if transport.get_write_buffer_size() > MAX_UNREAD:
            transport.abort()
        else:
            self._writer.write(frame)

    def close(self) -> None:
        self._writer.close()
