"""Bitmap fonts: read from ui/fonts, drawn as masks, each text once."""

from functools import cache, lru_cache
from pathlib import Path

from PIL import Image

FONTS = Path(__file__).parent / "fonts"
MASKS = 512
"""Texts whose masks are remembered, for each font."""


class Font:
    """A font of fixed cells, from a file of lines `code point:rows in hexadecimal`."""

    def __init__(self, file: Path, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._glyphs = dict(_glyphs(file, width, height))
        self.mask = lru_cache(maxsize=MASKS)(self._mask)

    @property
    def characters(self) -> frozenset[str]:
        """Everything that has a glyph."""
        return frozenset(self._glyphs)

    def _mask(self, text: str) -> Image.Image:
        """A picture (mode "1") of `text` in one line; a character without a glyph leaves its cell empty."""
        mask = Image.new("1", (max(1, len(text) * self.width), self.height))
        for column, character in enumerate(text):
            if glyph := self._glyphs.get(character):
                mask.paste(glyph, (column * self.width, 0))
        return mask


def _glyphs(file: Path, width: int, height: int) -> list[tuple[str, Image.Image]]:
    """All glyphs of a font file. Rows are padded to whole bytes, as are Pillow's in mode "1"."""
    lines = file.read_text(encoding="ascii").splitlines()
    pairs = [line.split(":") for line in lines if line and not line.startswith("#")]
    return [
        (chr(int(point, 16)), Image.frombytes("1", (width, height), bytes.fromhex(rows)))
        for point, rows in pairs
    ]


@cache
def font(name: str) -> Font:
    """The font of that name in ui/fonts, such as `spleen-8x16`."""
    width, _, height = name.rpartition("-")[2].partition("x")
    return Font(FONTS / f"{name}.hex", int(width), int(height))


@cache
def repertoire() -> frozenset[str]:
    """The characters that every display can show: those that the fonts for text have in common."""
    return font("clean-6x8").characters & font("spleen-8x16").characters & font("spleen-12x24").characters
