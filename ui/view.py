"""What the panel itself remembers, and what the telephone's keys and screens are about."""

from dataclasses import dataclass

from firmware.control.state import Call, Phase, Snapshot
from ui.screen import State

LIVE: frozenset[Phase] = frozenset({"calling", "ringing", "incoming", "active", "held"})


@dataclass(frozen=True, slots=True)
class View:
    """The page that a person has opened: none, or the information page of `subject`, scrolled to row `top`.

    It closes by itself: once the telephone is about something else it is not the open page's subject.
    """

    subject: str | None = None
    top: int = 0


HOME = View()

NO_CALL = ""
"""The subject while there is no call."""


def subject(now: Snapshot) -> str:
    """What the telephone is about: a call's identifier, or `NO_CALL`."""
    call = focus(now)
    return NO_CALL if call is None else call.id


def shows_information(now: Snapshot, view: View) -> bool:
    """Whether the information page is open and still right."""
    return view.subject == subject(now)


def incoming(now: Snapshot) -> Call | None:
    """The call that waits for an answer."""
    return next((call for call in now.calls if call.phase == "incoming"), None)


def current(now: Snapshot) -> Call | None:
    """The call that a person is busy with: the selected one, unless it waits for an answer."""
    selected = now.call(now.selected)
    if selected is not None and selected.phase != "incoming":
        return selected
    others = [call for call in now.calls if call.phase != "incoming"]
    return next((call for call in others if call.phase in LIVE), others[-1] if others else None)


def focus(now: Snapshot) -> Call | None:
    """The call that the screen is about: one that waits for an answer comes first."""
    return incoming(now) or current(now)


def other(now: Snapshot) -> Call | None:
    """The call to go to from the current one."""
    here = current(now)
    return next((call for call in now.calls if call is not here and call.phase in ("active", "held")), None)


def state_of(now: Snapshot) -> State:
    """The state of the telephone that decides its screen and soft keys."""
    here = current(now)
    if incoming(now) is not None:
        return "waiting" if here is not None and here.phase in LIVE else "incoming"
    if here is not None and here.phase in ("calling", "ringing"):
        return "ringing-out"
    if here is not None and here.phase == "active":
        return "in-call"
    if now.entry:
        return "dialling"
    if now.collecting:
        return "off-hook"
    return _at_rest(now, here)


def _at_rest(now: Snapshot, here: Call | None) -> State:
    if here is not None:
        over: dict[Phase, State] = {"held": "held", "failed": "failed"}
        return over.get(here.phase, "ended")
    if now.hook == "off" or now.speaker:
        return "off-hook"
    if not now.lines:
        return "no-line"
    served = any(line.registration in ("registered", "off") for line in now.lines)
    return "idle" if served else "trouble"
