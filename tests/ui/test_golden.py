"""Every screen as committed text and pictures; OFFHOOK_GOLDEN=write writes them anew, to be reviewed."""

import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.ui.telephones import NOW, TELEPHONES, WALL
from ui import colour, mono
from ui.moment import Moment
from ui.screen import Screen, grid
from ui.states import screen_of
from ui.texts import texts_of
from ui.view import HOME, View, subject

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("OFFHOOK_GOLDEN") == "write"
DRAWN = {"128x64": mono.draw, "320x240": colour.draw}
PAGES = {"notes", "in-call-why", "failed-why"}


def screen(name: str) -> Screen:
    """The screen of one of the telephones, its information page open if its name says so."""
    telephone = TELEPHONES[name.removesuffix("-why")]
    view = View(subject(telephone)) if name in PAGES else HOME
    return screen_of(telephone, view, Moment(NOW, WALL), texts_of("en"))


NAMES = sorted({*TELEPHONES, *PAGES})


def test_every_screen_reads_as_reviewed() -> None:
    """The grid of 21 x 8 cells of every screen is that of screens.txt."""
    blocks = [
        f"{name} ({screen(name).state})\n" + "\n".join(f"|{row}|" for row in grid(screen(name)))
        for name in NAMES
    ]
    text = "\n\n".join(blocks) + "\n"
    file = GOLDEN / "screens.txt"
    if WRITE:
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", DRAWN)
def test_every_screen_looks_as_reviewed(name: str, size: str) -> None:
    """Each picture is, pixel by pixel, the committed one."""
    picture = DRAWN[size](screen(name))
    file = GOLDEN / f"{name}.{size}.png"
    if WRITE:
        picture.save(file, optimize=True)
    with Image.open(file) as golden:
        assert golden.size == picture.size
        difference = ImageChops.difference(golden.convert("RGB"), picture.convert("RGB"))
    assert difference.getbbox() is None, f"{file.name} differs in {difference.getbbox()}"


def test_no_picture_is_left_over() -> None:
    """A state that is gone leaves no golden picture behind."""
    expected = {f"{name}.{size}.png" for name in NAMES for size in DRAWN}
    assert {file.name for file in GOLDEN.glob("*.png")} == expected
