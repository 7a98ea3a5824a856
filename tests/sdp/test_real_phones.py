"""What we make of the offers of real telephones."""

from dataclasses import replace

import pytest

from firmware.sdp.description import SessionDescription
from firmware.sdp.negotiation import SrtpKeys
from tests.sdp.phones import ASTERISK, BARESIP, LINPHONE, OFFERS, OLD_GATEWAY, TWO_STREAMS, YEALINK
from tests.sdp.sessions import POLICY, phone, sent


def answered(text, *, host="192.0.2.1", secure=True, **policy):
    session = phone(replace(POLICY, **policy), host=host, secure=secure)
    session.receive_offer(SessionDescription.parse(text.encode()))
    answer, media = session.create_answer()
    return sent(answer), media


def test_baresip_gets_its_numbers_and_the_first_suite_that_we_can_do():
    answer, media = answered(BARESIP)
    assert answer.media[0].formats == ("96", "9", "0", "8", "101")
    assert media.codecs[0].fmtp == "stereo=1;sprop-stereo=1"
    assert (media.telephone_event, media.telephone_event_rate) == (101, 8000)
    assert media.remote_rtcp == ("192.0.2.2", 17241)
    assert isinstance(media.srtp, SrtpKeys)
    assert media.srtp.suite == "AES_CM_128_HMAC_SHA1_80"
    assert answer.media[0].value("crypto").startswith("2 AES_CM_128_HMAC_SHA1_80 inline:")


def test_baresip_over_cleartext_gets_plain_voice_in_the_same_profile():
    answer, media = answered(BARESIP, secure=False)
    assert media.srtp is None
    assert (answer.media[0].profile, answer.media[0].has("crypto")) == ("RTP/AVP", False)


def test_asterisk_gets_srtp():
    answer, media = answered(ASTERISK)
    assert answer.media[0].profile == "RTP/SAVP"
    assert media.srtp is not None
    assert media.srtp.receive == b"70xwPH5@/,L:S1wY\"~='EpgT%(i_Vc"
    assert [one.payload_type for one in media.codecs] == [107, 9, 0]


def test_yealink_with_optional_encryption_is_answered_encrypted_in_its_profile():
    answer, media = answered(YEALINK)
    assert (answer.media[0].profile, media.srtp is not None) == ("RTP/AVP", True)
    assert answer.media[0].formats == ("9", "0", "8", "101")


def test_linphone_is_answered_in_its_profile_with_its_video_refused():
    answer, media = answered(LINPHONE, host="2001:db8::1")
    assert [(one.profile, one.port) for one in answer.media] == [("RTP/AVPF", 4000), ("RTP/AVPF", 0)]
    assert (media.telephone_event, media.telephone_event_rate) == (99, 48000)
    assert media.remote == ("2001:db8::2", 7078)


@pytest.mark.parametrize(
    ("policy", "ports"), [("preferred", [0, 4000]), ("required", [0, 4000]), ("off", [4000, 0])]
)
def test_of_a_stream_offered_twice_the_encrypted_one_is_taken_if_policy_lets(policy, ports):
    answer, media = answered(TWO_STREAMS, srtp=policy)
    assert [one.port for one in answer.media] == ports
    assert (media.srtp is None) == (policy == "off")


def test_an_old_gateway_is_understood():
    answer, media = answered(OLD_GATEWAY)
    assert [one.name for one in media.codecs] == ["PCMU"]
    assert (media.ptime_ms, media.telephone_event) == (10, None)
    assert answer.media[0].formats == ("0",)


@pytest.mark.parametrize("name", OFFERS)
def test_what_was_read_is_written_again(name):
    """Up to the order of lines, which the RFC fixes and the old gateway does not keep."""
    written = str(SessionDescription.parse(OFFERS[name].encode()))
    lines, original = written.splitlines(), OFFERS[name].splitlines()
    if name != "old gateway":
        assert sorted(lines) == sorted(original)
    assert str(SessionDescription.parse(written.encode())) == written
