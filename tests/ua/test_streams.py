"""TCP and TLS: messages cut anywhere, keep-alive, faulty messages, streams that cannot be followed."""

from __future__ import annotations

import pytest

from firmware.sip.flow import Flow, Target
from firmware.sip.framing import PING, PONG
from firmware.ua.events import CloseFlow, IncomingSession, Transmit
from firmware.ua.flows import MAX_STREAMS
from tests.ua.messages import description, request
from tests.ua.network import Network, Peer, Phone, account_of


class Raw(Peer):
    """The far end of a stream, which keeps bytes as they come."""

    def __init__(self, network: Network, port: int = 5060) -> None:
        super().__init__(network, "192.0.2.9", port)
        self.bytes = b""

    def deliver(self, data: bytes, flow: Flow) -> None:
        self.bytes += data


class Connected:
    """A raw peer is connected to Bob's phone."""

    def __init__(self) -> None:
        self.network = Network()
        self.bob = Phone(self.network, "192.0.2.2")
        self.bob.endpoint.add_account(account_of("bob", registrar=None, direct_calls=True))
        self.raw = Raw(self.network)
        self.flow = self.connect(self.raw)

    def connect(self, raw: Raw) -> Flow:
        flow = self.network.connect(raw, Target("TCP", "192.0.2.2", 5060, ""))
        assert flow is not None
        return flow

    def invite(self, call_id: str) -> bytes:
        return bytes(
            request(self.raw, call_id=call_id, from_tag=call_id, body=description(), transport="TCP")
        )

    def options(self, call_id: str) -> bytes:
        return bytes(request(self.raw, "OPTIONS", call_id=call_id, transport="TCP"))

    def send(self, data: bytes) -> None:
        self.network.send(self.flow, data)
        self.network.run(0.05)


@pytest.mark.parametrize("size", [1, 7, 100, 5000])
def test_messages_arrive_however_the_stream_is_cut(size: int) -> None:
    connected = Connected()
    data = connected.invite("one") + connected.invite("two")
    for start in range(0, len(data), size):
        connected.network.send(connected.flow, data[start : start + size])
    connected.network.run(1.0)
    assert [call.flow.transport for call in connected.bob.seen(IncomingSession)] == ["TCP", "TCP"]


def test_a_ping_is_answered_with_a_pong() -> None:
    connected = Connected()
    connected.send(PING)
    assert connected.raw.bytes == PONG


def test_a_faulty_message_is_answered_400_and_the_stream_goes_on() -> None:
    connected = Connected()
    faulty = connected.options("one").replace(b"CSeq: 1 OPTIONS", b"CSeq: none")
    connected.send(faulty + connected.options("two"))
    assert connected.raw.bytes.startswith(b"SIP/2.0 400")
    assert b"SIP/2.0 200" in connected.raw.bytes
    assert not connected.bob.effects


def test_a_stream_without_a_length_is_answered_400_and_closed_for_good() -> None:
    connected = Connected()
    whole = connected.options("one")
    assert b"Content-Length: 0\r\n" in whole
    connected.network.send(connected.flow, whole.replace(b"Content-Length: 0\r\n", b""))
    connected.network.send(connected.flow, connected.options("later"))
    connected.network.run(0.05)
    (effect,) = connected.bob.effects
    assert isinstance(effect, CloseFlow)
    assert b"SIP/2.0 200" not in connected.raw.bytes


def test_what_still_arrives_on_a_stream_being_closed_is_dropped() -> None:
    connected = Connected()
    endpoint, flow = connected.bob.endpoint, Flow(99, "TCP", ("192.0.2.2", 5060), ("192.0.2.9", 9))
    broken = connected.options("one").replace(b"Content-Length: 0", b"Content-Length: x")
    for _ in range(3):
        endpoint.receive_stream(broken, flow, connected.network.now)
    outputs = []
    while (output := endpoint.poll()) is not None:
        outputs.append(output)
    assert [type(output) for output in outputs] == [Transmit, CloseFlow]


def test_one_connection_too_many_is_closed() -> None:
    connected = Connected()
    connected.send(b"O")
    for number in range(MAX_STREAMS):
        connected.network.send(connected.connect(Raw(connected.network, 1000 + number)), b"O")
    connected.network.run(0.1)
    assert len(connected.bob.effects) == 1


def test_a_closed_connection_leaves_nothing_behind() -> None:
    connected = Connected()
    for number in range(2 * MAX_STREAMS):
        raw = Raw(connected.network, 1000 + number)
        flow = connected.connect(raw)
        connected.network.send(flow, b"O")
        connected.network.run(0.02)
        connected.network.cut(flow)
    assert not connected.bob.effects
