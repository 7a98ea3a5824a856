"""Texts from elsewhere: nothing in them can deface the screen, and they stay readable."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.font import font, repertoire
from ui.spelling import ELLIPSIS, MAX_SHOWN, fit, readable, wrap


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Jürgen Größe", "Jürgen Größe"),
        ("Ju\u0308rgen", "Jürgen"),
        ("Łukasz Żółć", "Łukasz Żółć"),
        ("Анна Щукина", "Anna Shchukina"),
        ("Ελένη", "Eleni"),
        ("“Bob” — O’Neill", "“Bob” — O’Neill"),
        ("①②③", "123"),
        ("ﬁve", "five"),
        ("日本", "??"),
        ("a\tb\r\nc\u2028d", "a b c d"),
        ("\u202eevil\u202c\u2066x\u2069\u200f", "evilx"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bell\x07 and \x1b[31mred", "bell and [31mred"),
        ("   ", ""),
    ],
)
def test_texts_are_written_with_the_letters_there_are(written: str, shown: str) -> None:
    """Letters with a glyph stay, others are spelled, controls and bidirectional marks vanish."""
    allowed = repertoire() | set("—’“”")
    assert readable(written, allowed) == shown


@given(st.text(max_size=600))
def test_nothing_but_the_repertoire_is_ever_shown(text: str) -> None:
    shown = readable(text, repertoire())
    assert set(shown) <= repertoire()
    assert shown == " ".join(shown.split())
    assert readable(shown, repertoire()) == shown


def test_a_text_that_does_not_end_is_cut_before_it_is_looked_at() -> None:
    assert len(readable("a" * 10_000_000, repertoire())) == MAX_SHOWN


def test_the_repertoire_holds_the_letters_of_western_and_central_europe() -> None:
    """ASCII, the letters of ISO 8859-1, and those of Polish, Czech, Hungarian, Turkish."""
    letters = [chr(code) for code in range(0x20, 0x7F)] + [chr(code) for code in range(0xC0, 0x100)]
    missing = set(letters) - repertoire()
    assert missing == set()
    assert set("ąćęłńśźżčďěňřšťůžőűğışŁŻŠĞİ…°£€") <= repertoire()


def test_no_control_has_a_glyph() -> None:
    """Whatever is in the fonts, invisible characters are not."""
    assert not [c for c in repertoire() if unicodedata.category(c) in ("Cc", "Cf") and c != "\xad"]


@given(st.text(alphabet="ab ", max_size=60), st.integers(0, 30), st.booleans())
def test_a_fitted_text_fits(text: str, columns: int, keep_end: bool) -> None:
    fitted = fit(text, columns, keep_end=keep_end)
    assert len(fitted) <= columns or fitted == text
    if len(text) > columns >= 1:
        assert fitted.startswith(ELLIPSIS) if keep_end else fitted.endswith(ELLIPSIS)
    if len(text) <= columns:
        assert fitted == text


@given(st.text(alphabet="abc ", max_size=120).map(lambda text: " ".join(text.split())), st.integers(1, 30))
def test_wrapping_loses_no_letter(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(0 < len(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_wrapping_into_too_few_lines_is_marked() -> None:
    assert wrap("the server does not answer at all", 10, 2) == ("the server", "does not…")


@pytest.mark.parametrize("name", ["clean-6x8", "spleen-6x12", "spleen-8x16", "spleen-12x24", "spleen-32x64"])
def test_every_font_draws_digits_in_its_cells(name: str) -> None:
    """Glyphs are there, differ from each other and fill their cells."""
    letters = font(name)
    masks = {letters.mask(digit).tobytes() for digit in "0123456789"}
    assert len(masks) == 10
    assert letters.mask("0123").size == (4 * letters.width, letters.height)


@pytest.mark.parametrize("name", ["clean-6x8", "icons-12x16"])
def test_every_icon_has_a_picture_in_both_sizes(name: str) -> None:
    masks = {font(name).mask(chr(0xE000 + index)).tobytes() for index in range(7)}
    assert len(masks) == 7
    assert all(any(mask) for mask in masks)


def test_a_character_without_a_glyph_leaves_its_cell_empty() -> None:
    assert font("clean-6x8").mask("日").getbbox() is None
