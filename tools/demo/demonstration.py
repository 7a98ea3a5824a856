"""What runs in the demonstration, in which order it starts and ends, and what a person is told."""

import asyncio
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmware.control.client import ControlError
from tools.demo.children import Child, ChildError, python
from tools.demo.echo_call import echo_call
from tools.demo.sound import Sound, choose

OWN, OTHER, ECHO = "101", "102", "600"
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for."""

    state: Path
    page_port: int
    self_test: bool


class Demonstration:
    """Starts everything in order; `stop` ends it in the opposite one. `say` writes one line for a person."""

    def __init__(self, wishes: Wishes, say: Callable[[str], None]) -> None:
        self._wishes = wishes
        self._say = say
        self._state = wishes.state
        self._children: list[Child] = []

    async def run(self) -> None:
        """Start, show, and run until something ends unexpectedly, which raises `ChildError`."""
        sound = choose(self._state)
        exchange = await self._start_exchange()
        await asyncio.gather(self._start_telephone(OTHER, "loop"), self._start_telephone(OWN, sound.device))
        self._say(f"Telephone {OWN} is yours, registered over TLS. Its sound is {sound.words}.")
        self._say(f"Telephone {OTHER} answers by itself and sends back what it hears.")
        await self._start_page()
        self._show(exchange)
        if self._wishes.self_test or not sound.is_card or not any(map(os.environ.get, DISPLAYS)):
            await self._call_the_echo(sound)
        self._say("Ctrl-C ends everything.")
        await self._watch()

    async def stop(self) -> None:
        """End what was started, the last first, so that telephones can say goodbye to the exchange."""
        for child in reversed(self._children):
            await child.stop()

    async def _start_exchange(self) -> Child:
        exchange = Child("The exchange", python("tools.exchange", f"--state={self._state / 'exchange'}"))
        self._children.append(exchange)
        await exchange.start("ready")
        ports = [line.removeprefix("listening ") for line in exchange.lines if line.startswith("listening ")]
        self._say(f"The exchange listens on {', '.join(ports)}.")
        return exchange

    async def _start_telephone(self, number: str, audio: str) -> None:
        command = python(
            "firmware.cli",
            "run",
            f"--settings={self._state / 'exchange' / number}.toml",
            f"--audio={audio}",
            f"--state={self._state / number}",
        )
        telephone = Child(f"Telephone {number}", command)
        self._children.append(telephone)
        line = await telephone.start("regist")
        if not line.startswith("registered"):
            raise ChildError(f"Telephone {number} cannot be used: {line}.")

    async def _start_page(self) -> None:
        """Without the page the demonstration goes on: the telephone has its command line."""
        if importlib.util.find_spec("ui.web") is None:
            self._say("There is no page in this version; use the command line below.")
            return
        command = python("ui.web", f"--control={self._control}", f"--port={self._wishes.page_port}")
        page = Child("The page", command, self._on_page_line)
        self._children.append(page)
        try:
            await page.start("http")
        except ChildError as error:
            self._say(str(error))
            self._children.remove(page)
            await page.stop()

    def _on_page_line(self, line: str) -> None:
        """Its address holds a code that is good once, so a new one comes after each use."""
        if line.startswith("http"):
            self._say(f"Open {line} in a browser on this computer (good once; a new one follows).")

    @property
    def _control(self) -> Path:
        return self._state / OWN / "control"

    def _show(self, exchange: Child) -> None:
        self._say(f"From another terminal: bin/offhook ctl --control {self._control} dial {ECHO}")
        self._say("Numbers to dial:")
        for line in exchange.lines:
            if line.startswith("number "):
                self._say(f"  {line.removeprefix('number ')}")
        self._say(f"  {OTHER} the other telephone")

    async def _call_the_echo(self, sound: Sound) -> None:
        self._say(f"Telephone {OWN} calls the echo {ECHO} by itself ...")
        try:
            for line in await echo_call(self._control, ECHO, sound):
                self._say(f"  {line}")
        except (ControlError, OSError) as error:
            self._say(f"  The call could not be made: {error}")

    async def _watch(self) -> None:
        """Wait for the first program that ends, which none should."""
        watches = {asyncio.create_task(child.ended()): child for child in self._children}
        try:
            (ended, *_), _ = await asyncio.wait(watches, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for watch in watches:
                watch.cancel()
        raise ChildError(f"{watches[ended].name} has ended unexpectedly: {ended.result()}")
