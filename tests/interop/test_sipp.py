"""Scripted calls of SIPp: what a well-behaved phone never does, and what a network does to it, over UDP."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.offhook import Offhook, line
from tests.interop.sipp import Sipp

pytestmark = pytest.mark.interop

SCENARIOS = Path(__file__).parent / "scenarios"
SECONDS = 8
"""Longest time for a scenario."""
PASSWORD = "open sesame"
ANYBODY = {"callers": ["*@*"]}


@pytest.fixture(scope="module")
def telephone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offhook]:
    """One phone for all scripts: its line `desk` answers by itself, its line `hand` waits for a hand."""
    lines = line("desk", auto_answer=ANYBODY) + line("hand", address="sip:hand@127.0.0.1", order=1)
    with Offhook(tmp_path_factory.mktemp("offhook"), lines, audio="null") as phone:
        yield phone


@pytest.fixture
def phone(telephone: Offhook) -> Iterator[Offhook]:
    """The phone without a call, before the test and after it."""
    yield telephone
    while telephone.status()["calls"]:
        telephone.ctl("hangup")


def calling(folder: Path, script: str, phone: Offhook, line_: str = "desk") -> Sipp:
    """SIPp calls a line of the phone."""
    target = f"127.0.0.1:{phone.port}"
    return Sipp(folder, SCENARIOS / f"{script}.xml", target, service=line_, seconds=SECONDS)


def taking(folder: Path, script: str, calls: int = 1, **fields: str) -> Sipp:
    """SIPp waits for calls; `fields` fill the script's [name] fields, as -key does not in a status line."""
    text = (SCENARIOS / f"{script}.xml").read_text()
    for name, value in fields.items():
        text = text.replace(f"[{name}]", value)
    folder.mkdir(parents=True, exist_ok=True)
    filled = folder / f"{script}.xml"
    filled.write_text(text)
    return Sipp(folder, filled, calls=calls, seconds=SECONDS)


def dial(phone: Offhook, sipp: Sipp) -> None:
    phone.ctl("dial", f"sip:x@{sipp.address}")


def received(sipp: Sipp, first_line: str, cseq: str) -> list[str]:
    """The messages that reached SIPp, by how they begin and what they belong to."""
    pieces = re.split(r"^-{20,}.*\n", sipp.messages(), flags=re.MULTILINE)
    messages = [text.split("\n\n", 1)[1] for text in pieces if "message received" in text]
    wanted = [text for text in messages if text.startswith(first_line)]
    return [text for text in wanted if re.search(rf"^CSeq: \d+ {cseq}\s*$", text, re.MULTILINE)]


def until_idle(phone: Offhook) -> None:
    phone.wait_for(lambda now: not any(call["phase"] == "active" for call in now["calls"]), "end the call")


# A call


def test_called_by_sipp_which_hangs_up(phone: Offhook, tmp_path: Path) -> None:
    with calling(tmp_path, "call", phone) as sipp:
        sipp.finish()
    until_idle(phone)


def test_called_by_sipp_and_hangs_up(phone: Offhook, tmp_path: Path) -> None:
    with calling(tmp_path, "call-until-bye", phone) as sipp:
        assert phone.wait_for_call("active")["codec"] == "PCMU"
        phone.ctl("hangup")
        sipp.finish()


def test_calls_sipp(phone: Offhook, tmp_path: Path) -> None:
    with taking(tmp_path, "take") as sipp:
        dial(phone, sipp)
        phone.wait_for_call("active")
        phone.ctl("hangup")
        sipp.finish()


def test_late_offer_is_answered_in_the_ack(phone: Offhook, tmp_path: Path) -> None:
    """An INVITE without a description: the offer is in our 200."""
    with calling(tmp_path, "late-offer", phone) as sipp:
        assert phone.wait_for_call("active")["codec"] == "PCMU"
        sipp.finish()
    until_idle(phone)


# CANCEL


def test_caller_cancels(phone: Offhook, tmp_path: Path) -> None:
    """It stops ringing and counts as missed."""
    missed = phone.status()["missed"]
    with calling(tmp_path, "cancel", phone, "hand") as sipp:
        sipp.finish()
    phone.wait_for(lambda now: now["missed"] == missed + 1 and not now["calls"], "miss the call")


def test_callers_cancel_comes_after_our_200(phone: Offhook, tmp_path: Path) -> None:
    """The CANCEL gets its 200, and the call stays up until the BYE."""
    with calling(tmp_path, "cancel-after-200", phone) as sipp:
        sipp.finish()
    until_idle(phone)
    assert not received(sipp, "SIP/2.0 487", "INVITE")


def test_our_cancel_is_obeyed(phone: Offhook, tmp_path: Path) -> None:
    with taking(tmp_path, "cancelled") as sipp:
        dial(phone, sipp)
        phone.wait_for_call("ringing")
        phone.ctl("hangup")
        sipp.finish()
    phone.wait_for(lambda now: not now["calls"], "forget the call")


def test_our_cancel_crosses_a_200(phone: Offhook, tmp_path: Path) -> None:
    """The answer that came too late is acknowledged and hung up, and never becomes a call."""
    with taking(tmp_path, "answer-despite-cancel") as sipp:
        dial(phone, sipp)
        phone.wait_for_call("ringing")
        phone.ctl("hangup")
        sipp.finish()
    phone.wait_for(lambda now: not now["calls"], "forget the call")


# Repetitions


def test_invite_is_repeated_until_heard(phone: Offhook, tmp_path: Path) -> None:
    """Timer A: nobody answers the first two INVITEs, so that a third one comes after 1.5 s."""
    with taking(tmp_path, "silent") as sipp:
        dial(phone, sipp)
        phone.wait_for_call("active")
        phone.ctl("hangup")
        sipp.finish()
    assert len(received(sipp, "INVITE ", "INVITE")) == 3


def test_success_is_repeated_until_acknowledged(phone: Offhook, tmp_path: Path) -> None:
    """The 200 comes again after 0.5 s, and no more after the ACK."""
    with calling(tmp_path, "slow-ack", phone) as sipp:
        sipp.finish()
    assert len(received(sipp, "SIP/2.0 200", "INVITE")) == 2


def test_a_repeated_invite_is_one_call(phone: Offhook, tmp_path: Path) -> None:
    """The phone rings once, and every response has the same tag."""
    with calling(tmp_path, "twice", phone, "hand") as sipp:
        phone.wait_for_call("incoming")
        assert len(phone.status()["calls"]) == 1
        phone.ctl("answer")
        phone.wait_for_call("active")
        phone.ctl("hangup")
        sipp.finish()
    ringing = received(sipp, "SIP/2.0 180", "INVITE")
    answers = ringing + received(sipp, "SIP/2.0 200", "INVITE")
    assert ringing
    assert len({re.findall(r"^To: .*;tag=(\S+)", text, re.MULTILINE)[0] for text in answers}) == 1


# Digest


def proves(credentials: str, method: str) -> bool:
    """Whether the digest is the right one (RFC 7616 section 3.4.1, with MD5 and qop "auth")."""
    field = dict(re.findall(r'(\w+)="?([^",\s]+)"?', credentials))
    secret = md5("desk", "desk.example", PASSWORD)
    answer = md5(secret, field["nonce"], field["nc"], field["cnonce"], "auth", md5(method, field["uri"]))
    return field["qop"] == "auth" and field["response"] == answer


def md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode()).hexdigest()


@pytest.mark.parametrize(
    ("status", "challenge"),
    [
        ("401 Unauthorized", "WWW-Authenticate"),
        ("407 Proxy Authentication Required", "Proxy-Authenticate"),
    ],
)
def test_password_is_proven(tmp_path: Path, status: str, challenge: str) -> None:
    """To the registrar, where SIPp checks it, and to the proxy; the line unregisters at the end."""
    with taking(tmp_path / "sipp", "challenge", 2, status=status, challenge=challenge) as server:
        values = {"password": PASSWORD, "realm": "desk.example", "registrar": server.address}
        with Offhook(tmp_path / "offhook", line(register=True, **values), audio="null") as phone:
            phone.wait_registered()
            phone.ctl("dial", "sip:x@127.0.0.1")
            phone.wait_for_call("active")
            phone.ctl("hangup")
        server.finish()
    first, second = received(server, "INVITE ", "INVITE")
    assert "uthorization:" not in first
    answer = challenge.replace("Authenticate", "Authorization").removeprefix("WWW-")
    assert proves(re.findall(rf"^{answer}: Digest (.*)$", second, re.MULTILINE)[0], "INVITE")
    assert len(received(server, "REGISTER ", "REGISTER")) == 3


# 3xx to 6xx


def test_redirection_is_followed(phone: Offhook, tmp_path: Path) -> None:
    with (
        taking(tmp_path / "new", "take") as new,
        taking(tmp_path / "old", "moved", elsewhere=new.address) as old,
    ):
        dial(phone, old)
        phone.wait_for_call("active")
        old.finish()
        phone.ctl("hangup")
        new.finish()
    (invite,) = received(new, "INVITE ", "INVITE")
    assert invite.startswith(f"INVITE sip:y@{new.address} ")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("404 Not Found", "nobody has this number (404)"),
        ("486 Busy Here", "busy (486)"),
        ("503 Service Unavailable", "the server is overloaded or closed (503)"),
        ("603 Decline", "declined (603)"),
    ],
)
def test_refusal_is_told_in_words(phone: Offhook, tmp_path: Path, status: str, words: str) -> None:
    """The call is shown as failed, with the reason; the refusal is acknowledged once."""
    with taking(tmp_path, "refuse", status=status) as sipp:
        dial(phone, sipp)
        failed = phone.wait_for_call("failed")
        sipp.finish()
    assert failed["words"] == words
    assert failed["status"] == int(status[:3])
    assert len(received(sipp, "INVITE ", "INVITE")) == 1
