"""The file that describes a board: which devices, and how they are wired."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec


class BoardError(Exception):
    """A board cannot be used; one sentence with the file, the cause and what to do."""


Pixels = Annotated[int, msgspec.Meta(ge=1, le=4096)]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class HookTable(Table, frozen=True):
    """The hook switch."""

    driver: Literal["sim"]


class KeypadTable(Table, frozen=True):
    """The keypad; `keymap` names its keys row by row."""

    driver: Literal["sim"]
    keymap: tuple[tuple[str, ...], ...]


class DisplayTable(Table, frozen=True):
    """The display, in pixels."""

    driver: Literal["sim"]
    width: Pixels
    height: Pixels


class LampTable(Table, frozen=True):
    """A lamp."""

    driver: Literal["sim"]


class Description(Table, frozen=True):
    """One board."""

    schema: Literal[1]
    id: str
    hook: HookTable
    keypad: KeypadTable
    display: DisplayTable
    lamps: dict[str, LampTable] = {}

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of all keys."""
        return tuple(key for row in self.keypad.keymap for key in row)

    @property
    def width(self) -> int:
        """Of the display, in pixels."""
        return self.display.width

    @property
    def height(self) -> int:
        """Of the display, in pixels."""
        return self.display.height


def describe(file: Path) -> Description:
    """Read a board file. Raises `BoardError`."""
    try:
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        description = msgspec.convert(table, Description)
    except FileNotFoundError as error:
        raise BoardError(f"There is no board file {file}; use sim for the simulated telephone.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BoardError(f"The board file {file} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise BoardError(f"The board file {file} is not TOML: {error}.") from error
    except msgspec.ValidationError as error:
        cause, _, key = str(error).partition(" - at `$.")
        where = f"{file}, {key.rstrip('`')}" if key else f"{file}"
        raise BoardError(f"The board file {where}: {cause}.") from error
    twice = sorted(key for key, times in Counter(description.keys).items() if times > 1)
    if twice:
        raise BoardError(f"The board file {file}, keypad.keymap: the key {twice[0]} is there twice.")
    return description
