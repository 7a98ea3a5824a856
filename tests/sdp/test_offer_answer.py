"""Offer and answer (RFC 3264): codecs and their numbers, streams in place, direction, versions."""

from dataclasses import replace

import pytest

from firmware.sdp.description import Attribute
from firmware.sdp.errors import LocalProtocolError, NotAcceptable, SdpError
from tests.sdp.sessions import OPUS, PCMA, PCMU, POLICY, description, exchange, peer, phone, sent

PLAIN = replace(POLICY, srtp="off")


def names(media):
    return [one.name for one in media.codecs]


def test_both_ends_agree_on_codecs_addresses_and_keys():
    ours, theirs = exchange(phone(), peer())
    assert names(ours) == names(theirs) == ["OPUS", "G722", "PCMU", "PCMA"]
    assert (ours.remote, theirs.remote) == (("192.0.2.2", 5000), ("192.0.2.1", 4000))
    assert (ours.srtp.send, ours.srtp.receive) == (theirs.srtp.receive, theirs.srtp.send)
    assert ours.telephone_event == theirs.telephone_event


def test_an_answer_keeps_the_offerers_order_and_numbers():
    answerer = phone(replace(PLAIN, codecs=(PCMU, OPUS)))
    answerer.receive_offer(
        description("m=audio 6000 RTP/AVP 117 3 0", "a=rtpmap:117 Opus/48000/2", "a=fmtp:117 stereo=0")
    )
    answer, media = answerer.create_answer()
    assert answer.media[0].formats == ("117", "0")
    assert answer.media[0].value("fmtp") == "117 useinbandfec=1"
    assert [(one.payload_type, one.fmtp) for one in media.codecs] == [(117, "stereo=0"), (0, "")]


def test_static_payload_types_need_no_rtpmap():
    answerer = phone(PLAIN)
    answerer.receive_offer(description("m=audio 6000 RTP/AVP 8 9"))
    assert names(answerer.create_answer()[1]) == ["PCMA", "G722"]


def test_numbers_of_the_offer_stay_for_our_own_later_offer():
    answerer = phone(PLAIN)
    answerer.receive_offer(
        description(
            "m=audio 6000 RTP/AVP 96 101",
            "a=rtpmap:96 telephone-event/8000",
            "a=rtpmap:101 opus/48000/2",
        )
    )
    answerer.create_answer()
    offer = answerer.create_offer()
    assert "101 opus/48000/2" in offer.media[0].values("rtpmap")
    assert "96 telephone-event/8000" in offer.media[0].values("rtpmap")


def test_streams_that_are_not_taken_are_refused_in_their_place():
    answerer = phone(PLAIN)
    answerer.receive_offer(
        description(
            "m=video 7000 RTP/AVP 31", "m=audio 6000 RTP/AVP 18", "m=audio 6002 RTP/AVP 0", "m=text 1 TCP x"
        )
    )
    answer, media = answerer.create_answer()
    assert [(one.kind, one.port) for one in answer.media] == [
        ("video", 0),
        ("audio", 0),
        ("audio", 4000),
        ("text", 0),
    ]
    assert media.remote == ("192.0.2.2", 6002)
    again = answerer.create_offer()
    assert [one.port for one in again.media] == [0, 0, 4000, 0]


@pytest.mark.parametrize(
    ("offered", "ours"),
    [("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive"), ("sendrecv", "sendrecv")],
)
@pytest.mark.parametrize("level", ["session", "media"])
def test_the_direction_of_an_offer_is_mirrored(offered, ours, level):
    answerer = phone(PLAIN)
    line = f"a={offered}"
    session = ("c=IN IP4 192.0.2.2", line) if level == "session" else ("c=IN IP4 192.0.2.2",)
    answerer.receive_offer(
        description("m=audio 6000 RTP/AVP 0", *([line] * (level == "media")), session=session)
    )
    answer, media = answerer.create_answer()
    assert media.direction == ours
    assert answer.media[0].has(ours)


def test_hold_and_resume_by_the_offerer():
    ours, other = phone(), peer()
    exchange(ours, other)
    held, theirs = exchange(ours, other, offered="sendonly")
    assert (held.direction, theirs.direction) == ("sendonly", "recvonly")
    resumed, theirs = exchange(ours, other)
    assert (resumed.direction, theirs.direction) == ("sendrecv", "sendrecv")


def test_a_broken_answer_to_hold_does_not_undo_it():
    offerer = phone(PLAIN)
    offerer.create_offer("sendonly")
    media = offerer.receive_answer(description("m=audio 6000 RTP/AVP 0", "a=sendrecv"))
    assert media.direction == "sendonly"


@pytest.mark.parametrize("connection", ["c=IN IP4 0.0.0.0", "c=IN IP6 ::", "c=IN IP4 a.invalid"])
def test_an_offer_to_no_address_is_hold(connection):
    answerer = phone(PLAIN)
    answerer.receive_offer(description("m=audio 6000 RTP/AVP 0", session=(connection,)))
    assert answerer.create_answer()[1].direction == "recvonly"


def test_the_version_rises_only_when_the_description_changes():
    offerer, answerer = phone(), peer()
    exchange(offerer, answerer)
    first = offerer.create_offer()
    assert first.origin.version == 1
    offerer.rollback()
    held = offerer.create_offer("sendonly")
    assert (held.origin.version, held.origin.session_id) == (2, first.origin.session_id)


def test_an_answer_may_renumber_a_codec():
    """Both numbers are received, the answerer's is sent."""
    offerer = phone(replace(PLAIN, codecs=(OPUS,)))
    offerer.create_offer()
    media = offerer.receive_answer(description("m=audio 6000 RTP/AVP 120", "a=rtpmap:120 opus/48000/2"))
    assert [one.payload_type for one in media.codecs] == [120, 96]


def test_an_answer_may_leave_out_what_our_numbers_mean():
    offerer = phone(replace(PLAIN, codecs=(OPUS, PCMU)))
    offerer.create_offer()
    assert names(offerer.receive_answer(description("m=audio 6000 RTP/AVP 96"))) == ["OPUS"]


@pytest.mark.parametrize(
    "media",
    [
        (),
        ("m=audio 6000 RTP/AVP 0", "m=video 6000 RTP/AVP 31"),
        ("m=audio 6000 RTP/AVP 18",),
        ("m=audio 0 RTP/AVP 0",),
        ("m=video 6000 RTP/AVP 0",),
        ("m=audio 6000 RTP/SAVP 0",),
        ("m=audio 6000 UDP/TLS/RTP/SAVP 0",),
    ],
)
def test_an_answer_that_does_not_fit_the_offer_is_an_error(media):
    offerer = phone(PLAIN)
    offerer.create_offer()
    with pytest.raises(SdpError):
        offerer.receive_answer(description(*media))


@pytest.mark.parametrize(
    ("media", "code"),
    [
        ((), 304),
        (("m=video 6000 RTP/AVP 31",), 304),
        (("m=audio 0 RTP/AVP 0",), 304),
        (("m=audio 6000 RTP/AVP 18 3",), 305),
        (("m=audio 6000 UDP/TLS/RTP/SAVP 0",), 302),
        (("m=audio 6000 RTP/AVP 0", "c=IN IP4 voice.example.com"), 301),
        (("m=audio 6000 RTP/AVP 0", "c=IN IP6 2001:db8::1"), 301),
        (("m=audio 6000 RTP/AVP 0", "c=IN IP4 233.252.0.1/127"), 330),
    ],
)
def test_an_offer_with_nothing_for_us_says_why(media, code):
    answerer = phone(PLAIN)
    with pytest.raises(NotAcceptable) as refusal:
        answerer.receive_offer(description(*media))
    assert (refusal.value.warning_code, refusal.value.status) == (code, 488)
    assert refusal.value.warning("phone").startswith(f'{code} phone "')


def test_steps_out_of_turn_are_our_own_mistake():
    session = phone()
    with pytest.raises(LocalProtocolError):
        session.create_answer()
    with pytest.raises(LocalProtocolError):
        session.receive_answer(description("m=audio 6000 RTP/AVP 0"))
    session.create_offer()
    with pytest.raises(LocalProtocolError):
        session.create_offer()
    with pytest.raises(LocalProtocolError):
        session.receive_offer(description("m=audio 6000 RTP/AVP 0"))


def test_after_a_refused_offer_the_peer_can_make_one():
    ours, other = phone(), peer()
    before, _ = exchange(ours, other)
    ours.create_offer("inactive")
    ours.rollback()
    _, after = exchange(other, ours)
    assert (after.srtp, after.codecs, after.direction) == (before.srtp, before.codecs, "sendrecv")


def test_every_early_dialog_answers_the_same_offer():
    offerer = phone()
    offer = sent(offerer.create_offer())
    branches = [offerer, offerer.fork()]
    answers = []
    for host in ("192.0.2.11", "192.0.2.12"):
        other = peer(host=host)
        other.receive_offer(offer)
        answers.append(other.create_answer()[0])
    media = [branch.receive_answer(sent(answer)) for branch, answer in zip(branches, answers, strict=True)]
    assert [one.remote[0] for one in media] == ["192.0.2.11", "192.0.2.12"]
    assert media[0].srtp.send == media[1].srtp.send


def test_rtcp_shares_the_port_when_both_can():
    ours, theirs = exchange(phone(), peer())
    assert ours.rtcp_mux
    assert theirs.rtcp_mux
    assert ours.remote_rtcp is None


@pytest.mark.parametrize(
    ("line", "remote"),
    [
        ("a=rtcp:7000", ("192.0.2.2", 7000)),
        ("a=rtcp:7000 IN IP4 192.0.2.9", ("192.0.2.9", 7000)),
        ("a=sendrecv", ("192.0.2.2", 6001)),
    ],
)
def test_rtcp_goes_where_the_peer_says_else_to_the_next_port(line, remote):
    answerer = phone(PLAIN)
    answerer.receive_offer(description("m=audio 6000 RTP/AVP 0", line))
    answer, media = answerer.create_answer()
    assert media.remote_rtcp == remote
    assert not answer.media[0].has("rtcp-mux")


@pytest.mark.parametrize(
    ("lines", "ptime"),
    [
        (("a=ptime:30",), 30),
        ((), 20),
        (("a=ptime:7",), 20),
        (("a=maxptime:10",), 10),
        (("a=ptime:60", "a=maxptime:40"), 40),
    ],
)
def test_packets_are_as_long_as_the_peer_asks(lines, ptime):
    answerer = phone(PLAIN)
    answerer.receive_offer(description("m=audio 6000 RTP/AVP 0", *lines))
    assert answerer.create_answer()[1].ptime_ms == ptime


def test_key_presses_have_the_clock_of_the_codec_where_the_peer_can():
    ours, _ = exchange(phone(), peer())
    assert ours.telephone_event_rate == 48000
    answerer = phone(PLAIN)
    answerer.receive_offer(
        description(
            "m=audio 6000 RTP/AVP 96 97", "a=rtpmap:96 opus/48000/2", "a=rtpmap:97 telephone-event/8000"
        )
    )
    answer, media = answerer.create_answer()
    assert (media.telephone_event, media.telephone_event_rate) == (97, 8000)
    assert "97 0-16" in answer.media[0].values("fmtp")


def test_key_presses_of_another_shape_are_passed_over():
    answerer = phone(PLAIN)
    answerer.receive_offer(
        description(
            "m=audio 6000 RTP/AVP 0 96 97",
            "a=rtpmap:96 telephone-event/8000/2",
            "a=rtpmap:97 telephone-event/16000",
        )
    )
    answer, media = answerer.create_answer()
    assert (answer.media[0].formats, media.telephone_event) == (("0",), None)


@pytest.mark.parametrize("rtcp", ["x", "70000", "7000 IN", "7000 IN IP5 x", "7000  IN IP4 192.0.2.2"])
def test_a_malformed_rtcp_port_is_refused_before_anything_is_agreed(rtcp):
    stream = ("m=audio 6000 RTP/AVP 0", f"a=rtcp:{rtcp}")
    session = phone(PLAIN)
    with pytest.raises(SdpError):
        session.receive_offer(description(*stream))
    session.create_offer()
    with pytest.raises(SdpError):
        session.receive_answer(description(*stream))
    assert session.receive_answer(description("m=audio 6000 RTP/AVP 0")).remote == ("192.0.2.2", 6000)


def test_without_key_presses_in_the_policy_none_are_agreed():
    ours, theirs = exchange(phone(replace(POLICY, telephone_event=False)), peer())
    assert ours.telephone_event is None
    assert theirs.telephone_event is None


def test_an_ipv6_session():
    ours, theirs = exchange(phone(host="2001:db8::1"), peer(host="2001:db8::2"))
    assert (ours.remote, theirs.remote) == (("2001:db8::2", 5000), ("2001:db8::1", 4000))


def test_an_ipv4_address_written_as_ipv6_is_ipv4():
    answerer = phone(PLAIN)
    answerer.receive_offer(description("m=audio 6000 RTP/AVP 0", "c=IN IP6 ::ffff:192.0.2.10"))
    assert answerer.create_answer()[1].remote == ("192.0.2.10", 6000)


def test_an_uneven_rtcp_port_of_ours_is_stated():
    session = phone()
    session.local = replace(session.local, rtcp_port=4007)
    assert Attribute("rtcp", "4007") in session.create_offer().media[0].attributes


def test_one_codec_in_common_is_enough():
    ours, _ = exchange(
        phone(replace(POLICY, codecs=(OPUS, PCMA))), peer(replace(POLICY, codecs=(PCMU, PCMA)))
    )
    assert names(ours) == ["PCMA"]
