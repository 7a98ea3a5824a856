"""The page's link to the telephone: one control connection for all pages, made again whenever it is lost."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from firmware.control.client import ControlClient, ControlError
from firmware.control.messages import AnyCommand, Event, Picture
from ui.web.wire import Changed, Lost, ToPage

RETRY_SECONDS = 0.5
ANSWER_SECONDS = 2.0
"""How long a command may take; the telephone answers at once or is stuck."""
MAX_UNSEEN = 64
"""Changes kept for a page that is slow to take them; the oldest go first, as the newest tells all."""

LOST = "The telephone does not answer. As soon as it runs again, this page goes on."


class Viewer:
    """What one page has not been sent yet: the changes in order, and the newest picture only."""

    def __init__(self) -> None:
        self._changes: deque[Changed | Lost] = deque(maxlen=MAX_UNSEEN)
        self._picture: Picture | None = None
        self._news = asyncio.Event()

    def put(self, message: Changed | Lost | Picture) -> None:
        """Keep a message until the page takes it."""
        if isinstance(message, Picture):
            self._picture = message
        else:
            self._changes.append(message)
        self._news.set()

    async def messages(self) -> AsyncIterator[ToPage]:
        """Everything for this page, as it comes."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._changes:
                yield self._changes.popleft()
            if self._picture is not None:
                picture, self._picture = self._picture, None
                yield picture


class Telephone:
    """Keeps the newest state and picture for pages that come later."""

    def __init__(self, control: Path) -> None:
        self._control = control
        self._client: ControlClient | None = None
        self._viewers: set[Viewer] = set()
        self._state: Changed | Lost = Lost(LOST)
        self._picture: Picture | None = None

    async def run(self) -> None:
        """Follow the telephone until cancelled."""
        while True:
            with suppress(ControlError, TimeoutError):
                await self._follow()
            if not isinstance(self._state, Lost):
                self._tell(Lost(LOST))
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        async with ControlClient(self._control) as client:
            async with asyncio.timeout(ANSWER_SECONDS):
                snapshot = await client.snapshot()
            self._tell(Changed("", snapshot, time.monotonic()))
            self._client = client
            try:
                async for news in client.watch(pictures=True):
                    self._receive(news)
            finally:
                self._client = None

    def _receive(self, news: Event | Picture) -> None:
        if isinstance(news, Event):
            self._tell(Changed(news.cause, news.snapshot, time.monotonic()))
        else:
            self._picture = news
            self._put(news)

    def _tell(self, state: Changed | Lost) -> None:
        self._state = state
        self._put(state)

    def _put(self, message: Changed | Lost | Picture) -> None:
        for viewer in self._viewers:
            viewer.put(message)

    def join(self) -> Viewer:
        """A new page; it is first told how things are."""
        viewer = Viewer()
        self._viewers.add(viewer)
        state = self._state
        if isinstance(state, Changed):
            state = Changed("", state.snapshot, time.monotonic())
        viewer.put(state)
        if self._picture is not None:
            viewer.put(self._picture)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """A page that has been closed."""
        self._viewers.discard(viewer)

    @property
    def watched_by(self) -> int:
        """How many pages are open."""
        return len(self._viewers)

    async def do(self, command: AnyCommand) -> None:
        """Carry out a command. Raises `ControlError` with a sentence when it is refused or unheard."""
        if self._client is None:
            raise ControlError(LOST)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._client.do(command)
        except TimeoutError as error:
            raise ControlError("The telephone did not answer in time.") from error
