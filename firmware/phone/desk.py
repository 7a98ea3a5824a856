"""The telephone's state, and every change to it with its cause."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from firmware.control.state import Call, LampPattern, Note, Snapshot

MAX_NOTES = 20


@dataclass(frozen=True, slots=True)
class Changed:
    """The telephone is not as it was; `snapshot` is how it is now, `cause` why, in a few words."""

    at: float
    cause: str
    snapshot: Snapshot


class Desk:
    """Holds the snapshot. Each method makes a new one, numbered, and remembers the change."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._changes: deque[Changed] = deque()

    def poll(self) -> Changed | None:
        """The next change to tell of."""
        return self._changes.popleft() if self._changes else None

    def change(self, at: float, cause: str, **fields: Any) -> None:
        """Set fields of the snapshot. Nothing is told when nothing differs."""
        changed = replace(self.snapshot, **fields)
        changed = replace(changed, lamps=lamps(changed))
        if changed != self.snapshot:
            self.snapshot = replace(changed, number=self.snapshot.number + 1)
            self._changes.append(Changed(at, cause, self.snapshot))

    def add(self, at: float, cause: str, call: Call) -> None:
        """Put a new call on the desk; it is selected if it is the only one, or ours."""
        select = not self.snapshot.calls or call.direction == "out"
        self.change(
            at,
            cause,
            calls=(*self.snapshot.calls, call),
            selected=call.id if select else self.snapshot.selected,
        )

    def update(self, at: float, cause: str, identifier: str, **fields: Any) -> None:
        """Set fields of one call, if it is still there."""
        calls = tuple(
            replace(call, **fields) if call.id == identifier else call for call in self.snapshot.calls
        )
        self.change(at, cause, calls=calls)

    def remove(self, at: float, cause: str, identifier: str) -> None:
        """Take a call away; the last of those that remain is selected when it was the selected one."""
        calls = tuple(call for call in self.snapshot.calls if call.id != identifier)
        selected = self.snapshot.selected
        if selected == identifier:
            selected = calls[-1].id if calls else None
        self.change(at, cause, calls=calls, selected=selected)

    def note(self, at: float, words: str) -> None:
        """Leave a line that a person can read later; the oldest is forgotten first."""
        self.change(at, "note", notes=(*self.snapshot.notes, Note(at=at, words=words))[-MAX_NOTES:])


def lamps(now: Snapshot) -> dict[str, LampPattern]:
    """What the lamps show: `line` the calls, `mute`, `speaker`, `message` a missed call."""
    phases = {call.phase for call in now.calls}
    line: LampPattern = "off"
    if "incoming" in phases:
        line = "fast"
    elif phases & {"active", "calling", "ringing"}:
        line = "on"
    elif "held" in phases:
        line = "slow"
    return {
        "line": line,
        "mute": "on" if now.muted else "off",
        "speaker": "on" if now.speaker else "off",
        "message": "slow" if now.missed else "off",
    }
