"""Which line of a TOML text sets what: the parser of the standard library does not say.

It is given text that parsed, so it need not find faults, only its way (TOML 1.0).
"""

import re
import tomllib
from typing import Final

Path = tuple[str | int, ...]
"""The keys that lead to a value; a number counts the items of a list."""

_SKIP: Final = re.compile(r"(?:[\s,]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^,\]}#\n]+")


def locate(text: str) -> dict[Path, int]:
    """The line, counted from 1, on which each table, key and list item of `text` is first named."""
    return _Locator(text).run()


def nearest(lines: dict[Path, int], path: Path) -> int:
    """The line of `path`, or of the innermost table around it that is named; 1 for the whole file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Locator:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._newlines_before = 0
        self._counted_to = 0
        self._lines: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        table: Path = ()
        self._take(_SKIP)
        while self._at < len(self._text):
            table = self._header() if self._next() == "[" else self._pair(table)
            self._take(_SKIP)
        return self._lines

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`; the tables of a list are not told apart."""
        while self._next() == "[":
            self._at += 1
        path = self._key(())
        while self._next() == "]":
            self._at += 1
        return path

    def _pair(self, table: Path) -> Path:
        """`a.b = value`; returns the table, which stays."""
        path = self._key(table)
        self._at += 1  # the equals sign
        self._take(_SPACE)
        self._value(path)
        return table

    def _key(self, table: Path) -> Path:
        """A dotted key, and the spaces around it; every part is noted."""
        path = table
        while True:
            self._take(_SPACE)
            path = (*path, self._key_part())
            self._note(path)
            self._take(_SPACE)
            if self._next() != ".":
                return path
            self._at += 1

    def _key_part(self) -> str:
        if self._next() not in ("'", '"'):
            return self._take(_BARE_KEY)
        return str(tomllib.loads(f"key = {self._take(_STRING)}")["key"])

    def _value(self, path: Path) -> None:
        match self._next():
            case "[":
                self._items(path)
            case "{":
                self._pairs(path)
            case "'" | '"':
                self._take(_STRING)
            case _:
                self._take(_SCALAR)

    def _items(self, path: Path) -> None:
        self._at += 1
        self._take(_SKIP)
        index = 0
        while self._next() != "]":
            self._note((*path, index))
            self._value((*path, index))
            self._take(_SKIP)
            index += 1
        self._at += 1

    def _pairs(self, path: Path) -> None:
        self._at += 1
        self._take(_SKIP)
        while self._next() != "}":
            self._pair(path)
            self._take(_SKIP)
        self._at += 1

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError("text that is not TOML")
        self._at = match.end()
        return match.group()

    def _note(self, path: Path) -> None:
        self._newlines_before += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        self._lines.setdefault(path, self._newlines_before + 1)
