"""What a key does: pure, (snapshot, view, key) -> (view, commands)."""

from collections.abc import Callable

from firmware.control import messages as control
from firmware.control.state import Snapshot
from ui.soft_keys import SOFT_KEYS, Pressed
from ui.states import soft_keys
from ui.view import HOME, View, current, shows_information

DIGITS = {**{digit: digit for digit in "0123456789"}, "star": "*", "hash": "#"}
SOFT = {"soft1": 0, "soft2": 1, "soft3": 2, "soft4": 3, "ok": 0}
"""The cell of each soft key; OK confirms, as cell 1 does."""
SCROLL = {"up": -1, "down": 1}


def press(now: Snapshot, view: View, key: str, *, last_top: int = 0) -> Pressed:
    """What pressing `key` leads to; a key without a meaning here leads to nothing.

    `last_top` is how far the information page can be scrolled.
    """
    if key in DIGITS:
        return HOME, (control.Digit(digit=DIGITS[key]),)
    if key in SOFT:
        name = soft_keys(now, view)[SOFT[key]]
        return (view, ()) if name is None else SOFT_KEYS[name].press(now, view)
    if key in SCROLL:
        return _scroll(now, view, SCROLL[key], last_top)
    if key == "back":
        return _back(now, view)
    if command := _FIXED.get(key):
        return view, command(now)
    return view, ()


def _scroll(now: Snapshot, view: View, step: int, last_top: int) -> Pressed:
    if shows_information(now, view):
        return View(view.subject, top=min(max(0, view.top + step), last_top)), ()
    identifiers = [call.id for call in now.calls]
    if now.selected not in identifiers or len(identifiers) < 2:
        return view, ()
    there = identifiers[(identifiers.index(now.selected) + step) % len(identifiers)]
    return HOME, (control.Select(call=there),)


def _back(now: Snapshot, view: View) -> Pressed:
    if shows_information(now, view):
        return HOME, ()
    return view, (control.Erase(),) if now.entry else ()


def _hold(now: Snapshot) -> tuple[control.AnyCommand, ...]:
    call = current(now)
    if call is None or call.phase not in ("active", "held"):
        return ()
    return (control.Resume(call=call.id) if call.phase == "held" else control.Hold(call=call.id),)


_FIXED: dict[str, Callable[[Snapshot], tuple[control.AnyCommand, ...]]] = {
    "hold": _hold,
    "mute": lambda now: (control.Mute(on=not now.muted),),
    "speaker": lambda now: (control.Speaker(on=not now.speaker),),
    "redial": lambda now: (control.Redial(),),
    "volume_up": lambda now: (control.Volume(step=1),),
    "volume_down": lambda now: (control.Volume(step=-1),),
}
