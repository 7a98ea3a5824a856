"""RFC 3263 fail-over and the way of requests, against servers that are dead, deaf, overloaded or gone."""

from __future__ import annotations

from firmware.sip.flow import Flow, Target, Transport
from firmware.sip.message import Request
from firmware.sip.uri import Uri
from firmware.ua.events import OpenFlow, OptionsAnswered, SessionEnded
from tests.ua.messages import accept
from tests.ua.network import Network, Peer, Phone, account_of


class Servers:
    """Alice's provider has two servers behind one name."""

    def __init__(self, *, first: Transport = "UDP", second: Transport = "UDP") -> None:
        self.network = Network()
        self.alice = Phone(self.network, "192.0.2.1")
        self.alice.endpoint.add_account(account_of("alice", registrar=None, proxy="sip:example.com"))
        self.one = Peer(self.network, "198.51.100.1")
        self.two = Peer(self.network, "198.51.100.2")
        self.network.names["example.com"] = [
            Target(first, "198.51.100.1", 5060, "example.com"),
            Target(second, "198.51.100.2", 5060, "example.com"),
        ]

    def call(self) -> int:
        target = Uri.parse("sip:bob@example.com")
        return self.alice.endpoint.invite("alice", target, self.network.now)


def answers(peer: Peer, status: int) -> None:
    """Let a peer answer every request the same way, but for ACKs."""

    def answer(request: Request, flow: Flow) -> None:
        if request.method != "ACK":
            peer.reply(request, flow, status)

    peer.on_request = answer


def test_the_request_goes_to_the_outbound_proxy_with_a_loose_route() -> None:
    servers = Servers()
    servers.call()
    servers.network.run(0.1)
    (invite,) = servers.one.requests("INVITE")
    assert [str(route) for route in invite.routes] == ["<sip:example.com;lr>"]
    assert str(invite.uri) == "sip:bob@example.com"


def test_a_dead_udp_server_is_left_after_3_5_seconds_with_a_new_branch() -> None:
    servers = Servers()
    servers.network.dead.add(servers.one.address)
    servers.call()
    servers.network.run(3.4)
    assert not servers.two.received
    servers.network.run(0.3)
    (invite,) = servers.two.requests("INVITE")
    branches = {data.split(b"branch=")[1].split(b"\r")[0] for _, _, data in servers.network.sent}
    assert len(branches) == 2
    assert invite.cseq.number == 1


def test_one_provisional_response_keeps_us_with_a_server() -> None:
    servers = Servers()
    answers(servers.one, 100)
    servers.call()
    servers.network.run(20.0)
    assert not servers.two.received


def test_503_and_a_refused_connection_turn_to_the_next_server_at_once() -> None:
    for first in ("UDP", "TCP"):
        servers = Servers(first=first)  # type: ignore[arg-type]
        if first == "UDP":
            answers(servers.one, 503)
        else:
            del servers.network.nodes[servers.one.address]
        servers.call()
        servers.network.run(0.5)
        assert servers.two.requests("INVITE"), first


def test_a_silent_connection_attempt_is_given_up_after_3_5_seconds() -> None:
    servers = Servers(first="TCP")
    servers.network.dead.add(servers.one.address)
    servers.call()
    servers.network.run(4.0)
    assert servers.two.requests("INVITE")


def test_any_other_refusal_is_final() -> None:
    servers = Servers()
    answers(servers.one, 404)
    servers.call()
    servers.network.run(5.0)
    assert not servers.two.received
    assert servers.alice.last(SessionEnded).status == 404


def test_the_reason_of_the_last_server_is_told() -> None:
    servers = Servers(first="TCP", second="TCP")
    del servers.network.nodes[servers.one.address], servers.network.nodes[servers.two.address]
    call = servers.call()
    servers.network.run(1.0)
    assert servers.alice.last(SessionEnded) == SessionEnded(call, 408, "connection refused", "failure")


def test_a_name_that_is_not_known_is_told_in_words() -> None:
    servers = Servers()
    servers.network.names["example.com"] = []
    servers.call()
    servers.network.run(1.0)
    assert servers.alice.last(SessionEnded).reason == "example.com is not known"


def test_a_name_service_that_does_not_answer_is_given_up() -> None:
    servers = Servers()
    servers.alice._resolve = lambda effect: None  # type: ignore[method-assign]
    servers.call()
    servers.network.run(20.0)
    assert servers.alice.last(SessionEnded).reason == "the name service does not answer"


def test_an_invite_left_behind_is_cancelled_when_it_shows_life_and_ended_when_taken() -> None:
    servers = Servers()
    servers.call()
    servers.network.run(4.0)
    late, flow = servers.one.requests("INVITE")[0], servers.one.received[0][1]
    assert servers.two.requests("INVITE")
    servers.one.reply(late, flow, 180)
    servers.network.run(0.1)
    assert servers.one.requests("CANCEL")
    accept(servers.one, late, flow)
    servers.network.run(0.1)
    assert servers.one.requests("ACK")
    assert servers.one.requests("BYE")
    assert not servers.alice.seen(SessionEnded)


def test_a_connection_lost_while_it_rings_ends_the_call_instead_of_ringing_twice() -> None:
    servers = Servers(first="TCP", second="TCP")
    answers(servers.one, 180)
    servers.call()
    servers.network.run(0.5)
    servers.network.cut(servers.one.flows[0])
    servers.network.run(1.0)
    assert not servers.two.received
    assert servers.alice.last(SessionEnded).reason == "connection reset"


def test_a_flow_is_opened_once_and_shared() -> None:
    servers = Servers(first="TCP")
    answers(servers.one, 486)
    for _ in range(3):
        servers.call()
    servers.network.run(1.0)
    assert len([effect for effect in servers.alice.effects if isinstance(effect, OpenFlow)]) == 1
    assert len(servers.one.requests("INVITE")) == 3


def test_our_options_tells_whether_the_way_is_open() -> None:
    servers = Servers()
    answers(servers.one, 200)
    target = Uri.parse("sip:bob@example.com")
    servers.alice.endpoint.options("alice", target, servers.network.now)
    servers.network.run(1.0)
    assert servers.alice.last(OptionsAnswered).status == 200
    servers.network.dead |= {servers.one.address, servers.two.address}
    servers.alice.endpoint.options("alice", target, servers.network.now)
    servers.network.run(40.0)
    assert servers.alice.last(OptionsAnswered).status is None
    assert servers.alice.endpoint.deadline() is None
