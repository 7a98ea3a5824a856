"""A screen: what is shown, before it is drawn.

The grid of 21 x 8 cells is the specification, wide displays are its projection.
Row 1 is the status bar, rows 2 to 7 the content, row 8 four soft keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ui.spelling import fit, wrap

COLUMNS = 21
CONTENT_ROWS = 6
KEY_COLUMNS = (0, 5, 11, 16)
KEY_WIDTH = 5
MARGIN = 1
TEXT_COLUMNS = COLUMNS - 2 * MARGIN

State = Literal[
    "idle",
    "trouble",
    "no-line",
    "off-hook",
    "dialling",
    "ringing-out",
    "incoming",
    "in-call",
    "held",
    "failed",
    "ended",
    "waiting",
    "info",
]

Tone = Literal["plain", "quiet", "good", "warning", "bad"]
"""What a colour display colours; a mono one shows all alike, so words must say it too."""

Size = Literal["normal", "large", "clock"]

Icon = Literal["@", "!", "S", "m", "H", "P", "M"]
"""@ registered, ! not, S private call, m muted, H handset, P speaker, M missed calls."""

Lamp = Literal["registered", "registering", "failed", "off", "ringing", "busy", "held"]


@dataclass(frozen=True, slots=True)
class Row:
    """A text at the left, or centred, and one at the right. It is `height` cells high: large rows are two,
    drawn over both and counted in the lower one; a text of two cells that does not fit
    into a line is broken between words."""

    left: str = ""
    right: str = ""
    tone: Tone = "plain"
    size: Size = "normal"
    height: int = 1
    centred: bool = False
    keep_end: bool = False


@dataclass(frozen=True, slots=True)
class LineKey:
    """A line beside the card of a wide display."""

    label: str
    lamp: Lamp
    words: str


@dataclass(frozen=True, slots=True)
class KeyLabel:
    """A soft key: its name in the table of states, its label and the longer one for wide displays."""

    name: str
    label: str
    long: str


@dataclass(frozen=True, slots=True)
class Screen:
    """All that is shown. `corner` is the clock or the place in a page, `rows` fill six cells in height, and
    `keys` has four, None where a key means nothing."""

    state: State
    title: str
    icons: tuple[Icon, ...]
    corner: str
    rows: tuple[Row, ...]
    keys: tuple[KeyLabel | None, ...]
    lines: tuple[LineKey, ...] = ()


def grid(screen: Screen) -> tuple[str, ...]:
    """The screen as 8 texts of 21 characters, icons as their letters."""
    content = [line for row in screen.rows for line in row_lines(row)]
    return (status_line(screen, {}), *content, key_line(screen))


def status_line(screen: Screen, glyphs: Mapping[str, str]) -> str:
    """Row 1: title, icons (those in `glyphs` by that character), corner."""
    icons = "".join(glyphs.get(icon, icon) for icon in screen.icons)
    right = f"{icons} {screen.corner}".strip()
    return _spread(screen.title, right, COLUMNS)


def row_lines(row: Row) -> tuple[str, ...]:
    """A row of the content as `row.height` texts of 21 characters."""
    if row.height > 1 and is_broken(row, TEXT_COLUMNS):
        lines = wrap(row.left, TEXT_COLUMNS, row.height)
        padded = (*lines, *[""] * (row.height - len(lines)))
        return tuple(f" {line:{TEXT_COLUMNS}} " for line in padded)
    above = [" " * COLUMNS] * (row.height - 1)
    if row.centred:
        return (*above, fit(row.left, COLUMNS).center(COLUMNS))
    if len(row.left) > TEXT_COLUMNS and not row.right:
        return (*above, _spread(row.left, "", COLUMNS, keep_end=row.keep_end))
    return (*above, f" {_spread(row.left, row.right, TEXT_COLUMNS, keep_end=row.keep_end)} ")


def is_broken(row: Row, columns: int) -> bool:
    """Whether the text of a row of two cells is broken between words, so that it uses both."""
    return row.size == "normal" or (len(row.left) > columns and not row.keep_end)


def key_line(screen: Screen) -> str:
    """Row 8: the soft keys in their cells."""
    cells = [" "] * COLUMNS
    for key, column in zip(screen.keys, KEY_COLUMNS, strict=True):
        label = "" if key is None else fit(key.label, KEY_WIDTH)
        cells[column : column + KEY_WIDTH] = f"{label:{KEY_WIDTH}}"
    return "".join(cells)


def _spread(left: str, right: str, columns: int, *, keep_end: bool = False) -> str:
    """Both texts in one line; the left one is cut if there is not room for both."""
    right = fit(right, columns)
    room = columns - len(right) - (1 if right else 0)
    return f"{fit(left, room, keep_end=keep_end):{columns - len(right)}}{right}"
