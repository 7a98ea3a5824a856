"""Joins a board with the telephone: keys and hook become commands, the snapshot becomes picture and lamps."""

import math
from collections.abc import Callable
from datetime import datetime

from board import devices
from board.events import Event, KeyDown, OffHook, OnHook
from firmware.control import messages as control
from firmware.control.state import Snapshot
from ui.information import last_top, page
from ui.keys import press
from ui.lcd import Lcd
from ui.moment import EARLY, Moment
from ui.scene import Scene
from ui.screen import Screen
from ui.states import screen_of
from ui.texts import texts_of
from ui.view import HOME, shows_information


class Panel:
    """`send` takes commands to the telephone, `show` takes pictures for whoever looks from afar.

    `wall` is the local time of day. Raises `ui.lcd.DisplayUnknown` for a display nothing is drawn for.
    """

    def __init__(
        self,
        board: devices.Panel,
        send: Callable[[control.AnyCommand], None],
        show: Callable[[control.Picture], None],
        *,
        wall: Callable[[], datetime] = datetime.now,
        language: str = "en",
    ) -> None:
        self._board = board
        self._send = send
        self._show = show
        self._wall = wall
        self._texts = texts_of(language)
        self._lcd = Lcd(board.display)
        self._snapshot = Snapshot()
        self._view = HOME
        self._until = math.inf
        self._lamps: dict[str, devices.Pattern] = {}

    def start(self, snapshot: Snapshot, now: float) -> None:
        """Show the telephone, and hear first how the handset lies."""
        self.update(snapshot, now)
        self._board.listen(self._receive)

    def update(self, snapshot: Snapshot, now: float) -> None:
        """Show the telephone as it is now."""
        self._snapshot = snapshot
        if not shows_information(snapshot, self._view):
            self._view = HOME
        self._draw(now)
        for name, pattern in snapshot.lamps.items():
            if name in self._board.lamps and self._lamps.get(name) != pattern:
                self._lamps[name] = pattern
                self._board.lamps[name].set(pattern)

    @property
    def screen(self) -> Screen | None:
        """What is shown now; None before the start."""
        return self._lcd.screen

    def deadline(self) -> float | None:
        """When a clock or timer on the screen moves on; None while nothing counts."""
        return None if math.isinf(self._until) else self._until

    def on_deadline(self, now: float) -> None:
        """Move the clocks and timers on."""
        if self._until <= now + EARLY:
            self._draw(now)

    def close(self) -> None:
        """Let go of the board."""
        self._board.close()

    def _draw(self, now: float) -> None:
        moment = Moment(now, self._wall())
        screen = screen_of(self._snapshot, self._view, moment, self._texts)
        self._until = moment.until
        if picture := self._lcd.show(screen):
            self._show(picture)

    def _receive(self, event: Event) -> None:
        match event:
            case OffHook():
                self._send(control.Hook(off=True))
            case OnHook():
                self._send(control.Hook(off=False))
            case KeyDown(key=key, at=at):
                self._press(key, at)
            case _:
                pass

    def _press(self, key: str, now: float) -> None:
        view, commands = press(self._snapshot, self._view, key, last_top=self._last_top(now))
        if view != self._view:
            self._view = view
            self._draw(now)
        for command in commands:
            self._send(command)

    def _last_top(self, now: float) -> int:
        scene = Scene(self._snapshot, self._view, Moment(now, self._wall()), self._texts)
        return last_top(page(scene))
