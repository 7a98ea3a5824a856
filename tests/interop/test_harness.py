"""The third-party programs among themselves, without offhook.

What they reach is what a call of offhook's is compared with, and a fault here is not offhook's.
"""

import ssl
import time
from pathlib import Path
from typing import Literal

import dns.message
import dns.query
import dns.rdatatype
import numpy as np
import pytest

from tests.interop import speech
from tests.interop.baresip import SAMPLE_RATES, Account, Baresip
from tests.interop.certificates import DOMAIN, Authority, Identity, self_signed
from tests.interop.dns import Address, DnsServer, Naptr, Srv
from tests.interop.ear import Ear
from tests.interop.jack import Jack
from tests.interop.kamailio import Kamailio
from tests.interop.ports import free_port, is_free
from tests.interop.program import Program, ProgramFailed
from tests.interop.sipp import Sipp

SPEECH_SECONDS = 8.0
# What the codec leaves of the speech without any network, less what a measure of one utterance wavers by.
CLEAN_PESQ_NB = {"pcmu": 3.9, "g722": 4.3, "opus": 4.2}
USERS = {"alice": "wonderland", "bob": "builder"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def talk(caller: Baresip, callee: Baresip, uri: str) -> None:
    """One call in which both say their speech to the end."""
    caller.dial(uri)
    caller.wait_for("CALL_ESTABLISHED")
    callee.wait_for("CALL_ESTABLISHED")
    time.sleep(SPEECH_SECONDS + 1.0)  # the speech takes its own time
    caller.hang_up()
    callee.wait_for("CALL_CLOSED")


def assert_clean(speaker: Baresip, listener: Baresip) -> None:
    rate = speaker.sample_rate
    heard = listener.heard()
    assert speech.pesq_nb(speaker.says, heard, rate) >= CLEAN_PESQ_NB[speaker.codec]
    assert speech.longest_gap(speaker.says, heard, rate) <= 0.06


@pytest.mark.interop
@pytest.mark.timed
@pytest.mark.parametrize("codec", ["pcmu", "g722", "opus"])
def test_baresip_hears_baresip(tmp_path: Path, codec: str) -> None:
    """Two of them, directly over UDP: each codec arrives as clean as it can, both ways."""
    rate = SAMPLE_RATES[codec]
    alice = Baresip(tmp_path / "alice", Account("alice"), codec, says=speech.samples(SPEECH_SECONDS, rate))
    other = speech.samples(SPEECH_SECONDS, rate, start=20.0)
    bob = Baresip(tmp_path / "bob", Account("bob", answer="auto"), codec, says=other)
    with alice, bob:
        talk(alice, bob, bob.uri)
    assert_clean(alice, bob)
    assert_clean(bob, alice)


@pytest.mark.interop
@pytest.mark.timed
def test_ear_hears_baresip_without_gap(tmp_path: Path) -> None:
    """What the loudspeaker plays in real time is the speech, late by the buffers and with nothing missing."""
    with Jack(tmp_path / "jack", 8000) as jack, Ear(tmp_path / "ear", jack) as ear:
        alice = Baresip(tmp_path / "alice", Account("alice"), says=speech.samples(SPEECH_SECONDS, 8000))
        bob = Baresip(tmp_path / "bob", Account("bob", answer="auto"), ear=jack)
        with alice, bob:
            alice.dial(bob.uri)
            ear.listen_to("baresip")
            time.sleep(SPEECH_SECONDS + 2.0)  # the speech takes its own time
            alice.hang_up()
    # The ear joins a moment after the first word: what is compared is the rest.
    says, heard = alice.says[8000:], ear.heard()
    assert speech.pesq_nb(says, heard, 8000) >= CLEAN_PESQ_NB["pcmu"]
    assert speech.longest_gap(says, heard, 8000) <= 0.06


@pytest.mark.interop
@pytest.mark.timed
@pytest.mark.parametrize(
    ("transport", "encryption"),
    [("udp", ""), ("tcp", ""), ("tls", "srtp-mand")],
    ids=["udp", "tcp", "tls+srtp"],
)
def test_baresip_calls_baresip_through_kamailio(
    tmp_path: Path,
    authority: Authority,
    transport: Literal["udp", "tcp", "tls"],
    encryption: Literal["", "srtp-mand"],
) -> None:
    """Registered with digest, called by name, with TLS verified and the media encrypted where asked for."""

    def phone(name: str, says: speech.Samples, answer: Literal["manual", "auto"]) -> Baresip:
        account = Account(name, DOMAIN, USERS[name], kamailio.proxy(transport), transport, encryption, answer)
        return Baresip(tmp_path / name, account, says=says, authority=authority.certificate)

    with Kamailio(tmp_path / "kamailio", USERS, identity=authority.issue()) as kamailio:
        alice = phone("alice", speech.samples(SPEECH_SECONDS, 8000), "manual")
        bob = phone("bob", speech.samples(SPEECH_SECONDS, 8000, start=20.0), "auto")
        with alice, bob:
            alice.wait_registered()
            bob.wait_registered()
            talk(alice, bob, f"sip:bob@{DOMAIN}")
            if encryption:
                assert "SRTP is Enabled" in alice.log()
                assert "SRTP is Enabled" in bob.log()
    assert_clean(alice, bob)
    assert_clean(bob, alice)


@pytest.mark.interop
def test_kamailio_refuses_a_wrong_password(tmp_path: Path) -> None:
    with Kamailio(tmp_path / "kamailio", USERS) as kamailio:
        account = Account("alice", DOMAIN, "a guess", kamailio.proxy())
        with Baresip(tmp_path / "alice", account) as alice:
            alice.wait_until(lambda: "401 Unauthorized" in alice.log(), "be refused")
            assert not alice.is_registered()


@pytest.mark.interop
def test_sipp_calls_sipp(tmp_path: Path) -> None:
    with Sipp(tmp_path / "uas", "uas") as callee, Sipp(tmp_path / "uac", "uac", callee.address) as caller:
        caller.finish()
        callee.finish()
    assert "SIP/2.0 200 OK" in caller.messages()


@pytest.mark.interop
def test_sipp_failure_is_seen(tmp_path: Path) -> None:
    """A scenario that nobody answers must not pass."""
    nobody = f"127.0.0.1:{free_port()}"
    with Sipp(tmp_path, "uac", nobody, seconds=1) as caller, pytest.raises(ProgramFailed):
        caller.finish()


@pytest.mark.interop
def test_dns_server_knows_what_it_was_told(tmp_path: Path) -> None:
    service = f"_sip._udp.{DOMAIN}"
    records = (
        Srv(service, f"first.{DOMAIN}", 5062, priority=1, weight=10),
        Srv(service, f"second.{DOMAIN}", 5064, priority=2),
        Address(f"first.{DOMAIN}", "127.0.0.1"),
        Naptr(DOMAIN, "SIP+D2U", service),
    )
    with DnsServer(tmp_path, records) as server:

        def answer(name: str, kind: str) -> set[str]:
            reply = dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", 2, server.port)
            wanted = dns.rdatatype.from_text(kind)
            return {
                str(record)
                for record_set in reply.answer
                if record_set.rdtype == wanted
                for record in record_set
            }

        assert answer(service, "SRV") == {f"1 10 5062 first.{DOMAIN}.", f"2 0 5064 second.{DOMAIN}."}
        assert answer(f"first.{DOMAIN}", "A") == {"127.0.0.1"}
        assert answer(DOMAIN, "NAPTR") == {f'0 0 "s" "SIP+D2U" "" {service}.'}
        assert answer(f"unknown.{DOMAIN}", "A") == set()


def handshake(identity: Identity, authority: Authority) -> None:
    """A TLS handshake in memory, with the server's certificate checked for DOMAIN."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(identity.certificate, identity.key)
    client_context = ssl.create_default_context(cafile=str(authority.certificate))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=DOMAIN)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


def test_good_certificate_is_accepted(authority: Authority) -> None:
    handshake(authority.issue(), authority)


def test_bad_certificates_are_bad_in_one_way_each(tmp_path: Path, authority: Authority) -> None:
    stranger = Authority(tmp_path / "stranger", "stranger").issue()
    for identity, reason in (
        (authority.expired(), "certificate has expired"),
        (authority.wrong_name(), "Hostname mismatch"),
        (self_signed(tmp_path), "self-signed certificate"),
        (stranger, "unable to get local issuer certificate"),
    ):
        with pytest.raises(ssl.SSLCertVerificationError, match=reason):
            handshake(identity, authority)


def test_delay_is_found() -> None:
    says = speech.samples(3.0, 16000)
    late = np.concatenate([np.zeros(1600, np.int16), says])
    assert speech.delay(says, late, 16000) == pytest.approx(0.1)
    assert speech.delay(late, says, 16000) == pytest.approx(-0.1)


def test_pesq_tells_clean_from_spoilt() -> None:
    says = speech.samples(6.0, 16000)
    holes = says.copy().reshape(-1, 320)
    holes[::7] = 0  # one packet in seven
    for measure in (speech.pesq_nb, speech.pesq_wb):
        assert measure(says, says, 16000) > 4.5
        assert measure(says, holes.reshape(-1), 16000) < 2.5


def test_gap_is_found_where_speech_was() -> None:
    says = speech.samples(4.0, 8000)
    loudest = int(np.argmax(np.abs(says)))
    heard = says.copy()
    heard[loudest - 400 : loudest + 400] = 0
    assert 0.08 <= speech.longest_gap(says, heard, 8000) <= 0.11
    assert speech.longest_gap(says, says, 8000) == 0.0


def test_unfinished_recording_is_read(tmp_path: Path) -> None:
    """A program that was ended leaves its sizes at 0."""
    says = speech.samples(1.0, 8000)
    speech.write_wav(tmp_path / "a.wav", says, 8000, channels=2)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[40:44] = bytes(4)
    (tmp_path / "a.wav").write_bytes(data)
    heard, rate = speech.read_wav(tmp_path / "a.wav")
    assert rate == 8000
    assert np.array_equal(heard, says)


def test_free_ports_are_free_together() -> None:
    first = free_port(4)
    assert first % 2 == 0
    assert all(is_free(first + offset) for offset in range(4))


def test_program_that_ends_early_is_reported_with_its_log(tmp_path: Path) -> None:
    class Hopeless(Program):
        def is_ready(self) -> bool:
            return False

    with pytest.raises(ProgramFailed, match="ended before it could be ready:\nwhy"):
        Hopeless(tmp_path, ["sh", "-c", "echo why"]).__enter__()


def test_program_that_ignores_its_end_is_ended(tmp_path: Path) -> None:
    class Stubborn(Program):
        patience = 0.2

        def is_ready(self) -> bool:
            return "there" in self.log()

    stubborn = Stubborn(tmp_path, ["sh", "-c", "trap '' TERM; echo there; while true; do sleep 0.05; done"])
    with stubborn:
        assert stubborn.running
    assert not stubborn.running
