"""One table: each state of the telephone with its content and its soft keys.

End, Back and Reject are always in cell 4, the key that confirms (Call, Answer, Resume) always in cell 1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmware.control.state import Line, Snapshot
from ui import calling, resting
from ui.information import information, position
from ui.moment import Moment
from ui.scene import Scene
from ui.screen import Icon, KeyLabel, Lamp, LineKey, Row, Screen, State
from ui.soft_keys import SOFT_KEYS
from ui.texts import Texts
from ui.view import View, current, focus, shows_information, state_of

Cell = tuple[str, ...]

LINE_KEYS = 5
"""Lines that a wide display has room for."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a state shows, and its soft keys by their names in `SOFT_KEYS`.

    A cell shows the first of its keys that means something; it may be empty.
    """

    content: Callable[[Scene], tuple[Row, ...]]
    keys: tuple[Cell, Cell, Cell, Cell]


STATES: Mapping[State, Layout] = {
    "idle": Layout(resting.idle, (("redial",), ("info",), (), ())),
    "trouble": Layout(resting.trouble, (("redial",), ("why",), (), ())),
    "no-line": Layout(resting.no_line, ((), (), (), ())),
    "off-hook": Layout(resting.off_hook, (("resume", "redial"), (), (), ("stop",))),
    "dialling": Layout(resting.dialling, (("call",), (), ("delete",), ("stop",))),
    "ringing-out": Layout(calling.ringing_out, ((), ("info",), (), ("end",))),
    "incoming": Layout(calling.incoming, (("answer",), ("info",), (), ("reject",))),
    "in-call": Layout(calling.in_call, (("hold",), ("swap",), ("info",), ("end",))),
    "held": Layout(calling.held, (("resume",), ("swap",), ("info",), ("end",))),
    "failed": Layout(calling.failed, (("redial",), ("why",), (), ("end",))),
    "ended": Layout(calling.ended, (("redial",), ("info",), (), ("end",))),
    "waiting": Layout(calling.waiting, (("answer",), (), ("busy",), ("end",))),
    "info": Layout(information, ((), (), (), ("back",))),
}


def shown_state(now: Snapshot, view: View) -> State:
    """The state whose row of the table holds: the telephone's, unless a page is open."""
    return "info" if shows_information(now, view) else state_of(now)


def soft_keys(now: Snapshot, view: View) -> tuple[str | None, ...]:
    """The names of the four soft keys that mean something now."""
    cells = STATES[shown_state(now, view)].keys
    return tuple(next((key for key in cell if SOFT_KEYS[key].means(now)), None) for cell in cells)


def screen_of(now: Snapshot, view: View, moment: Moment, texts: Texts) -> Screen:
    """The screen for a snapshot; `moment.until` then says when it will have to be made again."""
    state = shown_state(now, view)
    scene = Scene(now, view, moment, texts)
    title, icons, corner = _status(state, scene)
    return Screen(
        state=state,
        title=title,
        icons=icons,
        corner=corner,
        rows=STATES[state].content(scene),
        keys=tuple(_label(key, texts) for key in soft_keys(now, view)),
        lines=tuple(_line_key(line, scene) for line in now.lines[:LINE_KEYS]),
    )


def _status(state: State, scene: Scene) -> tuple[str, tuple[Icon, ...], str]:
    """The status bar: title, icons, and in the right corner the clock where the content has none."""
    if state == "info":
        return scene.texts["info.title"], (), position(scene)
    corner = "" if state == "idle" else scene.moment.time()
    return scene.line_name(_line(scene.now)), _icons(scene.now), corner


def _label(key: str | None, texts: Texts) -> KeyLabel | None:
    if key is None:
        return None
    words = "end" if key == "stop" else key
    return KeyLabel(key, texts[f"key.{words}"], texts[f"key.{words}.long"])


def _line(now: Snapshot) -> Line | None:
    """The line that the status bar speaks of: the call's, else the first that works, else the first."""
    call = focus(now)
    if call is not None:
        return next((line for line in now.lines if line.id == call.line), None)
    working = [line for line in now.lines if line.registration == "registered"]
    return next(iter((*working, *now.lines)), None)


def _icons(now: Snapshot) -> tuple[Icon, ...]:
    line = _line(now)
    call = current(now)
    registered = line is not None and line.registration == "registered"
    direct = line is not None and line.registration == "off"
    talking = call is not None and call.phase in ("active", "held")
    shown: tuple[tuple[Icon, bool], ...] = (
        ("@", registered),
        ("!", not registered and not direct),
        ("S", talking and call is not None and call.privacy == "private"),
        ("m", now.muted),
        ("H", now.hook == "off" and not now.speaker),
        ("P", now.speaker),
        ("M", now.missed > 0),
    )
    return tuple(icon for icon, holds in shown if holds)


def _line_key(line: Line, scene: Scene) -> LineKey:
    lamp: Lamp = line.registration
    phases = {call.phase for call in scene.now.calls if call.line == line.id}
    if "incoming" in phases:
        lamp = "ringing"
    elif phases & {"active", "calling", "ringing"}:
        lamp = "busy"
    elif "held" in phases:
        lamp = "held"
    return LineKey(scene.line_name(line), lamp, scene.texts[f"line.{lamp}"])
