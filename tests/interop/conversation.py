"""A conversation between offhook and baresip, and whether each side hears the other as the codec allows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from firmware.media.codecs import find
from tests.interop import speech
from tests.interop.baresip import SAMPLE_RATES, Account, Baresip
from tests.interop.certificates import Authority
from tests.interop.kamailio import Kamailio
from tests.interop.offhook import CARD_RATE, Offhook, line, talk
from tests.interop.speech import Samples

USERS = {"desk": "a phone on a desk", "bob": "builder"}
MARGIN = 0.2
"""How much of the clean codec's PESQ a call may cost."""
LONGEST_GAP = 0.06
PIECE_SECONDS = 20
"""P.862 judges no more of a recording at once."""
NOISE_MS = 0.5
"""Jitter on loopback (RFC 3550) above which the machine is too noisy to judge what is heard."""
CODECS = {"pcmu": "PCMU", "pcma": "PCMA", "g722": "G722", "opus": "opus"}


@dataclass
class Conversation:
    """Two phones and what each of them says, at the sample rate of baresip's codec."""

    phone: Offhook
    bob: Baresip
    seconds: float
    says: Samples
    bob_says: Samples
    arrival_jitter_ms: float = 0.0

    def begin(self, caller: Literal["offhook", "baresip"], to_bob: str, to_phone: str) -> dict[str, Any]:
        """Call, answer, and return offhook's view of the call once both say that it is up."""
        if caller == "offhook":
            self.phone.ctl("dial", to_bob)
        else:
            self.bob.dial(to_phone)
            self.phone.wait_for_call("incoming")
            self.phone.ctl("answer")
        self.bob.wait_for("CALL_ESTABLISHED")
        return self.phone.wait_for_call("active")

    def talk(self) -> None:
        """Both say their speech to the end."""
        talk(self.seconds + 1.0)

    def end(self) -> None:
        """Hang up at offhook, so that the recordings are complete."""
        quality = self.phone.call()["quality"]
        self.arrival_jitter_ms = 0.0 if quality is None else quality["jitter_ms"]
        self.phone.ctl("hangup")
        self.bob.wait_for("CALL_CLOSED")
        self.phone.wait_for(lambda now: not now["calls"], "forget the call")

    def assert_clean(self) -> None:
        """Each heard the other within `MARGIN` of the clean codec's PESQ, without a gap."""
        rate = self.bob.sample_rate
        assert_heard(self.says, self.bob.heard(), rate, self.bob.codec)
        heard = speech.resample(self.phone.heard(), CARD_RATE, rate)
        assert_heard(self.bob_says, heard, rate, self.bob.codec)


def until_quiet(call: Callable[[int], Conversation], attempts: int = 3) -> None:
    """`call` (which gets the attempt's number) is clean; repeated only while this machine disturbs it.

    On loopback baresip's packets arrive as evenly as it is scheduled, so jitter there is the machine's own.
    """
    for attempt in range(attempts):
        both = call(attempt)
        try:
            both.assert_clean()
        except AssertionError:
            if attempt == attempts - 1 or both.arrival_jitter_ms < NOISE_MS:
                raise
        else:
            return


def assert_heard(said: Samples, heard: Samples, rate: int, codec: str) -> None:
    """`heard` is `said` within `MARGIN` of what the codec leaves of it, without a gap."""
    assert speech.longest_gap(said, heard, rate) <= LONGEST_GAP
    said, heard = speech.aligned(said, heard, rate)
    for at in range(0, len(said), PIECE_SECONDS * rate):
        piece = slice(at, at + PIECE_SECONDS * rate)
        clean = clean_pesq(said[piece], rate, codec)
        assert speech.pesq_nb(said[piece], heard[piece], rate) >= clean - MARGIN


def clean_pesq(said: Samples, rate: int, codec: str) -> float:
    """PESQ of `said` after our own coder and decoder, without a network."""
    kind = find(codec)
    if kind is None:
        raise LookupError(codec)
    encoder, decoder = kind.encoder(20, ""), kind.decoder()
    pcm = speech.resample(said, rate, kind.sample_rate)
    size = kind.sample_rate // 50
    frames = [pcm[at : at + size].tobytes() for at in range(0, len(pcm) - size + 1, size)]
    decoded = [np.frombuffer(bytes(decoder.decode(encoder.encode(frame))), np.int16) for frame in frames]
    return speech.pesq_nb(pcm, np.concatenate(decoded), kind.sample_rate)


def _speeches(codec: str, seconds: float) -> tuple[Samples, Samples]:
    rate = SAMPLE_RATES[codec]
    return speech.samples(seconds, rate), speech.samples(seconds, rate, start=20.0)


@contextmanager
def direct(
    folder: Path,
    codec: str = "pcmu",
    *,
    seconds: float = 8.0,
    encryption: Literal["", "srtp", "srtp-mand"] = "",
    media: dict[str, Any] | None = None,
    answer: Literal["manual", "auto"] = "auto",
    audio: str = "",
    environment: dict[str, str] | None = None,
) -> Iterator[Conversation]:
    """Both on loopback, without a server, over UDP."""
    says, bob_says = _speeches(codec, seconds)
    rate = SAMPLE_RATES[codec]
    settings = {"media": {"codecs": [CODECS[codec]], **(media or {})}}
    mouth = speech.resample(says, rate, CARD_RATE)
    account = Account("bob", encryption=encryption, answer=answer)
    with (
        Offhook(
            folder / "offhook", line(), settings=settings, says=mouth, audio=audio, environment=environment
        ) as phone,
        Baresip(folder / "baresip", account, codec, says=bob_says, lasting=seconds + 30) as bob,
    ):
        yield Conversation(phone, bob, seconds, says, bob_says)


@contextmanager
def through_kamailio(
    folder: Path,
    transport: Literal["udp", "tcp", "tls"],
    codec: str = "pcmu",
    *,
    seconds: float = 8.0,
    suite: str = "",
) -> Iterator[Conversation]:
    """Both registered with digest; over TLS the voice is encrypted, with `suite` if one is named."""
    says, bob_says = _speeches(codec, seconds)
    rate = SAMPLE_RATES[codec]
    authority = Authority(folder / "authority")
    encrypted = transport == "tls"
    media: dict[str, Any] = {"codecs": [CODECS[codec]], "srtp": "required" if encrypted else "off"}
    if suite:
        media["suites"] = [suite]
    with Kamailio(folder / "kamailio", USERS, identity=authority.issue()) as kamailio:
        ours = line(
            address=f"sip:desk@{kamailio.domain}",
            register=True,
            password=USERS["desk"],
            transport=transport,
            outbound_proxy=kamailio.proxy(transport),
        )
        settings = {"media": media, "tls": {"ca_files": [str(authority.certificate)]}}
        theirs = Account(
            "bob",
            kamailio.domain,
            USERS["bob"],
            kamailio.proxy(transport),
            transport,
            "srtp-mand" if encrypted else "",
            "auto",
        )
        with (
            Offhook(
                folder / "offhook", ours, settings=settings, says=speech.resample(says, rate, CARD_RATE)
            ) as phone,
            Baresip(
                folder / "baresip",
                theirs,
                codec,
                says=bob_says,
                lasting=seconds + 30,
                authority=authority.certificate,
            ) as bob,
        ):
            phone.wait_registered()
            bob.wait_registered()
            yield Conversation(phone, bob, seconds, says, bob_says)
