"""Lines, mute and volume, and that every change is told with its cause."""

import pytest

from firmware.control import messages as control
from firmware.control import voice
from firmware.control.messages import CommandRefused
from firmware.phone.dial_plan import NotDiallable, destination
from firmware.phone.quality import quality_of
from firmware.phone.words import failure_words
from firmware.sip.uri import Uri
from firmware.ua import events
from tests.phone.desk_phone import FLOW, DeskPhone, established

DOMAIN = Uri.parse("sip:me@example.org")


def test_starting_registers_each_line_that_has_a_registrar():
    desk = DeskPhone()
    desk.phone.start(desk.now)
    assert [asked for asked in desk.endpoint.asked if asked[0] == "register"] == [
        ("register", "desk"),
        ("register", "home"),
    ]
    assert {line.registration for line in desk.snapshot.lines} == {"registering"}


def test_lines_without_a_registrar_do_not_register():
    desk = DeskPhone(registrar=False)
    desk.phone.start(desk.now)
    assert {line.registration for line in desk.snapshot.lines} == {"off"}


def test_a_line_says_why_it_is_not_registered_and_when_it_tries_again():
    desk = DeskPhone()
    desk.hear(events.RegistrationFailed("desk", 403, "wrong password", 30.0))
    line = desk.snapshot.lines[0]
    assert (line.registration, line.words, line.retry_at) == ("failed", "wrong password", desk.now + 30)
    assert desk.causes == ["registration failed desk: wrong password"]


def test_calls_go_out_on_a_line_that_is_registered():
    desk = DeskPhone()
    desk.hear(events.Registered("home", 3600, FLOW))
    desk.do(control.Dial(target="1"))
    assert desk.endpoint.asked[-1] == ("invite", "home", "sip:1@example.org")


def test_an_unknown_line_is_refused():
    with pytest.raises(CommandRefused, match="no line “attic”"):
        DeskPhone().do(control.Dial(target="1", line="attic"))


def test_mute_closes_the_microphone_and_lights_the_lamp():
    desk = DeskPhone()
    desk.do(control.Mute(on=True))
    assert desk.last(voice.Device).muted
    assert desk.snapshot.lamps["mute"] == "on"


def test_mute_ends_with_the_call():
    desk = DeskPhone()
    desk.do(control.Dial(target="1"))
    desk.hear(established())
    desk.do(control.Mute(on=True))
    desk.do(control.Hook(off=True))
    desk.do(control.Hook(off=False))
    assert not desk.snapshot.muted


@pytest.mark.parametrize(("off_hook", "output"), [(True, "handset"), (False, "ringer")])
def test_volume_keys_act_on_what_is_heard_now(off_hook, output):
    desk = DeskPhone()
    desk.do(control.Hook(off=off_hook))
    desk.do(control.Volume(step=-1))
    assert desk.snapshot.volumes[output] == 7


def test_volume_has_limits():
    desk = DeskPhone()
    for _ in range(20):
        desk.do(control.Volume(step=-1))
    assert desk.snapshot.volumes["ringer"] == 1


def test_stopping_ends_calls_and_gives_bindings_back():
    desk = DeskPhone()
    desk.do(control.Dial(target="1"))
    desk.phone.stop(desk.now)
    assert ("hang_up", 1) in desk.endpoint.asked
    assert ("unregister", "desk") in desk.endpoint.asked


def test_a_snapshot_is_numbered_and_nothing_is_told_twice():
    desk = DeskPhone()
    desk.do(control.Mute(on=True))
    number = desk.snapshot.number
    desk.do(control.Mute(on=True))
    assert desk.snapshot.number == number
    assert desk.causes == ["muted"]


@pytest.mark.parametrize(
    ("typed", "uri"),
    [
        ("201", "sip:201@example.org"),
        ("+44 20 7946-0123", "sip:+442079460123@example.org"),
        ("*97", "sip:*97@example.org"),
        ("#31", "sip:%2331@example.org"),
        ("bob", "sip:bob@example.org"),
        ("bob@example.net", "sip:bob@example.net"),
        ("sip:bob@[::1]:5070", "sip:bob@[::1]:5070"),
        ("sips:bob@example.net", "sips:bob@example.net"),
    ],
)
def test_what_is_typed_becomes_an_address(typed, uri):
    assert str(destination(typed, DOMAIN)) == uri


@pytest.mark.parametrize("typed", ["", "   ", "sip:", "<>", "a b@c d", "sip:%@x"])
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(NotDiallable):
        destination(typed, DOMAIN)


def test_failure_words_prefer_ours_then_theirs():
    assert failure_words(486, "Line Engaged") == "busy (486)"
    assert failure_words(499, "Lunch") == "Lunch (499)"
    assert failure_words(599, "") == "the server failed (599)"
    assert failure_words(None, "its certificate has expired") == "its certificate has expired"


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"received": 500, "mos": 4.3}, "sound is good"),
        ({"received": 485, "lost": 15, "mos": 3.5}, "sound is fair: the network loses 3 % of the packets"),
        ({"received": 0}, "no sound is coming from the other side"),
        (
            {"received": 500, "mos": 3.0, "jitter_ms": 44.0},
            "sound is poor: the network delays packets unevenly, by 44 ms",
        ),
    ],
)
def test_quality_has_one_plain_reason(report, words):
    assert quality_of(voice.Quality(stream="1", **report)).words == words
