"""What hardware says: facts with the time at which they happened (seconds of CLOCK_MONOTONIC)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoardEvent:
    """Something happened at `at`."""

    at: float


@dataclass(frozen=True, slots=True)
class OffHook(BoardEvent):
    """The handset was lifted."""


@dataclass(frozen=True, slots=True)
class OnHook(BoardEvent):
    """The handset was put down."""


@dataclass(frozen=True, slots=True)
class KeyDown(BoardEvent):
    """A key was pressed; `key` is its name in the keymap, such as `5`, `star`, `soft1`."""

    key: str


@dataclass(frozen=True, slots=True)
class KeyUp(BoardEvent):
    """A key was let go."""

    key: str


@dataclass(frozen=True, slots=True)
class LineFault(BoardEvent):
    """A device does not work; `reason` says in a sentence why and what to do."""

    device: str
    reason: str


Event = OffHook | OnHook | KeyDown | KeyUp | LineFault
