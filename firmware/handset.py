"""The phone process: binds the telephone to network, voice, control channel, panel and clock.

`python -m firmware.handset` is started by `offhook run`, which also starts the media process and starts
either again when it dies.
"""

import argparse
import asyncio
import os
import signal
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from board.board import Board, BoardError, open_board
from firmware.configure import bindings, client_tls, phone_settings, server_tls
from firmware.control.messages import AnyCommand, CommandRefused, Event, Hook, Key, Picture
from firmware.control.server import ControlServer
from firmware.control.voice import Report
from firmware.media.client import VoiceClient
from firmware.net.driver import Driver
from firmware.net.resolver import Resolver
from firmware.net.transport import TransportError
from firmware.phone.desk import Changed
from firmware.phone.phone import Phone
from firmware.settings.load import SettingsError, load
from firmware.settings.schema import Settings
from firmware.ua.endpoint import Endpoint
from firmware.ua.events import Event as AgentEvent
from ui.lcd import DisplayUnknown
from ui.panel import Panel

LEAVE_SECONDS = 2.0
"""How long to wait for the registrars' and the far ends' answers when the phone is stopped."""
LEAVE_STEP = 0.02


class StartError(Exception):
    """The phone cannot start; one sentence with the cause and what to do."""


class Handset:
    """One phone process. `say` writes a line of its log."""

    def __init__(
        self,
        settings: Settings,
        board: Board,
        *,
        voice: Path,
        control: Path,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._board = board
        self._control_path = control
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._endpoint = Endpoint(os.urandom)
        self._phone = Phone(phone_settings(settings, os.urandom), self._endpoint)
        try:
            client, server = client_tls(settings), server_tls(settings)
        except (OSError, ssl.SSLError) as error:
            raise StartError(f"A TLS file of the settings cannot be used: {error}.") from error
        self._driver = Driver(
            self._endpoint,
            Resolver(os.urandom, settings.dns.name_servers),
            self._on_agent_event,
            client_tls=client,
            server_tls=server,
        )
        self._voice = VoiceClient(voice, self._on_report, self._on_voice_lost)
        self._control = ControlServer(self._execute, lambda: self._phone.snapshot)
        self._panel = Panel(board, self._on_panel_command, self._on_picture)
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then end calls and unregister. Raises `StartError`."""
        try:
            await self._driver.start(bindings(self._settings))
            await self._control.start(self._control_path)
        except TransportError as error:
            raise StartError(f"{error}: choose another port or address in the settings.") from error
        except OSError as error:
            raise StartError(f"{self._control_path}: {error.strerror}.") from error
        for transport, host, port in self._driver.listening:
            self._say(f"listening {transport} {host} port {port}")
        voice = asyncio.create_task(self._voice.run())
        self._panel.start(self._phone.snapshot, self._now)
        self._phone.start(self._now)
        self._settle()
        await stop.wait()
        await self._leave()
        voice.cancel()
        self._panel.close()
        await self._control.stop()
        await self._driver.stop()

    async def _leave(self) -> None:
        self._phone.stop(self._now)
        self._settle()
        deadline = self._now + LEAVE_SECONDS
        while self._now < deadline and not self._is_idle():
            await asyncio.sleep(LEAVE_STEP)

    def _is_idle(self) -> bool:
        snapshot = self._phone.snapshot
        return not snapshot.calls and all(line.registration != "registered" for line in snapshot.lines)

    @property
    def _now(self) -> float:
        return self._loop.time()

    # What arrives

    def _on_agent_event(self, event: AgentEvent) -> None:
        self._phone.receive_event(event, self._now)
        self._settle()

    def _on_report(self, report: Report) -> None:
        self._phone.receive_report(report, self._now)
        self._settle()

    def _on_voice_lost(self) -> None:
        self._phone.voice_is_down(self._now)
        self._settle()

    def _on_timer(self) -> None:
        self._phone.on_deadline(self._now)
        self._panel.on_deadline(self._now)
        self._settle()

    def _on_panel_command(self, command: AnyCommand) -> None:
        with suppress(CommandRefused):
            self._command(command)

    def _on_picture(self, picture: Picture) -> None:
        self._control.show(picture)

    def _execute(self, command: AnyCommand) -> str | None:
        """Carry out a command of any client; keys and hook go the way that a finger's go."""
        match command:
            case Key(name=name):
                self._press(name)
                return None
            case Hook(off=off) if off != self._board.hook.off_hook:
                self._board.hook.lift() if off else self._board.hook.put_down()
                return None
            case _:
                return self._command(command)

    def _press(self, name: str) -> None:
        try:
            self._board.keypad.press(name)
        except KeyError as error:
            keys = ", ".join(self._board.keypad.keys)
            raise CommandRefused(f"This phone has no key “{name}”; it has {keys}.") from error

    def _command(self, command: AnyCommand) -> str | None:
        try:
            return self._phone.receive_command(command, self._now)
        finally:
            self._settle()

    # What follows

    def _settle(self) -> None:
        """Hand out what the phone wants, let the endpoint's effects go, set the timer."""
        while (output := self._phone.poll()) is not None:
            if isinstance(output, Changed):
                self._tell(output)
            else:
                self._voice.send(output)
        self._driver.pump()
        if self._timer is not None:
            self._timer.cancel()
        deadlines = [at for at in (self._phone.deadline(), self._panel.deadline()) if at is not None]
        self._timer = self._loop.call_at(min(deadlines), self._on_timer) if deadlines else None

    def _tell(self, change: Changed) -> None:
        if change.cause.startswith(("registered ", "unregistered ", "registration failed ")):
            self._say(change.cause)
        self._control.tell(Event(at=change.at, cause=change.cause, snapshot=change.snapshot))
        self._panel.update(change.snapshot, change.at)


def say(line: str) -> None:
    """Write one line of the log."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _main(options: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        settings = load(options.settings)
        width, height = map(int, settings.display.size.split("x"))
        handset = Handset(
            settings,
            open_board(options.board, clock=time.monotonic, display_size=(width, height)),
            voice=options.voice,
            control=options.control,
            say=say,
        )
        await handset.run(stop)
    except (SettingsError, BoardError, DisplayUnknown, StartError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def main() -> int:
    """The entry of the phone process."""
    parser = argparse.ArgumentParser(prog="offhook-phone", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--board", default="sim")
    parser.add_argument("--voice", type=Path, required=True)
    parser.add_argument("--control", type=Path, required=True)
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
