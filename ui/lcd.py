"""The display: draws a screen when it is not the one that is already shown."""

from PIL.Image import Image

from board.devices import Display
from firmware.control.messages import Picture
from ui import colour, mono
from ui.screen import Screen

DRAWN = {(mono.WIDTH, mono.HEIGHT, "1"): mono.draw, (colour.WIDTH, colour.HEIGHT, "RGB"): colour.draw}
"""How a screen is drawn for each size and mode."""


class DisplayUnknown(Exception):
    """A display of a size that nothing can be drawn for; one sentence."""


class Lcd:
    """Shows screens on a display; `screen` is the one shown now. Raises `DisplayUnknown`."""

    def __init__(self, display: Display) -> None:
        kind = (display.width, display.height, display.mode)
        if kind not in DRAWN:
            sizes = ", ".join(f"{width}x{height}" for width, height, _ in DRAWN)
            raise DisplayUnknown(f"A display of {display.width}x{display.height} is not known, only {sizes}.")
        self._draw = DRAWN[kind]
        self._display = display
        self.screen: Screen | None = None

    def show(self, screen: Screen) -> Picture | None:
        """Show a screen; the picture if it differs from the last one."""
        if screen == self.screen:
            return None
        self.screen = screen
        image = self._draw(screen)
        self._display.show(image)
        return picture_of(image)


def picture_of(image: Image) -> Picture:
    """An image as the control channel carries it."""
    return Picture(width=image.width, height=image.height, mode=image.mode, pixels=image.tobytes())
