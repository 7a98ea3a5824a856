"""Keys one by one: what each means in a given state, as commands."""

import pytest

from firmware.control import messages as control
from tests.ui.telephones import BOB, CARL, NOW, TALK, TELEPHONES, call, phone
from ui.keys import DIGITS, press
from ui.view import HOME, View, current, focus, other, subject


@pytest.mark.parametrize(("key", "digit"), [("0", "0"), ("9", "9"), ("star", "*"), ("hash", "#")])
def test_digit_keys_are_digits_in_every_state(key: str, digit: str) -> None:
    for telephone in TELEPHONES.values():
        assert press(telephone, HOME, key) == (HOME, (control.Digit(digit=digit),))


def test_there_are_twelve_digit_keys() -> None:
    assert sorted(DIGITS.values()) == sorted("0123456789*#")


@pytest.mark.parametrize(
    ("name", "key", "command"),
    [
        ("dialling", "soft1", control.Send()),
        ("dialling", "ok", control.Send()),
        ("dialling", "soft3", control.Erase()),
        ("dialling", "back", control.Erase()),
        ("dialling", "soft4", control.HangUp()),
        ("off-hook", "soft1", control.Redial()),
        ("off-hook-held", "soft1", control.Resume(call="1")),
        ("ringing-out", "soft4", control.HangUp(call="2")),
        ("incoming", "soft1", control.Answer(call="1")),
        ("incoming", "ok", control.Answer(call="1")),
        ("incoming", "soft4", control.Reject(call="1")),
        ("in-call", "soft1", control.Hold(call="1")),
        ("in-call", "hold", control.Hold(call="1")),
        ("in-call", "soft4", control.HangUp(call="1")),
        ("in-call", "mute", control.Mute(on=True)),
        ("in-call-muted", "mute", control.Mute(on=False)),
        ("two-calls", "soft2", control.Resume(call="2")),
        ("two-calls", "down", control.Select(call="2")),
        ("held", "soft1", control.Resume(call="1")),
        ("held", "hold", control.Resume(call="1")),
        ("held", "soft4", control.HangUp(call="1")),
        ("failed", "soft4", control.HangUp(call="2")),
        ("waiting", "soft1", control.Answer(call="3")),
        ("waiting", "soft3", control.Reject(call="3")),
        ("waiting", "soft4", control.HangUp(call="1")),
        ("ringing-out", "speaker", control.Speaker(on=False)),
        ("idle", "redial", control.Redial()),
        ("idle", "volume_down", control.Volume(step=-1)),
    ],
)
def test_a_key_in_a_state_is_one_command(name: str, key: str, command: control.AnyCommand) -> None:
    assert press(TELEPHONES[name], HOME, key)[1] == (command,)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("idle", "soft1"),
        ("in-call", "soft2"),
        ("off-hook-held", "soft4"),
        ("ringing-out", "hold"),
        ("idle", "up"),
    ],
)
def test_a_key_that_is_not_shown_does_nothing(name: str, key: str) -> None:
    assert press(TELEPHONES[name], HOME, key) == (HOME, ())


def test_giving_up_a_number_with_a_held_call_erases_it_digit_by_digit() -> None:
    """HangUp would end the held call."""
    held = call(phase="held", held_at=NOW, **TALK)
    assert press(phone(held, hook="off", entry="23"), HOME, "soft4")[1] == (control.Erase(), control.Erase())
    hands_free = phone(held, speaker=True, entry="23")
    assert press(hands_free, HOME, "soft4")[1] == (control.Speaker(on=False),)


def test_the_information_page_opens_scrolls_within_its_bounds_and_closes() -> None:
    now = TELEPHONES["notes"]
    view, commands = press(now, HOME, "soft2")
    assert (view, commands) == (View(subject(now)), ())
    assert press(now, view, "up", last_top=2)[0].top == 0
    for top in (1, 2, 2):
        view, _ = press(now, view, "down", last_top=2)
        assert view.top == top
    assert press(now, view, "back") == (HOME, ())
    assert press(now, view, "soft4") == (HOME, ())


def test_a_digit_closes_the_information_page_and_dials() -> None:
    now = TELEPHONES["notes"]
    assert press(now, View(subject(now)), "5") == (HOME, (control.Digit(digit="5"),))


def test_a_call_that_waits_is_in_the_foreground_and_the_one_that_is_up_stays_current() -> None:
    now = TELEPHONES["waiting"]
    assert [c.id for c in (focus(now), current(now)) if c] == ["3", "1"]


def test_a_selected_caller_does_not_hide_the_call_that_is_up() -> None:
    """The keys for the call that is up still find it."""
    now = phone(call(**CARL), call(**TALK))
    assert (found := current(now)) is not None
    assert found.id == "1"


def test_the_other_call_is_one_that_can_be_gone_to() -> None:
    """Neither a caller that waits nor a call that is over."""
    assert other(TELEPHONES["waiting"]) is None
    assert other(phone(call(**TALK), call(**BOB, phase="failed"))) is None
    assert (found := other(TELEPHONES["two-calls"])) is not None
    assert found.id == "2"
