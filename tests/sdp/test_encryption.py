"""Who gets encrypted voice: policy, signalling that hides the keys, and what the peer can."""

from dataclasses import replace

import pytest

from firmware.sdp.errors import NotAcceptable, SdpError
from firmware.sdp.keying import KEY_LENGTHS
from tests.sdp.sessions import POLICY, description, exchange, peer, phone, sent

REQUIRED = replace(POLICY, srtp="required")
OFF = replace(POLICY, srtp="off")
KEY = "inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj"
CRYPTO = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 {KEY}"
PLAIN_STREAM = ("m=audio 6000 RTP/AVP 0",)
OPTIONAL_STREAM = ("m=audio 6000 RTP/AVP 0", CRYPTO)
SECURE_STREAM = ("m=audio 6000 RTP/SAVP 0", CRYPTO)

STREAMS = {"plain": PLAIN_STREAM, "optional": OPTIONAL_STREAM, "secure": SECURE_STREAM}


@pytest.mark.parametrize(
    ("policy", "secure", "cleartext", "profile", "keys"),
    [
        ("required", True, False, "RTP/SAVP", 3),
        ("required", False, True, "RTP/SAVP", 3),
        ("preferred", True, False, "RTP/AVP", 3),
        ("preferred", False, True, "RTP/AVP", 3),
        ("preferred", False, False, "RTP/AVP", 0),
        ("off", True, True, "RTP/AVP", 0),
    ],
)
def test_what_policy_offers(policy, secure, cleartext, profile, keys):
    session = phone(replace(POLICY, srtp=policy, sdes_over_cleartext=cleartext), secure=secure)
    media = session.create_offer().media[0]
    assert (media.profile, len(media.values("crypto"))) == (profile, keys)


def test_required_encryption_without_a_safe_way_for_keys_is_not_offered():
    with pytest.raises(NotAcceptable, match="encryption is required"):
        phone(REQUIRED, secure=False).create_offer()


@pytest.mark.parametrize(
    ("policy", "secure", "stream", "outcome"),
    [
        ("required", True, "plain", 302),
        ("required", True, "optional", "private"),
        ("required", True, "secure", "private"),
        ("preferred", True, "plain", "open"),
        ("preferred", True, "optional", "private"),
        ("preferred", True, "secure", "private"),
        ("preferred", False, "plain", "open"),
        ("preferred", False, "optional", "open"),
        ("preferred", False, "secure", 302),
        ("required", False, "plain", 302),
        ("required", False, "optional", 302),
        ("required", False, "secure", 302),
        ("off", True, "plain", "open"),
        ("off", True, "optional", "open"),
        ("off", True, "secure", 302),
    ],
)
def test_what_policy_takes(policy, secure, stream, outcome):
    session = phone(replace(POLICY, srtp=policy), secure=secure)
    offer = description(*STREAMS[stream])
    if isinstance(outcome, int):
        with pytest.raises(NotAcceptable) as refusal:
            session.receive_offer(offer)
        assert refusal.value.warning_code == outcome
        return
    session.receive_offer(offer)
    answer, media = session.create_answer()
    assert answer.media[0].profile == offer.media[0].profile
    assert (media.srtp is not None, answer.media[0].has("crypto")) == ((outcome == "private"),) * 2


def test_a_stream_with_no_key_that_we_can_use_is_refused():
    with pytest.raises(NotAcceptable) as refusal:
        phone().receive_offer(description("m=audio 6000 RTP/SAVP 0", f"a=crypto:1 F8_128_HMAC_SHA1_80 {KEY}"))
    assert refusal.value.warning_code == 306


@pytest.mark.parametrize("suite", KEY_LENGTHS)
def test_every_suite_gives_both_ends_the_same_keys(suite):
    ours, theirs = exchange(phone(replace(REQUIRED, suites=(suite,))), peer())
    assert ours.srtp.suite == theirs.srtp.suite == suite
    assert (ours.srtp.send, ours.srtp.receive) == (theirs.srtp.receive, theirs.srtp.send)
    assert ours.srtp.send != ours.srtp.receive
    assert len(ours.srtp.send) == KEY_LENGTHS[suite]


def test_the_offerers_first_suite_wins():
    theirs = replace(POLICY, suites=("AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"))
    ours, _ = exchange(
        phone(replace(POLICY, suites=("AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80"))), peer(theirs)
    )
    assert ours.srtp.suite == "AEAD_AES_256_GCM"


@pytest.mark.parametrize(
    "stream",
    [
        ("m=audio 6000 RTP/AVP 0", CRYPTO.replace(":1 ", ":9 ")),
        ("m=audio 6000 RTP/AVP 0", CRYPTO.replace(":1 ", ":2 ")),
        ("m=audio 6000 RTP/AVP 0", CRYPTO, CRYPTO.replace(":1 ", ":2 ")),
        ("m=audio 6000 RTP/AVP 0", CRYPTO + "AAAA"),
        ("m=audio 6000 RTP/SAVP 0",),
        ("m=audio 6000 UDP/TLS/RTP/SAVP 0", CRYPTO),
    ],
    ids=["tag", "suite", "two", "length", "none", "other"],
)
def test_an_answer_with_the_wrong_key_is_an_error_and_never_plain_voice(stream):
    session = phone()
    session.create_offer()
    with pytest.raises(SdpError):
        session.receive_answer(description(*stream))


def test_required_encryption_answered_plain_is_an_error():
    session = phone(REQUIRED)
    session.create_offer()
    with pytest.raises(SdpError, match="without the key"):
        session.receive_answer(description(*PLAIN_STREAM))


@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/SAVP"])
def test_an_optional_offer_may_be_answered_with_a_key_in_either_profile(profile):
    """RFC 8643 keeps RTP/AVP; some gateways say RTP/SAVP."""
    session = phone(replace(POLICY, suites=("AES_CM_128_HMAC_SHA1_80",)))
    session.create_offer()
    assert session.receive_answer(description(f"m=audio 6000 {profile} 0", CRYPTO)).srtp is not None


def test_an_optional_offer_may_be_answered_plain():
    session = phone()
    session.create_offer()
    assert session.receive_answer(description(*PLAIN_STREAM)).srtp is None


def test_keys_in_the_answer_to_a_plain_offer_mean_nothing():
    session = phone(OFF)
    session.create_offer()
    assert session.receive_answer(description(*OPTIONAL_STREAM)).srtp is None


def test_a_new_offer_keeps_the_keys_and_the_profile():
    ours, other = phone(), peer(REQUIRED)
    first, _ = exchange(other, ours)
    again, _ = exchange(ours, other, offered="sendonly")
    assert (again.srtp.send, again.srtp.receive) == (first.srtp.receive, first.srtp.send)
    assert ours.create_offer().media[0].profile == "RTP/SAVP"


def test_a_re_key_changes_our_key_only():
    ours, other = phone(), peer()
    first, _ = exchange(ours, other)
    ours.rekey()
    second, _ = exchange(ours, other)
    assert second.srtp.send != first.srtp.send
    assert second.srtp.receive == first.srtp.receive


def test_a_peer_may_re_key():
    ours, other = phone(), peer()
    first, _ = exchange(ours, other)
    other.rekey()
    ours.receive_offer(sent(other.create_offer()))
    _, second = ours.create_answer()
    assert second.srtp.receive != first.srtp.receive
    assert second.srtp.send == first.srtp.send
