"""A client of the phone's control channel, for `offhook ctl`, the page, tools and tests."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware.control.framing import Framer, FramingError
from firmware.control.messages import (
    Answered,
    AnyCommand,
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

READ = 1 << 16
ENDED = "The phone ended the connection."


class ControlError(Exception):
    """The phone refused a command or cannot be reached; the text is one sentence for a person."""


class ControlClient:
    """One connection to the phone. Use as an async context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._framer: Framer[FromPhone] = Framer(FromPhone)  # type: ignore[arg-type]
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Done | Status]] = {}
        self._news: asyncio.Queue[Event | Picture | None] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(str(self._path))
        except OSError as error:
            raise ControlError(
                f"No phone answers at {self._path} ({error.strerror}); start one with `offhook run`."
            ) from error
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        self._writer.close()

    async def do(self, command: AnyCommand) -> Done | Status:
        """Send a command and wait for its answer. Raises `ControlError` when it is refused."""
        if self._task.done():
            raise ControlError(ENDED)
        number = next(self._numbers)
        answer: asyncio.Future[Done | Status] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._writer.write(self._framer.frame(Request(number=number, command=command)))
        return await answer

    async def snapshot(self) -> Snapshot:
        """The telephone as it is now."""
        answer = await self.do(ShowStatus())
        if not isinstance(answer, Status):
            raise ControlError("The phone did not answer with its status.")
        return answer.snapshot

    async def watch(self, *, pictures: bool = False) -> AsyncIterator[Event | Picture]:
        """Every change from now on, until the connection ends."""
        await self.do(Watch(pictures=pictures))
        while (news := await self._news.get()) is not None:
            yield news

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(READ):
                for message in self._framer.receive(data):
                    self._receive(message)
        except (OSError, FramingError):
            pass
        self._news.put_nowait(None)
        for waiting in self._waiting.values():
            waiting.set_exception(ControlError(ENDED))
        self._waiting.clear()

    def _receive(self, message: FromPhone) -> None:
        if not isinstance(message, Answered):
            self._news.put_nowait(message)
        elif waiting := self._waiting.pop(message.number, None):
            if isinstance(message, Refused):
                waiting.set_exception(ControlError(message.words))
            else:
                waiting.set_result(message)
