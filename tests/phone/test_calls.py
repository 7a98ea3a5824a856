"""What the telephone does with calls: each test reads as a small story at the desk."""

import pytest

from firmware.control import messages as control
from firmware.control import voice
from firmware.control.messages import CommandRefused
from firmware.phone.answering import AutoAnswerRule
from firmware.ua import events
from tests.phone.desk_phone import DeskPhone, ended, established, incoming, media

ALLOCATED = (voice.LocalAddress(host="0.0.0.0", rtp_port=16384, rtcp_port=16385),)


def dialled() -> DeskPhone:
    desk = DeskPhone()
    desk.do(control.Hook(off=True))
    desk.do(control.Dial(target="201"))
    return desk


def up() -> DeskPhone:
    desk = dialled()
    desk.hear(events.NeedsMedia(1, ""), events.Ringing(1))
    desk.report(voice.Allocated(stream="1", generation=1, local=ALLOCATED))
    desk.hear(established())
    return desk


def test_lifting_gives_a_dial_tone_and_opens_the_microphone():
    desk = DeskPhone()
    desk.do(control.Hook(off=True))
    assert desk.tone() == "dial"
    assert desk.last(voice.Device).use == "duplex"


def test_the_first_digit_ends_the_dial_tone():
    desk = DeskPhone()
    desk.do(control.Hook(off=True))
    desk.do(control.Digit(digit="2"))
    assert desk.tone() is None


def test_digits_are_dialled_by_themselves_after_a_pause():
    desk = DeskPhone()
    desk.do(control.Hook(off=True))
    for digit in "201":
        desk.do(control.Digit(digit=digit))
    desk.wait(3.9)
    assert desk.snapshot.calls == ()
    desk.wait(0.2)
    assert desk.endpoint.asked[-1] == ("invite", "desk", "sip:201@example.org")


def test_the_hash_key_dials_at_once():
    desk = DeskPhone()
    desk.do(control.Hook(off=True))
    desk.do(control.Digit(digit="7"))
    desk.do(control.Digit(digit="#"))
    assert desk.call.number == "7"


def test_digits_typed_on_hook_wait_for_the_lift_without_a_tone():
    desk = DeskPhone()
    desk.do(control.Digit(digit="7"))
    desk.wait(60)
    assert desk.snapshot.entry == "7"
    assert desk.last(voice.Device).use == "closed"
    desk.do(control.Hook(off=True))
    assert desk.call.number == "7"


def test_a_call_needs_ports_before_its_offer():
    desk = dialled()
    desk.hear(events.NeedsMedia(1, ""))
    assert desk.last(voice.AllocateStream).stream == "1"
    desk.report(voice.Allocated(stream="1", generation=1, local=ALLOCATED))
    name, session, local = desk.endpoint.asked[-1]
    assert (name, session, local[0].rtp_port) == ("provide_media", 1, 16384)


def test_ports_allocated_again_are_not_offered_again():
    desk = dialled()
    desk.hear(events.NeedsMedia(1, ""))
    report = voice.Allocated(stream="1", generation=1, local=ALLOCATED)
    desk.report(report, report)
    assert [asked[0] for asked in desk.endpoint.asked].count("provide_media") == 1


def test_ringback_is_heard_until_the_network_sends_sound_itself():
    desk = dialled()
    desk.hear(events.Ringing(1))
    assert desk.tone() == "ringback"
    desk.hear(events.EarlyMedia(1, media()))
    assert desk.tone() is None
    assert desk.last(voice.Mix).streams == ("1",)


def test_a_call_that_is_up_is_configured_activated_and_joined():
    desk = up()
    configure = desk.last(voice.Configure)
    assert configure.remote == voice.TransportAddress("192.0.2.9", 4000)
    assert configure.srtp.suite == "AES_CM_128_HMAC_SHA1_80"
    assert desk.last(voice.Activate).active
    assert desk.last(voice.Mix).streams == ("1",)
    assert (desk.call.phase, desk.call.codec, desk.call.privacy) == ("active", "PCMU", "private")


def test_a_call_without_keys_says_that_it_is_not_private():
    desk = dialled()
    desk.hear(established(keys=None))
    assert desk.call.privacy == "not private"


def test_generations_of_a_stream_only_grow():
    desk = up()
    desk.do(control.SendDigits(digits="12"))
    numbers = [r.generation for r in desk.requests if getattr(r, "stream", None) == "1"]
    assert numbers == sorted(set(numbers))


def test_digits_in_a_call_go_to_the_far_end():
    desk = up()
    desk.do(control.Digit(digit="5"))
    assert desk.last(voice.SendDigits).digits == "5"
    assert desk.snapshot.entry == ""


def test_hold_leaves_the_mix_and_resume_returns_to_it():
    desk = up()
    desk.do(control.Hold())
    assert desk.last(voice.Mix).streams == ()
    assert desk.snapshot.lamps["line"] == "slow"
    desk.do(control.Resume())
    assert desk.last(voice.Mix).streams == ("1",)
    assert ("hold", 1) in desk.endpoint.asked
    assert ("resume", 1) in desk.endpoint.asked


def test_a_refused_hold_returns_the_call_and_says_so():
    desk = up()
    desk.do(control.Hold())
    desk.hear(events.ModificationFailed(1, 488, "Not Acceptable Here"))
    assert desk.call.phase == "active"
    assert "did not agree" in desk.snapshot.notes[-1].words


def test_being_put_on_hold_shows():
    desk = up()
    desk.hear(events.MediaChanged(1, media("recvonly")))
    assert desk.call.held_by_peer
    assert desk.call.phase == "active"


def test_hanging_up_ends_the_session_and_frees_the_ports():
    desk = up()
    desk.do(control.Hook(off=False))
    assert ("hang_up", 1) in desk.endpoint.asked
    desk.hear(ended(by="local"))
    assert desk.last(voice.Release).stream == "1"
    assert desk.snapshot.calls == ()
    assert desk.last(voice.Device).use == "closed"


def test_the_far_end_hanging_up_shows_and_sounds_until_the_handset_is_down():
    desk = up()
    desk.hear(ended())
    assert (desk.call.phase, desk.call.words) == ("ended", "The other side hung up")
    assert desk.tone() == "congestion"
    desk.do(control.Hook(off=False))
    assert desk.snapshot.calls == ()


@pytest.mark.parametrize(("status", "tone"), [(486, "busy"), (404, "congestion"), (None, "congestion")])
def test_a_failed_call_gives_its_reason_and_a_tone(status, tone):
    desk = dialled()
    desk.hear(ended(status=status, reason="the server cannot be reached", by="failure"))
    assert desk.call.phase == "failed"
    assert desk.call.words
    assert desk.tone() == tone
    assert desk.snapshot.notes


def test_a_failed_call_is_put_away_by_itself():
    desk = dialled()
    desk.hear(ended(status=486, by="remote"))
    desk.wait(31)
    assert desk.snapshot.calls == ()


def test_an_incoming_call_rings_and_lifting_answers_it():
    desk = DeskPhone()
    desk.hear(incoming())
    assert desk.tone("ringer") == "ring"
    assert desk.last(voice.Device).use == "output"
    assert ("ring", 1) in desk.endpoint.asked
    desk.do(control.Hook(off=True))
    assert ("answer", 1) in desk.endpoint.asked
    desk.hear(established())
    assert desk.tone("ringer") is None
    assert desk.last(voice.Device).use == "duplex"


def test_no_microphone_is_open_while_the_phone_rings():
    desk = DeskPhone()
    desk.hear(incoming())
    assert all(r.use != "duplex" for r in desk.requests if isinstance(r, voice.Device))


def test_a_caller_who_gives_up_leaves_a_missed_call():
    desk = DeskPhone()
    desk.hear(incoming(), ended(status=487))
    assert desk.snapshot.missed == 1
    assert desk.snapshot.lamps["message"] == "slow"
    assert "Missed call from Bob Example" in desk.snapshot.notes[-1].words


def test_a_call_answered_elsewhere_is_not_missed():
    desk = DeskPhone()
    desk.hear(incoming(), ended(status=200, reason="Call completed elsewhere"))
    assert desk.snapshot.missed == 0


def test_a_second_call_knocks_in_the_ear_and_answering_holds_the_first():
    desk = up()
    desk.hear(incoming(session=2))
    assert desk.tone() == "call-waiting"
    assert desk.tone("ringer") is None
    desk.do(control.Answer())
    assert ("hold", 1) in desk.endpoint.asked
    assert ("answer", 2) in desk.endpoint.asked


def test_rejecting_declines():
    desk = DeskPhone()
    desk.hear(incoming())
    desk.do(control.Reject())
    assert desk.endpoint.asked[-1] == ("reject", 1, 603, "Decline")


def test_auto_answer_takes_only_callers_that_are_allowed():
    rules = {"desk": AutoAnswerRule(callers=("boss@example.org",), delay=1.0)}
    desk = DeskPhone(auto_answer=rules)
    desk.hear(incoming(caller="sip:bob@example.org"))
    desk.wait(5)
    assert ("answer", 1) not in desk.endpoint.asked
    desk.hear(ended(status=487), incoming(session=2, caller="sip:boss@example.org"))
    desk.wait(0.9)
    assert ("answer", 2) not in desk.endpoint.asked
    desk.wait(0.2)
    assert ("answer", 2) in desk.endpoint.asked
    assert desk.snapshot.speaker


def test_a_voice_process_that_was_restarted_is_told_everything_again():
    desk = up()
    desk.phone.voice_is_down(desk.now)
    desk.requests.clear()
    desk.report(voice.Hello(version=1, pid=2))
    kinds = {type(request) for request in desk.requests}
    assert {voice.AllocateStream, voice.Configure, voice.Activate, voice.Device, voice.Mix} <= kinds
    assert desk.last(voice.AllocateStream).ports == (16384, 16385)


def test_streams_of_a_phone_that_was_restarted_are_released():
    desk = DeskPhone()
    desk.report(voice.Hello(version=1, pid=2, streams=("9",)))
    assert desk.last(voice.Release).stream == "9"


def test_no_ports_means_no_call_and_a_reason():
    desk = dialled()
    desk.hear(events.NeedsMedia(1, ""))
    desk.report(voice.Fault(words="No free RTP ports between 16384 and 32766.", stream="1"))
    assert ("hang_up", 1) in desk.endpoint.asked
    assert "No free RTP ports" in desk.snapshot.notes[-1].words


def test_a_card_that_is_gone_shows_in_words():
    desk = up()
    words = "The sound card was unplugged; the call goes on, waiting for it to return."
    desk.report(voice.DeviceState(use="duplex", state="reopening", words=words))
    assert desk.snapshot.sound.words == words
    assert desk.call.phase == "active"


@pytest.mark.parametrize("command", [control.Answer(), control.Hold(), control.Resume(), control.Reject()])
def test_commands_without_a_call_are_refused_in_words(command):
    with pytest.raises(CommandRefused, match="no such call"):
        DeskPhone().do(command)


def test_a_number_that_cannot_be_called_is_refused_in_words():
    with pytest.raises(CommandRefused, match="not a number or address"):
        DeskPhone().do(control.Dial(target="sip:<>"))


def test_dialling_from_on_hook_is_hands_free():
    desk = DeskPhone()
    desk.do(control.Dial(target="201"))
    assert desk.snapshot.speaker
    assert desk.last(voice.Device).use == "duplex"
    desk.hear(ended(status=None, by="local"))
    assert not desk.snapshot.speaker


def test_the_ninth_call_hears_busy():
    desk = DeskPhone()
    desk.hear(*(incoming(session=number) for number in range(1, 10)))
    assert len(desk.snapshot.calls) == 8
    assert ("reject", 9, 486, "Busy Here") in desk.endpoint.asked


def test_calls_that_are_over_leave_room_for_the_next():
    """What the desk still shows of finished calls makes nobody hear busy."""
    desk = DeskPhone()
    for session in range(1, 10):
        desk.hear(incoming(session))
        desk.do(control.Answer())
        desk.hear(established(session), ended(session))
    assert not [asked for asked in desk.endpoint.asked if asked[0] == "reject"]


def test_hands_free_ends_when_the_last_call_leaves_the_desk():
    """Nobody has to switch off the microphone after the other side hung up."""
    desk = DeskPhone()
    desk.hear(incoming())
    desk.do(control.Answer())
    desk.hear(established(), ended())
    desk.wait(10)
    assert not desk.snapshot.speaker
    assert desk.last(voice.Device).use == "closed"
