"""What others write, made fit to be shown: no controls, no letters without a glyph, no overlong lines."""

import unicodedata
from collections.abc import Collection

MAX_SHOWN = 512
"""Characters of a text that are looked at; the rest of a longer one is dropped."""
ELLIPSIS = "…"
UNKNOWN = "?"

_SPELLINGS = """
а a, б b, в v, г g, д d, е e, ё e, ж zh, з z, и i, й y, к k, л l, м m, н n, о o, п p, р r, с s, т t, у u, ф f
х kh, ц ts, ч ch, ш sh, щ shch, ъ , ы y, ь , э e, ю yu, я ya, є ie, і i, ї yi, ґ g, ђ dj, ј j, љ lj, њ nj, ћ c
џ dz, ў u, α a, β v, γ g, δ d, ε e, ζ z, η i, θ th, ι i, κ k, λ l, μ m, ν n, ξ x, ο o, π p, ρ r, σ s, ς s, τ t
υ y, φ f, χ ch, ψ ps, ω o, æ ae, œ oe, ß ss, þ th, ð d, ł l, ø o, đ d, ħ h, ı i, ŋ ng, ĸ k, ŧ t, ſ s, ə e
ƒ f, ‘ ', ’ ', “ ", ” ", „ ", ‹ <, › >, ‐ -, ‑ -, ‒ -, – -, — -, ― -, − -, • *, … ..., № No, ‚ ,
"""
_SPELLED = {pair[0]: pair[2:] for line in _SPELLINGS.split("\n") for pair in line.split(", ") if pair}
"""Letters and signs, and how they are written where they have no glyph (Cyrillic: BGN/PCGN without marks)."""


def readable(text: str, repertoire: Collection[str]) -> str:
    """One line that holds nothing but characters of `repertoire`.

    Controls and invisible formatting (Unicode Cc and Cf: among them all bidirectional marks, UAX #9) are
    dropped, white space is one space, and letters outside the repertoire are written with those inside.
    """
    composed = unicodedata.normalize("NFC", text[:MAX_SHOWN])
    spaced = "".join(" " if character.isspace() else character for character in composed)
    spelled = (
        character if character in repertoire else _spell(character, repertoire) for character in spaced
    )
    return " ".join("".join(spelled).split())


def _spell(character: str, repertoire: Collection[str]) -> str:
    if unicodedata.category(character) in ("Cc", "Cf", "Mn", "Me", "Zl", "Zp"):
        return ""
    small = character.lower()
    if small in _SPELLED:
        spelling = _SPELLED[small]
        return spelling if small == character else spelling.capitalize()
    parts = unicodedata.normalize("NFKD", character)
    if parts == character:
        return UNKNOWN
    return "".join(part if part in repertoire else _spell(part, repertoire) for part in parts)


def fit(text: str, columns: int, *, keep_end: bool = False) -> str:
    """`text` in no more than `columns`; what is cut off is marked with an ellipsis."""
    if len(text) <= columns:
        return text
    if columns < 1:
        return ""
    return ELLIPSIS + text[len(text) - columns + 1 :] if keep_end else text[: columns - 1].rstrip() + ELLIPSIS


def wrap(text: str, columns: int, lines: int | None = None) -> tuple[str, ...]:
    """`text` broken between words into lines of `columns`; beyond `lines` it is cut with an ellipsis."""
    broken: list[str] = []
    rest = text
    while rest:
        if lines is not None and len(broken) == lines - 1:
            broken.append(fit(rest, columns))
            break
        end = _break(rest, columns)
        broken.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return tuple(broken)


def _break(text: str, columns: int) -> int:
    """Where to break: after the last space within reach, or in the middle of a word longer than a line."""
    if len(text) <= columns:
        return len(text)
    space = text.rfind(" ", 0, columns + 1)
    return space if space > 0 else columns
