"""The devices of a telephone as the rest of the house sees them, whoever made them."""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from PIL.Image import Image

from board.events import Event

Pattern = Literal["off", "on", "slow", "fast"]
"""slow blinks once a second, fast four times."""

Listener = Callable[[Event], None]


class Display(Protocol):
    """A picture of fixed size. `mode` is Pillow's: "1" (1 is lit) or "RGB"."""

    width: int
    height: int
    mode: Literal["1", "RGB"]

    def show(self, picture: Image) -> None:
        """Show a picture of the display's own size and mode."""

    def close(self) -> None:
        """Switch the display off and let go of it."""


class Lamp(Protocol):
    """A light with a name."""

    name: str

    def set(self, pattern: Pattern) -> None:
        """Shine, blink or go out."""


class Panel(Protocol):
    """What a person sees and touches: the devices of one telephone, however they are wired."""

    @property
    def display(self) -> Display:
        """Where screens are shown."""

    @property
    def lamps(self) -> Mapping[str, Lamp]:
        """The lamps by their names; a telephone may lack any."""

    def listen(self, listener: Listener) -> None:
        """Send what happens at any device to `listener`."""

    def close(self) -> None:
        """Let go of all hardware."""


class Input(Protocol):
    """A device that a person moves: hook switch, keypad, dial."""

    def listen(self, listener: Listener) -> None:
        """Send events to `listener` from now on; the first one tells how things stand."""

    def close(self) -> None:
        """Let go of the hardware."""
