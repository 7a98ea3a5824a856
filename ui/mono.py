"""Draws a screen at 128 x 64 with one bit a pixel: the grid of 21 x 8 cells, large rows in large letters."""

from PIL import Image, ImageDraw

from ui.font import Font, font
from ui.screen import COLUMNS, MARGIN, Row, Screen, row_lines, status_line

WIDTH, HEIGHT = 128, 64
CELL = 8
"""Height of a row."""
TOP = 7
"""Where the content begins: one up, so that the bar of soft keys has a margin above its letters. Text in the
first row stays clear of the status bar."""
BAR_TOP = 55
BAR_TEXT = 56
KEY_PITCH = 32
LIT, DARK = 1, 0

ICON_GLYPHS = {icon: chr(0xE000 + index) for index, icon in enumerate("@!SmHPM")}
"""Where the font keeps the picture of each icon."""


def draw(screen: Screen) -> Image.Image:
    """The picture of a screen (mode "1", 1 is lit)."""
    picture = Image.new("1", (WIDTH, HEIGHT))
    text = font("clean-6x8")
    left = (WIDTH - COLUMNS * text.width) // 2
    _write(picture, status_line(screen, ICON_GLYPHS), (left, 0), text)
    y = TOP
    for row in screen.rows:
        if not _draw_large(picture, row, y):
            for index, line in enumerate(row_lines(row)):
                _write(picture, line, (left, max(CELL, y + index * CELL)), text)
        y += row.height * CELL
    _draw_keys(picture, screen, text)
    return picture


def _draw_large(picture: Image.Image, row: Row, y: int) -> bool:
    """Write a large row over both its cells if it fits, and say whether it did."""
    letters = font("spleen-8x16")
    room = WIDTH - 2 * MARGIN * 6
    width = len(row.left) * letters.width
    if row.size == "normal" or width > room:
        return False
    x = (WIDTH - width) // 2 if row.centred else MARGIN * 6 + 1
    _write(picture, row.left, (x, y), letters)
    return True


def _draw_keys(picture: Image.Image, screen: Screen, letters: Font) -> None:
    """The bar of soft keys: each key that means something is a lit cap with dark letters."""
    draw = ImageDraw.Draw(picture)
    for index, key in enumerate(screen.keys):
        if key is None:
            continue
        x = index * KEY_PITCH
        draw.rectangle((x, BAR_TOP, x + KEY_PITCH - 2, HEIGHT - 1), fill=LIT)
        for corner in (x, x + KEY_PITCH - 2):
            draw.point((corner, BAR_TOP), fill=DARK)
        ink = len(key.label) * letters.width
        _write(picture, key.label, (x + (KEY_PITCH - 2 - ink) // 2, BAR_TEXT), letters, DARK)


def _write(picture: Image.Image, text: str, at: tuple[int, int], letters: Font, ink: int = LIT) -> None:
    picture.paste(ink, at, letters.mask(text))
