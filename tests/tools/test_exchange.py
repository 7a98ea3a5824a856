"""The exchange as a program, called by offhook and by baresip as programs."""

import socket
import ssl
import stat
from pathlib import Path

import numpy as np
import pytest

from tests.interop import speech
from tests.interop.baresip import Account, Baresip
from tests.interop.conversation import clean_pesq
from tests.interop.offhook import CARD_RATE, talk
from tests.interop.ports import free_port
from tests.interop.speech import Samples
from tests.tools.programs import LocalExchange

pytestmark = [pytest.mark.interop, pytest.mark.timed]

MARGIN = 0.3
"""How much of the clean codec's PESQ a call may cost: the clips are short."""


def loss_of(said: Samples, heard: Samples, rate: int = CARD_RATE) -> float:
    """How much worse the call was than PCMU itself, in PESQ."""
    return clean_pesq(said, rate, "pcmu") - speech.pesq_nb(said, heard, rate)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_offhook_registers_and_says_goodbye(tmp_path: Path, transport: str) -> None:
    """With its own password over every transport; the exchange tells of both."""
    with LocalExchange(tmp_path / "exchange") as exchange:
        with exchange.phone(tmp_path / "phone", "101", transport=transport) as phone:
            phone.wait_registered()
            assert f"over {transport.upper()}" in exchange.log()
        exchange.wait_until(lambda: "101 is no longer registered" in exchange.log(), "hear the goodbye")


def test_a_wrong_password_is_refused_in_words(tmp_path: Path) -> None:
    """On the telephone's log, and the exchange takes nothing in."""
    with (
        LocalExchange(tmp_path / "exchange") as exchange,
        exchange.phone(tmp_path / "phone", "101", password="guessed") as phone,
    ):
        phone.wait_until(lambda: "registration failed desk: " in phone.log(), "be refused")
        assert "101 has registered" not in exchange.log()


def test_a_call_between_two_telephones_is_private(tmp_path: Path) -> None:
    """Over TLS with SRTP; the callee answers by itself, and each hears the other."""
    with (
        LocalExchange(tmp_path / "exchange") as exchange,
        exchange.phone(
            tmp_path / "callee", "102", says=speech.samples(6.0, CARD_RATE, start=20.0),
            auto_answer={"callers": ["101@localhost"]},
        ) as callee,
        exchange.phone(tmp_path / "caller", "101", says=speech.samples(6.0, CARD_RATE)) as caller,
    ):  # fmt: skip
        caller.wait_registered()
        callee.wait_registered()
        caller.ctl("dial", "102")
        assert caller.wait_for_call("active")["privacy"] == "private"
        assert callee.wait_for_call("active")["privacy"] == "private"
        talk(7.0)
        callee.ctl("hangup")
        caller.wait_for(lambda now: not [call for call in now["calls"] if call["phase"] == "active"], "end")
        assert loss_of(caller.says, callee.heard()) < MARGIN
        assert loss_of(callee.says, caller.heard()) < MARGIN


def test_the_echo_sends_back_what_was_said_at_once(tmp_path: Path) -> None:
    """Near the codec's own quality, and no later than packet, playout and the card's blocks make it."""
    with (
        LocalExchange(tmp_path / "exchange") as exchange,
        exchange.phone(
            tmp_path / "phone", "101", media={"codecs": ["PCMU"]}, says=speech.samples(7.0, CARD_RATE)
        ) as phone,
    ):
        phone.wait_registered()
        phone.ctl("dial", "600")
        assert phone.wait_for_call("active")["privacy"] == "private"
        talk(8.0)
        quality = phone.call()["quality"]
        phone.ctl("hangup")
        heard = phone.heard()
    assert loss_of(phone.says, heard) < MARGIN
    assert 0.02 <= speech.delay(phone.says, heard, CARD_RATE) <= 0.12
    assert quality["lost_percent"] < 1.0
    assert quality["mos"] > 4.0


def test_the_parrot_waits_for_the_pause(tmp_path: Path) -> None:
    """Nothing but the beep while somebody speaks; after the pause every word comes back."""
    said = speech.samples(3.0, CARD_RATE, start=2.0)
    with (
        LocalExchange(tmp_path / "exchange") as exchange,
        exchange.phone(
            tmp_path / "phone", "101", media={"codecs": ["PCMU"]}, says=speech.padded(said, 9.0, CARD_RATE)
        ) as phone,
    ):
        phone.wait_registered()
        phone.ctl("dial", "601")
        phone.wait_for_call("active")
        talk(9.0)
        phone.ctl("hangup")
        heard = phone.heard()
    spoken_from = round(0.8 * CARD_RATE)  # the beep may cover the beginning
    tail = said[spoken_from:]
    delay = speech.delay(tail, heard, CARD_RATE) - spoken_from / CARD_RATE
    assert 3.5 < delay < 6.0
    assert loss_of(tail, heard) < 2 * MARGIN  # it went both ways one after the other


def test_the_recording_is_played(tmp_path: Path) -> None:
    """The same words as in its file."""
    with (
        LocalExchange(tmp_path / "exchange") as exchange,
        exchange.phone(
            tmp_path / "phone", "101", media={"codecs": ["PCMU"]}, says=np.zeros(CARD_RATE, np.int16)
        ) as phone,
    ):
        phone.wait_registered()
        phone.ctl("dial", "602")
        phone.wait_for_call("active")
        talk(6.0)
        phone.ctl("hangup")
        heard = phone.heard()
    file, rate = speech.read_wav(speech.PROMPTS / "demo-instruct.wav")
    assert loss_of(speech.resample(file[: 4 * rate], rate, CARD_RATE), heard) < MARGIN


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_baresip_registers_and_calls(tmp_path: Path, transport: str) -> None:
    """A stranger's telephone: it hears the echo, is called by offhook, and both hang up in turn."""
    says = speech.samples(6.0, 8000)
    with LocalExchange(tmp_path / "exchange", "--handset=101", "--handset=102:md5") as exchange:
        account = Account(
            "102",
            "localhost",
            exchange.password("102"),
            proxy=f"127.0.0.1:{exchange.port(transport)}",
            transport="udp" if transport == "udp" else "tls",
            encryption="srtp" if transport == "tls" else "",
            answer="auto",
        )
        with (
            Baresip(tmp_path / "baresip", account, says=says, authority=exchange.authority) as baresip,
            exchange.phone(tmp_path / "phone", "101", media={"codecs": ["PCMU"]}) as phone,
        ):
            baresip.wait_registered()
            phone.wait_registered()
            baresip.dial("sip:600@localhost")
            baresip.wait_for("CALL_ESTABLISHED")
            talk(7.0)
            baresip.hang_up()
            assert loss_of(says, baresip.heard(), 8000) < MARGIN
            phone.ctl("dial", "102")
            privacy = phone.wait_for_call("active")["privacy"]
            assert privacy == ("private" if transport == "tls" else "not private")
            baresip.wait_for("CALL_ESTABLISHED")
            baresip.hang_up()
            phone.wait_for(lambda now: not [c for c in now["calls"] if c["phase"] == "active"], "end")


def test_hostile_bytes_end_no_call(tmp_path: Path) -> None:
    """Noise on every port, half-open and silent connections: the call stands and new ones are taken."""
    with (
        LocalExchange(tmp_path / "exchange") as exchange,
        exchange.phone(tmp_path / "phone", "101") as phone,
    ):
        phone.wait_registered()
        phone.ctl("dial", "600")
        phone.wait_for_call("active")
        noise = np.random.default_rng(1)
        silent = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for length in (0, 1, 4, 300, 1400, 60000):
                udp.sendto(noise.bytes(length), ("127.0.0.1", exchange.port("udp")))
                udp.sendto(b"INVITE sip:600@localhost SIP/2.0\r\n" + noise.bytes(length) + b"\r\n\r\n",
                           ("127.0.0.1", exchange.port("udp")))  # fmt: skip
        for transport in ("tcp", "tls"):
            with socket.create_connection(("127.0.0.1", exchange.port(transport))) as stream:
                stream.sendall(noise.bytes(70_000))
            silent.append(socket.create_connection(("127.0.0.1", exchange.port(transport))))
        trusting = ssl.create_default_context(cafile=str(exchange.authority))
        address = ("127.0.0.1", exchange.port("tls"))
        with trusting.wrap_socket(socket.create_connection(address), server_hostname="localhost") as stream:
            stream.sendall(b"OPTIONS sip:localhost SIP/2.0\r\nContent-Length: 99999\r\n\r\n")
            stream.settimeout(5.0)
            assert stream.recv(4096) == b""  # nothing in it to answer to; the connection is closed
        talk(1.0)
        assert phone.call()["phase"] == "active"
        phone.ctl("hangup")
        phone.ctl("dial", "601")
        phone.wait_for_call("active")
        assert "Traceback" not in exchange.log()
        for stream in silent:
            stream.close()


def test_passwords_are_in_private_files_only(tmp_path: Path) -> None:
    """Not in the log, and no other user can read them; they are new at each start."""
    passwords = set()
    for start in ("first", "second"):
        with LocalExchange(tmp_path / start) as exchange:
            file = exchange.state / "101.toml"
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert stat.S_IMODE((exchange.state / "server.key").stat().st_mode) == 0o600
            assert exchange.password("101") not in exchange.log()
            passwords.add(exchange.password("101"))
    assert len(passwords) == 2


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    """With the status of a fault that only a person can cure."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        exchange = LocalExchange(tmp_path / "exchange", f"--tcp-port={port}")
        with pytest.raises(Exception, match="choose another port"), exchange:
            pass
        assert exchange.stop() == 2
        assert exchange.log().count("\n") == 1
