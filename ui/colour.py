"""Draws a screen at 320 x 240 in colour: the rows of the small one, coloured, with the lines beside them."""

from dataclasses import dataclass

from PIL import Image, ImageDraw

from ui.font import Font, font
from ui.mono import ICON_GLYPHS
from ui.screen import Lamp, LineKey, Row, Screen, Tone, is_broken
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

Colour = tuple[int, int, int]

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
    """How a row of a size is set: its font and its height in pixels."""

    letters: Font
    height: int


def draw(screen: Screen) -> Image.Image:
    """The picture of a screen (mode "RGB")."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), NIGHT)
    canvas = ImageDraw.Draw(picture)
    _draw_status(picture, canvas, screen)
    _draw_lines(picture, canvas, screen.lines)
    _draw_card(picture, canvas, screen)
    _draw_keys(picture, canvas, screen)
    return picture


def _draw_status(picture: Image.Image, canvas: ImageDraw.ImageDraw, screen: Screen) -> None:
    canvas.rectangle((0, 0, WIDTH - 1, STATUS_HEIGHT - 1), fill=PANEL)
    letters = font("spleen-8x16")
    clock_left = WIDTH - 8 - len(screen.clock) * letters.width
    _write(picture, screen.clock, (clock_left, 4), letters, INK)
    x = clock_left - 4 if screen.clock else WIDTH - 8
    for icon in reversed(screen.icons):
        x -= 16
        mask = font("clean-6x8").mask(ICON_GLYPHS[icon]).resize((12, 16))
        picture.paste(_icon_colour(icon), (x, 5), mask)
    room = (x - 12) // letters.width
    _write(picture, fit(screen.title, room), (8, 4), letters, INK)


def _icon_colour(icon: str) -> Colour:
    tone: dict[str, Tone] = {"@": "good", "S": "good", "!": "bad", "m": "warning", "M": "warning"}
    return TONES[tone.get(icon, "plain")]


def _draw_lines(picture: Image.Image, canvas: ImageDraw.ImageDraw, lines: tuple[LineKey, ...]) -> None:
    for index, line in enumerate(lines):
        top = CARD_TOP + index * LINE_HEIGHT
        colour = LAMPS[line.lamp]
        hollow = line.lamp in ("failed", "registering")
        canvas.ellipse((8, top + 4, 17, top + 13), outline=colour, fill=NIGHT if hollow else colour, width=2)
        _write(picture, fit(line.label, 8), (24, top), font("spleen-8x16"), INK)
        _write(picture, fit(line.words, 12), (24, top + 17), font("spleen-6x12"), TONES["quiet"])


def _draw_card(picture: Image.Image, canvas: ImageDraw.ImageDraw, screen: Screen) -> None:
    box = (CARD_LEFT, CARD_TOP, CARD_RIGHT, BAR_TOP - 8)
    canvas.rounded_rectangle(box, radius=6, fill=CARD, outline=EDGE)
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
    letters = measure.letters
    left, right = CARD_LEFT + PADDING, CARD_RIGHT - PADDING
    columns = (right - left) // letters.width
    colour = TONES[row.tone]
    if row.height > 1 and is_broken(row, columns):
        for index, line in enumerate(wrap(row.left, columns, row.height)):
            _write(picture, line, (left, y + index * 20), letters, colour)
        return measure.height
    used = len(row.right) + 1 if row.right else 0
    text = fit(row.left, columns - used, keep_end=row.keep_end)
    x = (left + right - len(text) * letters.width) // 2 if row.centred else left
    _write(picture, text, (x, y), letters, colour)
    _write(picture, row.right, (right - len(row.right) * letters.width, y), letters, INK)
    return measure.height


def _measure(row: Row) -> Measure:
    if row.size == "clock":
        return Measure(font("spleen-32x64"), 72)
    if row.size == "large":
        fits = len(row.left) * 12 <= CARD_RIGHT - CARD_LEFT - 2 * PADDING
        return Measure(font("spleen-12x24" if fits else "spleen-8x16"), 34)
    return Measure(font("spleen-8x16"), 22 * row.height)


def _draw_keys(picture: Image.Image, canvas: ImageDraw.ImageDraw, screen: Screen) -> None:
    letters = font("spleen-8x16")
    canvas.rectangle((0, BAR_TOP, WIDTH - 1, HEIGHT - 1), fill=PANEL)
    for index, key in enumerate(screen.keys):
        if key is None:
            continue
        x = index * KEY_PITCH
        fill = CONFIRM if key.name in CONFIRMING else REFUSE if key.name in REFUSING else KEY
        canvas.rounded_rectangle((x + 2, BAR_TOP + 3, x + KEY_PITCH - 3, HEIGHT - 3), radius=5, fill=fill)
        label = fit(key.long, KEY_PITCH // letters.width - 1)
        ink = len(label) * letters.width
        _write(picture, label, (x + (KEY_PITCH - ink) // 2, BAR_TOP + 6), letters, INK)


def _write(picture: Image.Image, text: str, at: tuple[int, int], letters: Font, colour: Colour) -> None:
    if text:
        picture.paste(colour, at, letters.mask(text))
