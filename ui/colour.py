"""Draws a screen at 320 x 240 in colour: the rows of the small one, coloured, with the lines beside them."""

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from ui.font import Font, font
from ui.mono import ICON_GLYPHS
from ui.screen import Icon, Lamp, LineKey, Row, Screen, Tone, is_broken
from ui.spelling import fit, wrap

WIDTH, HEIGHT = 320, 240
STATUS_HEIGHT = 24
LINES_WIDTH = 96
LINE_HEIGHT = 36
CARD_LEFT = LINES_WIDTH + 8
CARD_RIGHT = WIDTH - 8
CARD_TOP = STATUS_HEIGHT + 8
MESSAGE_TOP = 184
BAR_TOP = 212
KEY_PITCH = 80
PADDING = 10
ROW_HEIGHT = 25
TEXT_WIDTH = CARD_RIGHT - CARD_LEFT - 2 * PADDING
LARGE_HEIGHT = 37
BROKEN_HEIGHT = 45
LINE_PITCH = 20
"""From line to line of a text that is broken."""

SMOOTH = 4
"""How many times larger round shapes are drawn."""

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

NIGHT: Colour = (13, 17, 23)
PANEL: Colour = (22, 29, 38)
CARD: Colour = (28, 37, 48)
EDGE: Colour = (48, 61, 77)
KEY: Colour = (43, 56, 71)
CONFIRM: Colour = (31, 122, 77)
REFUSE: Colour = (164, 52, 58)
INK: Colour = (238, 243, 248)
TONES: dict[Tone, Colour] = {
    "plain": INK,
    "quiet": (147, 164, 183),
    "good": (98, 212, 143),
    "warning": (255, 200, 87),
    "bad": (255, 122, 118),
}
ICON_TONES: dict[Icon, Tone] = {
    "@": "good",
    "!": "bad",
    "S": "good",
    "m": "warning",
    "H": "plain",
    "P": "plain",
    "M": "warning",
}
LAMPS: dict[Lamp, Colour] = {
    "registered": (98, 212, 143),
    "registering": (255, 200, 87),
    "failed": (110, 122, 138),
    "off": (120, 160, 220),
    "ringing": (255, 176, 32),
    "busy": (240, 84, 84),
    "held": (255, 200, 87),
}
CONFIRMING = frozenset({"answer", "call", "resume"})
REFUSING = frozenset({"end", "stop", "reject"})


@dataclass(frozen=True, slots=True)
class Measure:
    """How a row is set: its font and its height in pixels."""

    letters: Font
    height: int


def draw(screen: Screen) -> Image.Image:
    """The picture of a screen (mode "RGB")."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), NIGHT)
    canvas = ImageDraw.Draw(picture)
    _draw_status(picture, canvas, screen)
    _draw_lines(picture, screen.lines)
    _draw_card(picture, canvas, screen)
    _draw_keys(picture, canvas, screen)
    return picture


def _draw_status(picture: Image.Image, canvas: ImageDraw.ImageDraw, screen: Screen) -> None:
    canvas.rectangle((0, 0, WIDTH - 1, STATUS_HEIGHT - 1), fill=PANEL)
    letters = font("spleen-8x16")
    corner_left = WIDTH - 8 - len(screen.corner) * letters.width
    _write(picture, screen.corner, (corner_left, 4), letters, INK)
    x = corner_left - 4 if screen.corner else WIDTH - 8
    for icon in reversed(screen.icons):
        x -= 16
        _write(picture, ICON_GLYPHS[icon], (x, 4), font("icons-12x16"), TONES[ICON_TONES[icon]])
    room = (x - 12) // letters.width
    _write(picture, fit(screen.title, room), (8, 4), letters, INK)


def _draw_lines(picture: Image.Image, lines: tuple[LineKey, ...]) -> None:
    for index, line in enumerate(lines):
        top = CARD_TOP + index * LINE_HEIGHT
        colour = LAMPS[line.lamp]
        hollow = line.lamp in ("failed", "registering")
        _fill(picture, (8, top + 3, 18, top + 13), 5, colour)
        if hollow:
            _fill(picture, (10, top + 5, 16, top + 11), 3, NIGHT)
        _write(picture, fit(line.label, 8), (24, top), font("spleen-8x16"), INK)
        _write(picture, fit(line.words, 12), (24, top + 17), font("spleen-6x12"), TONES["quiet"])


def _draw_card(picture: Image.Image, canvas: ImageDraw.ImageDraw, screen: Screen) -> None:
    box = (CARD_LEFT, CARD_TOP, CARD_RIGHT, BAR_TOP - 7)
    _fill(picture, box, 7, EDGE)
    left, top, right, bottom = box
    _fill(picture, (left + 1, top + 1, right - 1, bottom - 1), 6, CARD)
    y = CARD_TOP + 6
    for row in screen.rows[:-1]:
        y += _draw_row(picture, row, y)
    last = screen.rows[-1]
    if screen.state == "info":
        _draw_row(picture, last, y)
    elif last.left or last.right:
        canvas.line((CARD_LEFT + 1, MESSAGE_TOP - 5, CARD_RIGHT - 1, MESSAGE_TOP - 5), fill=EDGE)
        _draw_row(picture, last, MESSAGE_TOP - 2)


def _draw_row(picture: Image.Image, row: Row, y: int) -> int:
    """Draw one row at `y` and return its height in pixels."""
    measure = _measure(row)
    letters, colour = measure.letters, TONES[row.tone]
    left, right = CARD_LEFT + PADDING, CARD_RIGHT - PADDING
    columns = TEXT_WIDTH // letters.width
    if row.height > 1 and is_broken(row, columns):
        for index, line in enumerate(wrap(row.left, columns, row.height)):
            _write(picture, line, (left, y + index * LINE_PITCH), letters, colour)
        return measure.height
    aside = fit(row.right, columns)
    text = fit(row.left, columns - len(f"{aside} ".lstrip()), keep_end=row.keep_end)
    x = (left + right - len(text) * letters.width) // 2 if row.centred else left
    _write(picture, text, (x, y), letters, colour)
    _write(picture, aside, (right - len(aside) * letters.width, y), letters, INK)
    return measure.height


def _measure(row: Row) -> Measure:
    if row.size == "clock":
        return Measure(font("spleen-32x64"), 72)
    letters = font("spleen-12x24")
    if row.size == "large" and len(row.left) * letters.width <= TEXT_WIDTH:
        return Measure(letters, LARGE_HEIGHT)
    return Measure(font("spleen-8x16"), ROW_HEIGHT if row.height == 1 else BROKEN_HEIGHT)


def _draw_keys(picture: Image.Image, canvas: ImageDraw.ImageDraw, screen: Screen) -> None:
    letters = font("spleen-8x16")
    canvas.rectangle((0, BAR_TOP, WIDTH - 1, HEIGHT - 1), fill=PANEL)
    for index, key in enumerate(screen.keys):
        if key is None:
            continue
        x = index * KEY_PITCH
        fill = CONFIRM if key.name in CONFIRMING else REFUSE if key.name in REFUSING else KEY
        _fill(picture, (x + 3, BAR_TOP + 2, x + KEY_PITCH - 3, HEIGHT - 2), 6, fill)
        label = fit(key.long, KEY_PITCH // letters.width - 1)
        ink = len(label) * letters.width
        _write(picture, label, (x + (KEY_PITCH - ink) // 2, BAR_TOP + 6), letters, INK)


def _fill(picture: Image.Image, box: Box, radius: int, colour: Colour) -> None:
    """Fill a rectangle with round, smooth corners."""
    left, top, right, bottom = box
    picture.paste(colour, (left, top), _rounded(right - left, bottom - top, radius))


@lru_cache(maxsize=32)
def _rounded(width: int, height: int, radius: int) -> Image.Image:
    """The shape of a rectangle with round corners (mode "L"), drawn large and made small."""
    large = Image.new("L", (width * SMOOTH, height * SMOOTH))
    corner = (width * SMOOTH - 1, height * SMOOTH - 1)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, *corner), radius=radius * SMOOTH, fill=255)
    return large.resize((width, height), Image.Resampling.BOX)


def _write(picture: Image.Image, text: str, at: tuple[int, int], letters: Font, colour: Colour) -> None:
    if text:
        picture.paste(colour, at, letters.mask(text))
