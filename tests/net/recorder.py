"""A machine for the driver that notes what happens and does what the test queues."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from firmware.sip.flow import Flow, Target
from firmware.ua.events import Output


class Recorder:
    """Has the shape of `net.driver.Machine`."""

    def __init__(self) -> None:
        self.happened: list[tuple[Any, ...]] = []
        self.wanted: deque[Output] = deque()
        self.wake_at: float | None = None

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        self.happened.append(("datagram", data, flow))

    def receive_stream(self, data: bytes, flow: Flow, now: float) -> None:
        self.happened.append(("stream", data, flow))

    def flow_accepted(self, flow: Flow, now: float) -> None:
        self.happened.append(("accepted", flow))

    def flow_opened(self, request_id: int, flow: Flow, now: float) -> None:
        self.happened.append(("opened", request_id, flow))

    def flow_failed(self, request_id: int, reason: str, now: float) -> None:
        self.happened.append(("failed", request_id, reason))

    def flow_lost(self, flow: Flow, reason: str, now: float) -> None:
        self.happened.append(("lost", flow, reason))

    def resolved(self, query_id: int, targets: Sequence[Target], now: float) -> None:
        self.happened.append(("resolved", query_id, tuple(targets)))

    def resolve_failed(self, query_id: int, reason: str, now: float) -> None:
        self.happened.append(("unresolved", query_id, reason))

    def poll(self) -> Output | None:
        return self.wanted.popleft() if self.wanted else None

    def deadline(self) -> float | None:
        return self.wake_at

    def on_deadline(self, now: float) -> None:
        self.wake_at = None
        self.happened.append(("woken", now))

    async def wait_for(self, name: str, seconds: float = 5.0) -> tuple[Any, ...]:
        """The first thing of that name that happened, taken from the list."""
        return await until(lambda: self._take(name), seconds)

    def _take(self, name: str) -> tuple[Any, ...] | None:
        for number, what in enumerate(self.happened):
            if what[0] == name:
                return self.happened.pop(number)
        return None


async def until(look: Callable[[], Any], seconds: float = 5.0) -> Any:
    """What `look` finds, as soon as it finds something."""
    async with asyncio.timeout(seconds):
        while (found := look()) is None:
            await asyncio.sleep(0.005)
    return found
