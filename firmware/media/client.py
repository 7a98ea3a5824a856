"""The phone's end of the control channel to the media process."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from firmware.control.framing import Framer, FramingError
from firmware.control.voice import VERSION, Hello, Report, Request

RETRY_SECONDS = 0.1
"""Between attempts to reach a media process that is being restarted."""

READ_BYTES = 1 << 16


class VoiceClient:
    """Connects to the media process, again and again, and passes messages both ways.

    `on_report` is called with every report; a `Hello` is the first of each connection and says which streams
    the media process holds (none after it was restarted). `on_lost` is called when a connection has ended.
    """

    def __init__(
        self, path: Path, on_report: Callable[[Report], None], on_lost: Callable[[], None] = lambda: None
    ) -> None:
        self._path, self._on_report, self._on_lost = path, on_report, on_lost
        self._writer: asyncio.StreamWriter | None = None
        # msgspec takes a union of tagged messages where mypy knows classes only
        self._framer: Framer[Report] = Framer(Report)  # type: ignore[arg-type]

    @property
    def connected(self) -> bool:
        """Whether a request sent now would go out: the media process has said `Hello`."""
        return self._writer is not None

    def send(self, request: Request) -> bool:
        """Send a request; False, and nothing is sent, while there is no connection."""
        if self._writer is None:
            return False
        self._writer.write(self._framer.frame(request))
        return True

    async def run(self) -> None:
        """Stay connected until cancelled. Raises `FramingError` when the other end speaks another version."""
        while True:
            with suppress(OSError):  # there is no media process, or it died; the next attempt tells
                await self._converse(*await asyncio.open_unix_connection(str(self._path)))
            await asyncio.sleep(RETRY_SECONDS)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._framer = Framer(Report)  # type: ignore[arg-type]
        try:
            while data := await reader.read(READ_BYTES):
                for report in self._framer.receive(data):
                    if isinstance(report, Hello):
                        _check_version(report)
                        self._writer = writer
                    self._on_report(report)
        finally:
            writer.close()
            if self._writer is not None:
                self._writer = None
                self._on_lost()


def _check_version(hello: Hello) -> None:
    if hello.version != VERSION:
        raise FramingError(f"the media process speaks version {hello.version}, this phone {VERSION}")
