"""A whole telephone on a desk: simulated board, panel and the telephone's core, without wires.

A finger, a hand and a clock on one side, what the user agent is asked and the display reads on the other.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from board.board import Board, open_board
from firmware.control import voice
from firmware.control.messages import AnyCommand, CommandRefused, Picture
from firmware.ua import events
from tests.phone.desk_phone import FLOW, DeskPhone
from ui.panel import Panel
from ui.screen import grid

NOON = datetime(2026, 11, 23, 12, 0, 0)


class Desk(DeskPhone):
    """A phone with a panel; line `desk` is in service and voice is up."""

    def __init__(self, size: tuple[int, int] = (128, 64)) -> None:
        super().__init__()
        self.started = self.now
        self.board: Board = open_board("sim", clock=lambda: self.now, display_size=size)
        self.pictures: list[Picture] = []
        self.commands: list[AnyCommand] = []
        self.panel = Panel(self.board, self._send, self.pictures.append, wall=self._wall)
        self.panel.start(self.snapshot, self.now)
        self.report(voice.Hello(version=voice.VERSION, pid=1))
        for line in ("desk", "home"):
            self.hear(events.Registered(line, 3600, FLOW))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.board.keypad.press(key)

    def lift(self) -> None:
        self.board.hook.lift()

    def put_down(self) -> None:
        self.board.hook.put_down()

    @property
    def rows(self) -> tuple[str, ...]:
        """What the display reads."""
        assert self.panel.screen is not None
        return grid(self.panel.screen)

    @property
    def state(self) -> str:
        assert self.panel.screen is not None
        return self.panel.screen.state

    def reads(self, text: str) -> bool:
        return any(text in row for row in self.rows)

    def sleep(self, seconds: float) -> None:
        """Let time pass, with every deadline of phone and panel on the way."""
        until = self.now + seconds
        while (due := min(self._deadlines())) <= until:
            self.now = max(self.now, due)
            self.phone.on_deadline(self.now)
            self._drain()
            self.panel.on_deadline(self.now)
        self.now = until

    def _deadlines(self) -> list[float]:
        both = (self.phone.deadline(), self.panel.deadline())
        return [float("inf") if at is None else at for at in both]

    def _wall(self) -> datetime:
        return NOON + timedelta(seconds=self.now - self.started)

    def _send(self, command: AnyCommand) -> None:
        self.commands.append(command)
        with suppress(CommandRefused):
            self.do(command)

    def _drain(self) -> None:
        super()._drain()
        self.panel.update(self.snapshot, self.now)
