"""A network that delays: datagrams that come to one port go on to another, each late by a seeded time.

A jitter of J makes each late by J give or take J, evenly spread; order may change, as on real networks.
"""

import heapq
import random
import select
import socket
import threading
import time
from itertools import count
from types import TracebackType
from typing import Self


class DelayLine:
    """The delays, without sockets: time is an argument, jitter and time are in seconds."""

    def __init__(self, jitter: float, seed: int) -> None:
        self._jitter, self._random = jitter, random.Random(seed)
        self._waiting: list[tuple[float, int, bytes]] = []
        self._numbers = count()

    def push(self, datagram: bytes, now: float) -> None:
        """A datagram enters."""
        leaves = now + self._random.uniform(0, 2 * self._jitter)
        heapq.heappush(self._waiting, (leaves, next(self._numbers), datagram))

    def deadline(self) -> float | None:
        """When the next one leaves."""
        return self._waiting[0][0] if self._waiting else None

    def due(self, now: float) -> list[bytes]:
        """Those that leave, the earliest first."""
        leaving: list[bytes] = []
        while self._waiting and self._waiting[0][0] <= now:
            leaving.append(heapq.heappop(self._waiting)[2])
        return leaving


class Relay:
    """Takes datagrams at `address` and sends them to `target`, from a thread of its own.

    They leave through `outlet`, their sender's own socket, so that they come from where `target` expects.
    """

    def __init__(self, outlet: socket.socket, target: tuple[str, int], jitter: float, seed: int) -> None:
        self._outlet, self._target = outlet, target
        self._line = DelayLine(jitter, seed)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    @property
    def address(self) -> tuple[str, int]:
        """Where to send to."""
        host, port = self._socket.getsockname()
        return str(host), int(port)

    def _run(self) -> None:
        while not self._ended.is_set():
            deadline = self._line.deadline()
            wait = 0.1 if deadline is None else min(0.1, max(0.0, deadline - time.monotonic()))
            ready, _, _ = select.select([self._socket], [], [], wait)
            if ready:
                self._line.push(self._socket.recv(65536), time.monotonic())
            for datagram in self._line.due(time.monotonic()):
                self._outlet.sendto(datagram, self._target)
