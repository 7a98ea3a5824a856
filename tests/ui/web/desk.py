"""A telephone for the page to show: a real control channel, behind which a test decides what is so."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

from PIL import Image, ImageDraw

from firmware.control.messages import AnyCommand, CommandRefused, Event, Picture
from firmware.control.server import ControlServer
from firmware.control.state import Call, Line, Quality, Snapshot, Sound

T = TypeVar("T")

IDLE = Snapshot(
    lines=(Line(id="desk", address="sip:101@example.org", registration="registered", transport="tls"),),
    lamps={"line": "off", "message": "slow", "mute": "off", "speaker": "off"},
    volumes={"handset": 5, "speaker": 6, "ringer": 7},
    voice="up",
    sound=Sound(driver="ALSA", name="USB Audio"),
)


def call(**fields: Any) -> Call:
    """A call to Alice, encrypted and sounding well."""
    usual: dict[str, Any] = {
        "id": "1",
        "line": "desk",
        "direction": "out",
        "phase": "active",
        "number": "+44 20 7946 0123",
        "address": "sip:+442079460123@example.org",
        "name": "Alice Example",
        "privacy": "private",
        "privacy_words": "Private on the way; your provider could listen.",
        "codec": "G.722",
        "quality": Quality(mos=4.2, words="sound is good"),
    }
    return Call(**{**usual, **fields})


def picture(text: str = "offhook", size: tuple[int, int] = (128, 64), mode: str = "1") -> Picture:
    """A picture of the display with words on it and a bar below, where the labels of the keys would be."""
    image = Image.new(mode, size)
    pen = ImageDraw.Draw(image)
    ink = 1 if mode == "1" else (20, 90, 160)
    pen.text((4, 16), text, fill=ink)
    pen.rectangle((0, size[1] - 8, size[0] // 4 - 3, size[1] - 1), fill=ink)
    return Picture(width=size[0], height=size[1], mode=mode, pixels=image.tobytes())


class Desk:
    """The telephone's side of the control channel at `path`, in a thread of its own."""

    def __init__(self, path: Path, snapshot: Snapshot = IDLE) -> None:
        self.path = path
        self.snapshot = snapshot
        self.commands: list[AnyCommand] = []
        self.refuse = ""
        self._arrived = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._do(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> ControlServer:
        server = ControlServer(self._execute, lambda: self.snapshot)
        await server.start(self.path)
        return server

    def _execute(self, command: AnyCommand) -> str | None:
        if self.refuse:
            raise CommandRefused(self.refuse)
        with self._arrived:
            self.commands.append(command)
            self._arrived.notify_all()
        return None

    def tell(self, snapshot: Snapshot, cause: str = "something happened") -> None:
        """Change to `snapshot`."""
        self.snapshot = snapshot

        async def tell() -> None:
            self._server.tell(Event(at=0.0, cause=cause, snapshot=snapshot))

        self._do(tell())

    def show(self, picture: Picture) -> None:
        """Show `picture` on the display."""

        async def show() -> None:
            self._server.show(picture)

        self._do(show())

    def wait_for(self, condition: Callable[[list[AnyCommand]], bool], seconds: float = 5.0) -> None:
        """Until the commands that have come satisfy `condition`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: condition(self.commands), seconds):
                raise AssertionError(f"only these commands came: {self.commands}")

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(5)
