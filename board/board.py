"""A telephone's hardware, put together from its description."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from board.description import BoardError, Description, describe
from board.devices import Display, Input, Lamp, Listener
from board.sim import SimulatedDisplay, SimulatedHookSwitch, SimulatedKeypad, SimulatedLamp

__all__ = ["Board", "BoardError", "open_board"]

SIMULATED = "sim"


@dataclass(slots=True)
class Board:
    """What a person holds in the hand. `press` and `move_hook` stand for a finger and a hand."""

    name: str
    display: Display
    hook: SimulatedHookSwitch
    keypad: SimulatedKeypad
    lamps: dict[str, Lamp] = field(default_factory=dict)

    def listen(self, listener: Listener) -> None:
        """Send what happens at any device to `listener`."""
        for device in self._inputs:
            device.listen(listener)

    def close(self) -> None:
        """Let go of all hardware."""
        for device in self._inputs:
            device.close()
        for lamp in self.lamps.values():
            lamp.set("off")
        self.display.close()

    @property
    def _inputs(self) -> tuple[Input, ...]:
        return (self.hook, self.keypad)


def open_board(
    name: str, *, clock: Callable[[], float], display_size: tuple[int, int] | None = None
) -> Board:
    """The board `sim`, or the one that a file describes. Raises `BoardError`.

    `clock` is CLOCK_MONOTONIC in seconds. `display_size` is that of `sim`; a file knows its own.
    """
    if name == SIMULATED:
        description = describe(Path(__file__).parent / "boards" / "sim.toml")
        return _simulated(description, clock, display_size or (description.width, description.height))
    description = describe(Path(name))
    return _simulated(description, clock, (description.width, description.height))


def _simulated(description: Description, clock: Callable[[], float], size: tuple[int, int]) -> Board:
    width, height = size
    return Board(
        name=description.id,
        display=SimulatedDisplay(width=width, height=height, mode="RGB" if width > 132 else "1"),
        hook=SimulatedHookSwitch(clock=clock),
        keypad=SimulatedKeypad(keys=description.keys, clock=clock),
        lamps={lamp: SimulatedLamp(name=lamp) for lamp in description.lamps},
    )
