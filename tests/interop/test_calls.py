"""Calls between offhook and baresip: both directions, every codec, plain and encrypted."""

from pathlib import Path
from typing import Literal

import pytest

from tests.interop.conversation import Conversation, direct, through_kamailio, until_quiet

pytestmark = [pytest.mark.interop, pytest.mark.timed]

Caller = Literal["offhook", "baresip"]


@pytest.mark.parametrize("caller", ["offhook", "baresip"])
@pytest.mark.parametrize("codec", ["pcmu", "pcma", "g722", "opus"])
def test_each_hears_the_other(tmp_path: Path, codec: str, caller: Caller) -> None:
    """Direct, UDP, not encrypted, and the screen says so."""

    def call(attempt: int) -> Conversation:
        folder = tmp_path / str(attempt)
        with direct(folder, codec, answer="auto" if caller == "offhook" else "manual") as both:
            seen = both.begin(caller, both.bob.uri, both.phone.uri)
            assert seen["codec"].lower() == codec
            assert seen["privacy"] == "not private"
            both.talk()
            both.end()
        return both

    until_quiet(call)


@pytest.mark.parametrize("caller", ["offhook", "baresip"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_registered_at_kamailio(
    tmp_path: Path, transport: Literal["udp", "tcp", "tls"], caller: Caller
) -> None:
    """Digest, record-route, and over TLS with SRTP required: private in words."""

    def call(attempt: int) -> Conversation:
        with through_kamailio(tmp_path / str(attempt), transport) as both:
            domain = both.bob.account.domain
            seen = both.begin(caller, f"sip:bob@{domain}", f"sip:desk@{domain}")
            assert seen["privacy"] == ("private" if transport == "tls" else "not private")
            both.talk()
            both.end()
        return both

    until_quiet(call)


@pytest.mark.parametrize("suite", ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"])
def test_every_suite_is_understood(tmp_path: Path, suite: str) -> None:
    """SDES keys over cleartext are allowed here by the settings only; baresip insists on encryption."""
    media = {"srtp": "required", "suites": [suite], "sdes_over_cleartext": True}

    def call(attempt: int) -> Conversation:
        folder = tmp_path / str(attempt)
        with direct(folder, encryption="srtp-mand", media=media, seconds=4.0) as both:
            seen = both.begin("offhook", both.bob.uri, both.phone.uri)
            assert seen["privacy"] == "not private"
            assert "key was sent in clear" in seen["privacy_words"]
            both.talk()
            both.end()
        return both

    until_quiet(call)
