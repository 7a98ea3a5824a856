"""Serves the page for a running phone, on loopback only, until it is stopped."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from ui.web.access import Access
from ui.web.app import page
from ui.web.telephone import Telephone
from ui.web.wire import MAX_FROM_PAGE

SHUT_DOWN_SECONDS = 1
MAX_CONNECTIONS = 64
MAX_HEADER_BYTES = 16 << 10


class Server(uvicorn.Server):
    """Leaves signals to `serve`, so that the process ends with status 0."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Catch none."""
        yield


def listen(port: int) -> list[socket.socket]:
    """Sockets on both loopback addresses, the same port on each; 0 takes a free one. Raises OSError."""
    four = socket.create_server(("127.0.0.1", port), backlog=64)
    sockets = [four]
    try:
        address = ("::1", four.getsockname()[1])
        sockets.append(socket.create_server(address, family=socket.AF_INET6, backlog=64))
    except OSError:
        pass  # no IPv6 here, or its port is taken: the printed address is the other one
    return sockets


async def serve(control: Path, port: int) -> None:
    """Serve until SIGINT or SIGTERM; print the address at first and after each use. Raises OSError."""
    sockets = listen(port)
    port = sockets[0].getsockname()[1]
    access = Access(os.urandom, lambda code: _say(f"http://127.0.0.1:{port}/?code={code}"))
    server = Server(
        uvicorn.Config(
            page(access, Telephone(control), port),
            ws="wsproto",
            ws_max_size=MAX_FROM_PAGE,
            ws_per_message_deflate=False,
            http="h11",
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=SHUT_DOWN_SECONDS,
            server_header=False,
            proxy_headers=False,
            access_log=False,
            log_level="critical",
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, setattr, server, "should_exit", True)
    access.renew()
    await server.serve(sockets=sockets)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(control: Path, port: int) -> int:
    """Serve the page; 1 and one sentence on standard error when its port is taken."""
    try:
        asyncio.run(serve(control, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        sys.stderr.write(f"127.0.0.1 port {port}: {reason}; choose another with --port.\n")
        return 1
    return 0
