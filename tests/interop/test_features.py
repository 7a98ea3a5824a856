"""What a telephone does besides talking: holding, digits, early media, dead servers, IPv6, a real card."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import pytest

from tests.interop import speech
from tests.interop.baresip import Account, Baresip
from tests.interop.certificates import DOMAIN, Authority
from tests.interop.conversation import (
    NOISE_MS,
    USERS,
    Conversation,
    direct,
    through_kamailio,
    until_quiet,
)
from tests.interop.dns import Address, DnsServer, Srv
from tests.interop.ear import Ear
from tests.interop.jack import Jack
from tests.interop.kamailio import Kamailio
from tests.interop.offhook import Offhook, line, talk
from tests.interop.ports import free_port
from tests.interop.test_troubles import loud_seconds

pytestmark = pytest.mark.interop

FAIL_OVER_SECONDS = 4.0
A_WHILE = 3.0
"""Seconds of speech that hold sound for a second at least."""


def heard_since(phone: Offhook, start: int) -> float:
    """Seconds of sound in what the ear heard from a sample on."""
    return loud_seconds(phone.heard()[start:])


# Within a call


@contextmanager
def with_an_ear(folder: Path, answer: Literal["manual", "auto"]) -> Iterator[tuple[Conversation, Ear]]:
    """Both direct, and an ear at baresip's loudspeaker: its recording of a call ends at a re-INVITE."""
    says = speech.samples(25.0, 8000)
    with (
        Jack(folder / "jack", 8000) as jack,
        Ear(folder / "ear", jack) as ear,
        Offhook(folder / "offhook", line()) as phone,
        Baresip(folder / "baresip", Account("bob", answer=answer), says=says, ear=jack) as bob,
    ):
        yield Conversation(phone, bob, 25.0, says, says), ear


def talk_again(both: Conversation, ear: Ear) -> None:
    """After a resume offhook hears baresip; what the ear hears of offhook is complete later."""
    start = len(both.phone.heard())
    ear.listen_to("baresip")
    talk(A_WHILE)
    assert heard_since(both.phone, start) > 1.0
    both.end()


@pytest.mark.timed
def test_hold_by_offhook_silences_it_and_resume_brings_both_back(tmp_path: Path) -> None:
    with with_an_ear(tmp_path, "auto") as (both, ear):
        both.begin("offhook", both.bob.uri, both.phone.uri)
        both.phone.ctl("hold")
        both.phone.wait_for_call("held")
        talk(0.5)  # what is on the way arrives
        start = len(both.phone.heard())
        talk(2.0)
        assert heard_since(both.phone, start) == 0.0
        both.phone.ctl("resume")
        both.phone.wait_for_call("active")
        talk_again(both, ear)
    assert loud_seconds(ear.heard(), 8000) > 1.0


@pytest.mark.timed
def test_hold_by_baresip_is_shown_and_over_when_it_resumes(tmp_path: Path) -> None:
    with with_an_ear(tmp_path, "manual") as (both, ear):
        both.begin("baresip", both.bob.uri, both.phone.uri)
        both.bob.command("hold")
        both.phone.wait_for(lambda now: now["calls"][0]["held_by_peer"], "be held")
        both.bob.command("resume")
        both.phone.wait_for(lambda now: not now["calls"][0]["held_by_peer"], "be resumed")
        talk_again(both, ear)
    assert loud_seconds(ear.heard(), 8000) > 1.0


def test_digits_reach_baresip_once_each_and_in_order(tmp_path: Path) -> None:
    with direct(tmp_path) as both:
        both.begin("offhook", both.bob.uri, both.phone.uri)
        both.phone.ctl("dtmf", "12#")
        assert [both.bob.wait_for("CALL_DTMF_START")["param"] for _ in range(3)] == ["1", "2", "#"]


@pytest.mark.timed
def test_digits_from_baresip_do_not_disturb_the_call(tmp_path: Path) -> None:
    with direct(tmp_path, seconds=20.0) as both:
        both.begin("offhook", both.bob.uri, both.phone.uri)
        for digit in "7*":
            both.bob.press(digit)
        start = len(both.phone.heard())
        talk(A_WHILE)
        assert heard_since(both.phone, start) > 1.0
        both.end()
    rate = both.bob.sample_rate
    assert loud_seconds(both.bob.heard()[-round(A_WHILE * rate) :], rate) > 1.0


# Before and instead of a call


def test_early_media_is_shown_until_the_answer(tmp_path: Path) -> None:
    """baresip 1.0 describes its voice before the answer but speaks only after it."""
    with direct(tmp_path, answer="early", seconds=20.0) as both:
        both.phone.ctl("dial", both.bob.uri)
        both.phone.wait_for(lambda now: now["calls"] and now["calls"][0]["early_media"], "have early media")
        both.bob.accept()
        both.bob.wait_for("CALL_ESTABLISHED")
        assert not both.phone.wait_for_call("active")["early_media"]
        both.phone.wait_until(lambda: loud_seconds(both.phone.heard()) > 0.5, "hear baresip")


def test_caller_who_gives_up_leaves_a_missed_call(tmp_path: Path) -> None:
    with direct(tmp_path) as both:
        both.bob.dial(both.phone.uri)
        both.phone.wait_for_call("incoming")
        both.bob.hang_up()
        missed = both.phone.wait_for(lambda now: now["missed"], "count a missed call")
        assert (missed["missed"], missed["calls"]) == (1, [])
        assert "Missed call from bob." in both.phone.ctl("status")


def test_busy_is_said(tmp_path: Path) -> None:
    with direct(tmp_path, answer="manual") as both:
        both.phone.ctl("dial", both.bob.uri)
        both.bob.wait_for("CALL_INCOMING")
        both.bob.hang_up()
        call = both.phone.wait_for_call("failed")
        assert (call["status"], call["words"]) == (486, "busy (486)")


def test_refused_call_ends_at_the_caller(tmp_path: Path) -> None:
    with direct(tmp_path) as both:
        both.bob.dial(both.phone.uri)
        both.phone.wait_for_call("incoming")
        both.phone.ctl("hangup")
        assert "603" in both.bob.wait_for("CALL_CLOSED")["param"]
        assert both.phone.status()["missed"] == 0


# Two of us


def assert_talk(caller: Offhook, callee: Offhook, target: str) -> str:
    """They talk for a while and hear each other; returns what both say of the call's privacy."""
    caller.ctl("dial", target)
    callee.wait_for_call("incoming")
    callee.ctl("answer")
    calls = caller.wait_for_call("active"), callee.wait_for_call("active")
    talk(A_WHILE)
    assert loud_seconds(caller.heard()) > 1.0
    assert loud_seconds(callee.heard()) > 1.0
    caller.ctl("hangup")
    callee.wait_for_call("ended")
    (privacy,) = {call["privacy"] for call in calls}
    return str(privacy)


@pytest.mark.timed
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_over_ipv6(tmp_path: Path, transport: str) -> None:
    """Signalling and voice both; there is no IPv4 address that either could use."""
    port = free_port()
    ours = line(address="sip:desk@[::1]", transport=transport)
    network = {"hosts": ["::1"]}
    with (
        Offhook(tmp_path / "caller", ours, settings={"network": network}) as caller,
        Offhook(
            tmp_path / "callee", ours, settings={"network": {**network, f"{transport}_port": port}}
        ) as callee,
    ):
        target = f"sip:desk@[::1]:{port};transport={transport}"
        assert assert_talk(caller, callee, target) == "not private"


@pytest.mark.timed
def test_two_offhooks_talk_privately(tmp_path: Path) -> None:
    """Registered at Kamailio over TLS, with SRTP, the strongest suite that we have."""
    authority = Authority(tmp_path / "authority")
    settings = {"tls": {"ca_files": [str(authority.certificate)]}, "media": {"srtp": "required"}}
    with ExitStack() as stack:
        kamailio = stack.enter_context(Kamailio(tmp_path / "kamailio", USERS, identity=authority.issue()))
        phones = []
        for user, password in USERS.items():
            ours = line(
                address=f"sip:{user}@{DOMAIN}",
                register=True,
                password=password,
                transport="tls",
                outbound_proxy=kamailio.proxy("tls"),
            )
            phones.append(stack.enter_context(Offhook(tmp_path / user, ours, settings=settings)))
        for phone in phones:
            phone.wait_registered()
        assert assert_talk(*phones, "bob") == "private"


# Registrars


def test_registers_with_sha_256(tmp_path: Path) -> None:
    with Kamailio(tmp_path / "kamailio", USERS, algorithm="SHA-256") as kamailio:
        ours = line(
            address=f"sip:desk@{DOMAIN}",
            register=True,
            password=USERS["desk"],
            outbound_proxy=kamailio.proxy(),
        )
        with Offhook(tmp_path / "offhook", ours) as phone:
            phone.wait_registered()


@pytest.mark.timed
@pytest.mark.parametrize(
    ("transport", "first"), [("tcp", "refusing"), ("udp", "refusing"), ("udp", "silent")]
)
def test_second_server_of_a_domain_is_used_when_the_first_is_dead(
    tmp_path: Path, transport: Literal["udp", "tcp"], first: Literal["refusing", "silent"]
) -> None:
    """SRV names two; the first refuses, or takes datagrams and never answers."""
    with ExitStack() as stack:
        dead = free_port()
        if first == "silent":
            taker = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            taker.bind(("127.0.0.1", dead))
        kamailio = stack.enter_context(Kamailio(tmp_path / "kamailio", USERS))
        service = f"_sip._{transport}.{DOMAIN}"
        records = (
            Srv(service, f"first.{DOMAIN}", dead, priority=1),
            Srv(service, f"second.{DOMAIN}", kamailio.port, priority=2),
            Address(f"first.{DOMAIN}", "127.0.0.1"),
            Address(f"second.{DOMAIN}", "127.0.0.1"),
        )
        names = stack.enter_context(DnsServer(tmp_path / "dns", records))
        ours = line(address=f"sip:desk@{DOMAIN}", register=True, password=USERS["desk"], transport=transport)
        settings = {"dns": {"servers": [f"127.0.0.1:{names.port}"]}}
        phone = stack.enter_context(Offhook(tmp_path / "offhook", ours, settings=settings))
        phone.wait_registered(seconds=FAIL_OVER_SECONDS)
        assert "registration failed" not in phone.log()


# A sound card, and a long call


@pytest.mark.timed
def test_a_call_on_a_sound_card(tmp_path: Path) -> None:
    """PortAudio on JACK's dummy driver, its ear joined to its mouth: baresip hears itself as it spoke."""

    def call(attempt: int) -> Conversation:
        folder = tmp_path / str(attempt)
        with (
            Jack(folder / "jack") as jack,
            direct(folder, audio="portaudio", environment=jack.environment) as both,
        ):
            both.begin("offhook", both.bob.uri, both.phone.uri)
            both.phone.wait_for(lambda now: now["sound"]["state"] == "running", "open the card")
            jack.connect("PortAudio:out_0", "PortAudio:in_0")
            both.talk()
            sound, quality = both.phone.status()["sound"], both.phone.call()["quality"]
            assert (sound["state"], sound["words"]) == ("running", "")
            assert "JACK" in sound["driver"]
            assert quality["words"].startswith("sound is good")
            assert quality["sent"] >= 240, "the latest report is of 5 s into the call"
            both.end()
        return both

    for attempt in range(3):
        both = call(attempt)
        rate = both.bob.sample_rate
        heard = speech.pesq_nb(both.bob_says[rate:], both.bob.heard()[rate:], rate)
        if heard > 3.5 or both.arrival_jitter_ms < NOISE_MS:
            break
    assert heard > 3.5
    assert loud_seconds(both.bob.heard(), rate) > 0.8 * loud_seconds(both.bob_says, rate)


@pytest.mark.timed
@pytest.mark.timeout(300)
def test_a_minute_is_as_clean_as_its_first_second(tmp_path: Path) -> None:
    """Over TLS at Kamailio with SRTP: no gap over 60 ms and PESQ within 0.2 of the codec's, both ways."""

    def call(attempt: int) -> Conversation:
        with through_kamailio(tmp_path / str(attempt), "tls", seconds=60.0) as both:
            domain = both.bob.account.domain
            seen = both.begin("offhook", f"sip:bob@{domain}", f"sip:desk@{domain}")
            assert seen["privacy"] == "private"
            both.talk()
            both.end()
        return both

    until_quiet(call)
