"""The driver on real loopback sockets: bytes arrive on the right flow, failures have reasons in words."""

import asyncio
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from firmware.net.certificate import client_context, server_context
from firmware.net.driver import Bindings, Driver
from firmware.net.resolver import Resolver
from firmware.net.transport import TransportError
from firmware.sip.flow import Target
from firmware.sip.uri import Uri
from firmware.ua.events import CloseFlow, OpenFlow, Registered, Resolve, Transmit
from tests.interop.certificates import Authority, self_signed
from tests.net.recorder import Recorder

LOOPBACK = Bindings(udp=(("127.0.0.1", 0),))


def entropy(size: int) -> bytes:
    return bytes(size)


@asynccontextmanager
async def running(bindings=LOOPBACK, *, trust=(), identity=None, clients=(), own=None):
    """A recorder on a driver. `identity` is what it shows when listening, `own` when connecting."""
    recorder, events = Recorder(), []
    driver = Driver(
        recorder,
        Resolver(entropy),
        events.append,
        client_tls=client_context(trust=trust, certificate=own and own.certificate, key=own and own.key),
        server_tls=identity and server_context(identity.certificate, identity.key, trust=clients),
    )
    recorder.events = events
    await driver.start(bindings)
    try:
        yield recorder, driver
    finally:
        await driver.stop()


def port_of(driver, transport):
    return next(port for kind, _, port in driver.listening if kind == transport)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_datagrams_go_both_ways_on_flows_with_our_real_address():
    async def scenario():
        async with running() as (one, one_driver), running() as (other, other_driver):
            target = Target("UDP", "127.0.0.1", port_of(other_driver, "UDP"), "x")
            one.wanted.append(OpenFlow(1, target))
            one_driver.pump()
            _, number, flow = await one.wait_for("opened")
            assert (number, flow.local) == (1, ("127.0.0.1", port_of(one_driver, "UDP")))
            one.wanted.append(Transmit(flow, b"there"))
            one_driver.pump()
            _, data, back = await other.wait_for("datagram")
            assert (data, back.remote) == (b"there", flow.local)
            other.wanted.append(Transmit(back, b"and back"))
            other_driver.pump()
            _, data, again = await one.wait_for("datagram")
            assert (data, again) == (b"and back", flow)

    asyncio.run(scenario())


def test_a_wildcard_socket_knows_the_address_it_sends_from():
    async def scenario():
        async with running(Bindings()) as (one, driver):
            one.wanted.append(OpenFlow(1, Target("UDP", "127.0.0.1", 9, "x")))
            one.wanted.append(OpenFlow(2, Target("UDP", "::1", 9, "x")))
            driver.pump()
            hosts = {(await one.wait_for("opened"))[2].local[0] for _ in range(2)}
            assert hosts == {"127.0.0.1", "::1"}

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_streams_go_both_ways_and_the_end_is_told(host):
    async def scenario():
        async with running() as (one, driver), running(Bindings(tcp=((host, 0),))) as (server, at):
            one.wanted.append(OpenFlow(1, Target("TCP", host, port_of(at, "TCP"), "x")))
            driver.pump()
            _, _, flow = await one.wait_for("opened")
            _, accepted = await server.wait_for("accepted")
            assert accepted.remote == flow.local
            server.wanted.append(Transmit(accepted, b"hello"))
            at.pump()
            assert (await one.wait_for("stream"))[1] == b"hello"
            server.wanted.append(CloseFlow(accepted, "enough"))
            at.pump()
            assert (await one.wait_for("lost"))[2] == "the server closed the connection"

    asyncio.run(scenario())


def test_tls_is_verified_against_the_configured_domain(authority: Authority):
    async def scenario():
        identity = authority.issue(hosts=["sip.example.org"])
        listening = Bindings(tls=(("127.0.0.1", 0),))
        async with (
            running(listening, identity=identity) as (server, at),
            running(trust=(authority.certificate,)) as (one, driver),
        ):
            port = port_of(at, "TLS")
            one.wanted.append(OpenFlow(1, Target("TLS", "127.0.0.1", port, "sip.example.org")))
            driver.pump()
            flow = (await one.wait_for("opened"))[2]
            assert flow.secure
            assert flow.server_name == "sip.example.org"
            one.wanted.append(Transmit(flow, b"secret"))
            one.wanted.append(OpenFlow(2, Target("TLS", "127.0.0.1", port, "example.org")))
            driver.pump()
            assert (await server.wait_for("stream"))[1] == b"secret"
            assert "its certificate is not for example.org" in (await one.wait_for("failed"))[2]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("expired", "its certificate has expired"),
        ("wrong_name", "its certificate is not for localhost"),
        ("unknown", "an authority that this phone does not trust"),
        ("self_signed", "signed by itself"),
        ("wildcard", "its certificate is not for a.example.org"),
    ],
)
def test_bad_certificates_are_refused_in_words(authority: Authority, tmp_path: Path, kind, words):
    identities = {
        "expired": authority.expired,
        "wrong_name": authority.wrong_name,
        "unknown": lambda: Authority(tmp_path / "other", "other").issue(),
        "self_signed": lambda: self_signed(tmp_path / "self"),
        "wildcard": lambda: authority.issue(hosts=["*.example.org"]),
    }
    domain = "a.example.org" if kind == "wildcard" else "localhost"

    async def scenario():
        listening = Bindings(tls=(("127.0.0.1", 0),))
        async with (
            running(listening, identity=identities[kind]()) as (_, at),
            running(trust=(authority.certificate,)) as (one, driver),
        ):
            one.wanted.append(OpenFlow(1, Target("TLS", "127.0.0.1", port_of(at, "TLS"), domain)))
            driver.pump()
            assert words in (await one.wait_for("failed"))[2]

    asyncio.run(scenario())


def test_a_server_may_ask_for_our_certificate(authority: Authority):
    async def scenario():
        identity, own = authority.issue(), authority.issue("client", ["phone.example.org"])
        trust = (authority.certificate,)
        listening = Bindings(tls=(("127.0.0.1", 0),))
        async with (
            running(listening, identity=identity, clients=trust) as (server, at),
            running(trust=trust, own=own) as (one, driver),
        ):
            one.wanted.append(OpenFlow(1, Target("TLS", "127.0.0.1", port_of(at, "TLS"), "localhost")))
            driver.pump()
            await one.wait_for("opened")
            await server.wait_for("accepted")

    asyncio.run(scenario())


def test_a_refused_connection_fails_at_once_and_in_words():
    async def scenario():
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            async with running() as (one, driver):
                one.wanted.append(OpenFlow(1, Target("TCP", "127.0.0.1", reserved.getsockname()[1], "x")))
                driver.pump()
                assert "it refuses the connection" in (await one.wait_for("failed", 1.0))[2]

    asyncio.run(scenario())


def test_a_port_in_use_is_named():
    async def scenario():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with pytest.raises(TransportError, match=f"UDP 127.0.0.1 port {port}: Address already in use"):
                async with running(Bindings(udp=(("127.0.0.1", port),))):
                    pass

    asyncio.run(scenario())


def test_listening_for_tls_without_a_certificate_is_refused():
    async def scenario():
        with pytest.raises(TransportError, match="a certificate is needed"):
            async with running(Bindings(tls=(("127.0.0.1", 0),))):
                pass

    asyncio.run(scenario())


def test_events_go_to_the_phone_and_deadlines_come_back():
    async def scenario():
        async with running() as (one, driver):
            event = Registered("desk", 60, None)  # type: ignore[arg-type]
            one.wanted.append(event)
            one.wake_at = driver.now + 0.02
            driver.pump()
            assert one.events == [event]
            assert (await one.wait_for("woken"))[1] >= driver.now - 1

    asyncio.run(scenario())


def test_addresses_resolve_to_themselves_and_names_by_the_system():
    async def scenario():
        async with running() as (one, driver):
            one.wanted.append(Resolve(1, Uri.parse("sip:127.0.0.1:5070;transport=tcp")))
            driver.pump()
            _, _, targets = await one.wait_for("resolved")
            assert targets == (Target("TCP", "127.0.0.1", 5070, "127.0.0.1"),)
            one.wanted.append(Resolve(2, Uri.parse("sip:localhost:5070;transport=tls")))
            driver.pump()
            _, _, targets = await one.wait_for("resolved")
            assert Target("TLS", "127.0.0.1", 5070, "localhost") in targets

    asyncio.run(scenario())


def test_a_name_that_leads_nowhere_fails_in_words():
    async def scenario():
        async with running() as (one, driver):
            one.wanted.append(Resolve(1, Uri.parse("sip:nowhere.invalid:5060")))
            driver.pump()
            assert "leads to no server" in (await one.wait_for("unresolved", 10.0))[2]

    asyncio.run(scenario())
