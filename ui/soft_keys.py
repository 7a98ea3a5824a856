"""The soft keys: when each means something and what it does. Which state has which is in `ui.states`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmware.control import messages as control
from firmware.control.state import Call, Snapshot
from ui.view import HOME, View, current, incoming, other, subject

Pressed = tuple[View, tuple[control.AnyCommand, ...]]
"""What a key leads to: the view from now on, and commands to the telephone."""


@dataclass(frozen=True, slots=True)
class SoftKey:
    """`means` says whether the key means something now; it is not shown and does nothing otherwise."""

    press: Callable[[Snapshot, View], Pressed]
    means: Callable[[Snapshot], bool] = lambda now: True


def _identifier(call: Call | None) -> str | None:
    return None if call is None else call.id


def _answer(now: Snapshot, view: View) -> Pressed:
    return HOME, (control.Answer(call=_identifier(incoming(now))),)


def _reject(now: Snapshot, view: View) -> Pressed:
    return HOME, (control.Reject(call=_identifier(incoming(now))),)


def _end(now: Snapshot, view: View) -> Pressed:
    return HOME, (control.HangUp(call=_identifier(current(now))),)


def _hold(now: Snapshot, view: View) -> Pressed:
    return view, (control.Hold(call=_identifier(current(now))),)


def _resume(now: Snapshot, view: View) -> Pressed:
    return view, (control.Resume(call=_identifier(current(now))),)


def _swap(now: Snapshot, view: View) -> Pressed:
    here, there = current(now), other(now)
    if there is None:
        return view, ()
    talking = here is not None and here.phase == "active"
    return HOME, (control.Resume(call=there.id) if talking else control.Select(call=there.id),)


def _call(now: Snapshot, view: View) -> Pressed:
    return HOME, (control.Send(),)


def _delete(now: Snapshot, view: View) -> Pressed:
    return view, (control.Erase(),)


def _stop_dialling(now: Snapshot, view: View) -> Pressed:
    """A call that is kept outlives the number: HangUp would end it."""
    if not now.calls:
        return HOME, (control.HangUp(),)
    if now.speaker:
        return HOME, (control.Speaker(on=False),)
    return HOME, tuple(control.Erase() for _ in now.entry)


def _redial(now: Snapshot, view: View) -> Pressed:
    return HOME, (control.Redial(),)


def _information(now: Snapshot, view: View) -> Pressed:
    return View(subject=subject(now)), ()


def _back(now: Snapshot, view: View) -> Pressed:
    return HOME, ()


def _dialled_before(now: Snapshot) -> bool:
    return bool(now.last_dialled)


def _can_stop_dialling(now: Snapshot) -> bool:
    return bool(now.entry) or now.speaker or not now.calls


def _is_held(now: Snapshot) -> bool:
    call = current(now)
    return call is not None and call.phase == "held"


def _has_current(now: Snapshot) -> bool:
    return current(now) is not None


def _has_other(now: Snapshot) -> bool:
    return other(now) is not None


SOFT_KEYS: Mapping[str, SoftKey] = {
    "answer": SoftKey(_answer),
    "back": SoftKey(_back),
    "busy": SoftKey(_reject),
    "call": SoftKey(_call),
    "delete": SoftKey(_delete),
    "end": SoftKey(_end, _has_current),
    "hold": SoftKey(_hold),
    "info": SoftKey(_information),
    "redial": SoftKey(_redial, _dialled_before),
    "reject": SoftKey(_reject),
    "resume": SoftKey(_resume, _is_held),
    "stop": SoftKey(_stop_dialling, _can_stop_dialling),
    "swap": SoftKey(_swap, _has_other),
    "why": SoftKey(_information),
}
