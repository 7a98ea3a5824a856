"""What goes wrong around a telephone: it says so in words, and nothing that still works is lost."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from tests.interop import speech
from tests.interop.certificates import Authority, Identity
from tests.interop.conversation import USERS, direct, through_kamailio
from tests.interop.kamailio import Kamailio
from tests.interop.offhook import CARD_RATE, ROOT, Offhook, line, talk
from tests.interop.ports import free_port
from tests.interop.speech import Samples

pytestmark = pytest.mark.interop

BACK_AFTER = 3.0
"""Seconds within which sound is back after the voice process died."""


def registering(
    kamailio: Kamailio, transport: Literal["udp", "tcp", "tls"], password: str = USERS["desk"]
) -> str:
    """A line of the user "desk" at Kamailio."""
    return line(
        address=f"sip:desk@{kamailio.domain}",
        register=True,
        password=password,
        transport=transport,
        outbound_proxy=kamailio.proxy(transport),
    )


def failure(phone: Offhook, seconds: float = 10.0) -> str:
    """The reason of the first failed registration: in the log, and the same words in the status."""
    before = "registration failed desk: "
    log = phone.wait_until(lambda: before in phone.log() and phone.log(), "say that it failed", seconds)
    reason = str(log).split(before)[1].splitlines()[0]
    shown = phone.status()["lines"][0]
    assert (shown["registration"], shown["words"]) == ("failed", reason)
    assert reason in phone.ctl("status")
    return reason


def loud_seconds(heard: Samples, rate: int = CARD_RATE) -> float:
    """How many seconds of a recording hold sound, in blocks of 10 ms."""
    return float(speech.loud(heard, rate).sum()) * speech.BLOCK_MS / 1000


# Registrars


@pytest.mark.parametrize(("transport", "words"), [("udp", "no answer"), ("tcp", "it refuses the connection")])
def test_unreachable_registrar_is_told_and_tried_again(
    tmp_path: Path, transport: Literal["udp", "tcp"], words: str
) -> None:
    """Nobody is at the port at first; the line registers by itself once somebody is."""
    kamailio = Kamailio(tmp_path / "kamailio", USERS)
    with Offhook(tmp_path / "offhook", registering(kamailio, transport)) as phone:
        assert failure(phone, seconds=40.0).endswith(words)
        assert phone.status()["lines"][0]["retry_at"] is not None
        with kamailio:
            phone.wait_registered(seconds=20.0)
            assert phone.status()["lines"][0]["words"] == ""


def test_wrong_password_is_said(tmp_path: Path) -> None:
    with (
        Kamailio(tmp_path / "kamailio", USERS) as kamailio,
        Offhook(tmp_path / "offhook", registering(kamailio, "udp", "a guess")) as phone,
    ):
        assert "password" in failure(phone)
        assert phone.status()["lines"][0]["retry_at"] is not None


@pytest.mark.parametrize("fault", ["expired", "wrong name", "unknown authority"])
def test_bad_certificate_is_refused_with_its_fault(tmp_path: Path, fault: str) -> None:
    """The server is right in everything else, and the password is never sent to it."""
    trusted = Authority(tmp_path / "trusted")
    stranger = Authority(tmp_path / "stranger", "stranger")
    faults: dict[str, tuple[Identity, str]] = {
        "expired": (trusted.expired(), "its certificate has expired"),
        "wrong name": (trusted.wrong_name(), "its certificate is not for 127.0.0.1"),
        "unknown authority": (
            stranger.issue(),
            "its certificate comes from an authority that this phone does not trust",
        ),
    }
    identity, words = faults[fault]
    settings = {"tls": {"ca_files": [str(trusted.certificate)], "trust_system": False}}
    with (
        Kamailio(tmp_path / "kamailio", USERS, identity=identity) as kamailio,
        Offhook(tmp_path / "offhook", registering(kamailio, "tls"), settings=settings) as phone,
    ):
        assert failure(phone).endswith(words)


def test_unknown_number_is_told_in_words(tmp_path: Path) -> None:
    """Kamailio answers 404; the call stays on the display long enough to be read."""
    with through_kamailio(tmp_path, "udp") as both:
        both.phone.ctl("dial", "4711")
        call = both.phone.wait_for_call("failed")
        assert (call["status"], call["words"]) == (404, "nobody has this number (404)")


# Sound


def test_without_a_sound_card_calls_still_work(tmp_path: Path) -> None:
    """The status names the card that is missing; baresip's voice arrives, and silence is sent in time."""
    with direct(tmp_path, audio="portaudio:nosuchcard") as both:
        both.begin("offhook", both.bob.uri, both.phone.uri)
        both.phone.wait_for(lambda now: now["sound"]["state"] == "failed", "say that there is no card")
        assert "no sound card called 'nosuchcard'" in both.phone.ctl("status")
        counted = both.phone.wait_for(lambda now: now["calls"][0]["quality"], "measure the call")
        assert counted["calls"][0]["quality"]["received"] > 20
        assert counted["calls"][0]["quality"]["sent"] > 20
        both.end()


def children(pid: int) -> dict[int, str]:
    """The processes that a process started, and their command lines."""
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child): Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ") for child in started}


@pytest.mark.timed
def test_killed_voice_process_costs_a_moment_of_sound(tmp_path: Path) -> None:
    """The call stays, on the same ports, and both hear each other again within `BACK_AFTER`."""
    with direct(tmp_path, seconds=20.0) as both:
        phone = both.phone
        call = both.begin("offhook", both.bob.uri, phone.uri)
        phone.wait_until(lambda: loud_seconds(phone.heard()) > 0.5, "hear baresip")
        (voice,) = (
            pid for pid, command in children(phone.pid).items() if "firmware.media.process" in command
        )
        (phone.folder / "ear.wav").unlink()  # the successor records into a new file
        os.kill(voice, signal.SIGKILL)
        phone.wait_until(lambda: loud_seconds(phone.heard()) > 0.2, "hear baresip again", BACK_AFTER)
        again = phone.call()
        assert (again["id"], again["phase"]) == (call["id"], "active")
        talk(2.5)
        both.end()
    rate = both.bob.sample_rate
    assert loud_seconds(both.bob.heard()[-2 * rate :], rate) > 0.5, "baresip hears offhook again, too"


# Settings and ports


def start(folder: Path, settings: str) -> tuple[int, str]:
    """Exit status and complaint of `offhook run` with a text of settings."""
    file = folder / "handset.toml"
    file.write_text(settings)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "firmware.cli", "run", f"--settings={file}", "--audio=null"),
            f"--state={folder / 'state'}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stderr.replace(str(folder), "")


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ('[line.desk]\naddress = "nobody"\n', "/handset.toml:2: line.desk.address "),
        ('[network]\nhosts = ["127.0.0.1"]\nudp_prot = 5060\n', "/handset.toml:3: network.udp_prot "),
        ("[network]\nudp_port = 70000\n", "/handset.toml:2: network.udp_port "),
        ('[media]\n\ncodecs = ["MP3"]\n', "/handset.toml:3: media.codecs"),
        ("[media\n", "/handset.toml:1: "),
    ],
    ids=["address", "misspelt", "out of range", "unknown codec", "not TOML"],
)
def test_malformed_settings_are_refused_with_their_place(tmp_path: Path, settings: str, place: str) -> None:
    status, complaint = start(tmp_path, settings)
    assert status == 2
    assert complaint.startswith(place)
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_port_in_use_is_named(tmp_path: Path, transport: str) -> None:
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    port = free_port()
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if transport == "tcp":
            taken.listen()
        status, complaint = start(tmp_path, f'[network]\nhosts = ["127.0.0.1"]\n{transport}_port = {port}\n')
    assert status == 2
    assert f"{transport.upper()} 127.0.0.1 port {port}" in complaint
    assert complaint.count("\n") == 1


# The end


def test_sigterm_ends_calls_unregisters_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Exit status 0; the far end hears that it is over, and the registrar no longer knows the phone."""
    with through_kamailio(tmp_path, "tcp") as both:
        domain = both.bob.account.domain
        both.begin("offhook", f"sip:bob@{domain}", f"sip:desk@{domain}")
        started = children(both.phone.pid)
        assert len(started) == 2
        assert both.phone.stop() == 0
        assert "unregistered desk\n" in both.phone.log()
        both.bob.wait_for("CALL_CLOSED", 2.0)
        assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
        both.bob.dial(f"sip:desk@{domain}")
        assert "404" in both.bob.wait_for("CALL_CLOSED")["param"]
