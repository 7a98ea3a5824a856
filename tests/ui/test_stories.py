"""Little stories at the desk, from the finger to the display, through the telephone's own core."""

from firmware.control import messages as control
from firmware.ua import events
from tests.phone.desk_phone import ended, established, incoming
from tests.ui.desk import Desk


def test_lift_dial_talk_end() -> None:
    """The main job of a telephone."""
    desk = Desk()
    assert desk.state == "idle"
    desk.lift()
    assert desk.state == "off-hook"
    desk.press("2", "0", "1")
    assert desk.state == "dialling"
    assert desk.reads("201_")
    assert desk.reads("send in 4 s")
    desk.press("soft1")
    assert desk.endpoint.asked[-1] == ("invite", "desk", "sip:201@example.org")
    assert desk.state == "ringing-out"
    assert desk.reads("Calling")
    desk.hear(events.Ringing(1))
    assert desk.reads("Ringing")
    desk.hear(established())
    assert desk.state == "in-call"
    assert desk.reads("private")
    desk.press("soft4")
    assert desk.endpoint.asked[-1] == ("hang_up", 1)


def test_the_screen_counts_down_and_the_number_dials_itself() -> None:
    desk = Desk()
    desk.lift()
    desk.press("2")
    desk.sleep(2.5)
    assert desk.reads("send in 2 s")
    desk.sleep(1.6)
    assert desk.state == "ringing-out"


def test_a_call_comes_in_is_answered_held_and_resumed() -> None:
    desk = Desk()
    desk.hear(incoming())
    assert desk.state == "incoming"
    assert desk.reads("Bob Example")
    assert desk.reads("to desk")
    desk.press("soft1")
    desk.hear(established())
    assert desk.state == "in-call"
    desk.sleep(65)
    assert desk.reads("1:05")
    desk.press("hold")
    assert desk.state == "held"
    desk.sleep(3)
    assert desk.reads("0:03")
    desk.press("soft1")
    assert desk.state == "in-call"


def test_lifting_answers_and_the_information_page_is_closed_for_it() -> None:
    desk = Desk()
    desk.press("soft2")
    assert desk.state == "info"
    desk.hear(incoming())
    assert desk.state == "incoming"
    desk.lift()
    assert ("answer", 1) in desk.endpoint.asked


def test_reject_is_under_the_last_key() -> None:
    desk = Desk()
    desk.hear(incoming())
    desk.press("soft4")
    assert desk.endpoint.asked[-1] == ("reject", 1, 603, "Decline")


def test_a_failed_call_says_why_and_redial_tries_again() -> None:
    desk = Desk()
    desk.lift()
    desk.press("9", "hash")
    desk.hear(ended(status=404, by="failure"))
    assert desk.state == "failed"
    assert desk.reads("nobody has this")
    desk.press("soft2")
    assert desk.state == "info"
    assert desk.reads("number (404)")
    desk.press("back")
    assert desk.state == "failed"
    desk.press("soft1")
    assert desk.endpoint.asked[-1] == ("invite", "desk", "sip:9@example.org")


def test_a_second_caller_hears_busy_and_the_call_goes_on() -> None:
    desk = Desk()
    desk.hear(incoming(1))
    desk.lift()
    desk.hear(established(1))
    desk.hear(incoming(2, "sip:carl@example.org"))
    assert desk.state == "waiting"
    desk.press("soft3")
    assert desk.endpoint.asked[-1] == ("reject", 2, 603, "Decline")
    desk.hear(ended(2, by="local"))
    assert desk.state == "in-call"


def test_end_ends_the_call_that_is_up_and_not_the_one_that_waits() -> None:
    desk = Desk()
    desk.hear(incoming(1))
    desk.lift()
    desk.hear(established(1))
    desk.hear(incoming(2, "sip:carl@example.org"))
    desk.press("soft4")
    assert desk.endpoint.asked[-1] == ("hang_up", 1)


def test_a_second_call_is_answered_and_swapped_back() -> None:
    desk = Desk()
    desk.hear(incoming(1))
    desk.lift()
    desk.hear(established(1))
    desk.hear(incoming(2, "sip:carl@example.org"))
    desk.press("soft1")
    desk.hear(established(2))
    assert ("hold", 1) in desk.endpoint.asked
    desk.press("soft2")
    assert ("resume", 1) in desk.endpoint.asked


def test_a_number_typed_on_hook_is_corrected_and_given_up() -> None:
    desk = Desk()
    desk.press("1", "2", "3")
    assert desk.reads("lift or press Call")
    desk.press("soft3")
    assert desk.reads("12_")
    desk.press("back")
    assert desk.reads("1_")
    desk.press("soft4")
    assert desk.state == "idle"


def test_giving_up_a_number_does_not_end_a_held_call() -> None:
    """HangUp without a name would mean the held call."""
    desk = Desk()
    desk.hear(incoming(1))
    desk.lift()
    desk.hear(established(1))
    desk.press("hold")
    desk.press("2", "3")
    assert desk.state == "dialling"
    desk.press("soft4")
    assert desk.snapshot.entry == ""
    assert desk.call.phase == "held"
    desk.press("soft1")
    assert desk.call.phase == "active"


def test_digits_in_a_call_are_sent_to_the_other_side() -> None:
    desk = Desk()
    desk.hear(incoming(1))
    desk.lift()
    desk.hear(established(1))
    desk.press("5", "star")
    assert desk.commands[-2:] == [control.Digit(digit="5"), control.Digit(digit="*")]
    assert desk.state == "in-call"


def test_mute_speaker_and_volume_work_in_every_state() -> None:
    desk = Desk()
    desk.press("mute", "speaker", "volume_up", "volume_down")
    assert desk.commands[-4:] == [
        control.Mute(on=True),
        control.Speaker(on=True),
        control.Volume(step=1),
        control.Volume(step=-1),
    ]
    assert desk.panel.screen is not None
    assert desk.panel.screen.icons == ("@", "m", "P")


def test_keys_without_a_meaning_do_nothing() -> None:
    desk = Desk()
    before = len(desk.commands)
    desk.press("soft3", "soft4", "up", "down", "back", "ok", "hold")
    assert len(desk.commands) == before
    assert desk.state == "idle"


def test_missed_calls_are_shown_until_the_handset_is_lifted() -> None:
    desk = Desk()
    desk.hear(incoming(1))
    desk.hear(ended(1, by="remote", status=487))
    assert desk.reads("Missed: 1")
    desk.press("soft2")
    assert desk.reads("Missed call")
    desk.press("soft4")
    desk.lift()
    desk.put_down()
    assert not desk.reads("Missed")
