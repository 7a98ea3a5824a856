"""Joins a board with the telephone: keys and hook become commands, the snapshot becomes picture and lamps."""

from collections.abc import Callable

from board.board import Board
from board.devices import Pattern
from board.events import Event, KeyDown, OffHook, OnHook
from firmware.control import messages as control
from firmware.control.state import Snapshot
from ui.keys import commands


class Panel:
    """`send` takes commands to the telephone, `show` takes pictures for whoever looks from afar."""

    def __init__(
        self,
        board: Board,
        send: Callable[[control.AnyCommand], None],
        show: Callable[[control.Picture], None],
    ) -> None:
        self._board = board
        self._send = send
        self._show = show
        self._snapshot = Snapshot()
        self._lamps: dict[str, Pattern] = {}

    def start(self, snapshot: Snapshot, now: float) -> None:
        """Show the telephone, and hear first how the handset lies."""
        self.update(snapshot, now)
        self._board.listen(self._receive)

    def update(self, snapshot: Snapshot, now: float) -> None:
        """Show the telephone as it is now."""
        self._snapshot = snapshot
        for name, pattern in snapshot.lamps.items():
            if name in self._board.lamps and self._lamps.get(name) != pattern:
                self._lamps[name] = pattern
                self._board.lamps[name].set(pattern)

    def close(self) -> None:
        """Let go of the board."""
        self._board.close()

    def _receive(self, event: Event) -> None:
        match event:
            case OffHook():
                self._send(control.Hook(off=True))
            case OnHook():
                self._send(control.Hook(off=False))
            case KeyDown(key=key):
                for command in commands(key, self._snapshot):
                    self._send(command)
            case _:
                pass
