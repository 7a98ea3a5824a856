"""Whatever the order of messages, losses and commands: nothing undeclared is raised, and all calls end."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware.sip.errors import LocalProtocolError
from firmware.sip.message import Request
from firmware.sip.uri import Uri
from firmware.ua.events import Established, IncomingSession, SessionEnded
from tests.ua.messages import SDP, ack_of, back, contact_of, description, request
from tests.ua.network import Network, Peer, Phone, account_of
from tests.ua.registrar import Provider

BODIES = [
    b"",
    description(),
    description(formats="18"),
    description(direction="sendonly", version=2),
    description(connection="0.0.0.0", version=3),
    b"v=0\r\n",
]
STATUSES = [100, 180, 183, 200, 202, 302, 401, 407, 486, 487, 491, 500, 503, 603]
METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "REGISTER"]
COMMANDS = ["ring", "early", "answer", "reject", "hang_up", "hold", "resume", "media", "call", "options"]

step = st.one_of(
    st.tuples(st.just("command"), st.sampled_from(COMMANDS), st.integers(0, 3)),
    st.tuples(st.just("request"), st.sampled_from(METHODS), st.integers(0, 47)),
    st.tuples(st.just("respond"), st.sampled_from(STATUSES), st.integers(0, 47)),
    st.tuples(st.just("repeat"), st.integers(0, 20), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.005, 0.3, 2.0, 5.0, 40.0]), st.just(0)),
)


class Chaos:
    """A phone, a peer that says anything, and the steps between them."""

    def __init__(self) -> None:
        self.network = Network()
        self.phone = Phone(self.network, "192.0.2.2")
        self.phone.auto_media = False
        self.phone.endpoint.add_account(account_of("bob", registrar=None, direct_calls=True))
        self.peer = Peer(self.network, "192.0.2.9")
        self.said: list[bytes] = []

    def command(self, name: str, session: int) -> None:
        endpoint, now = self.phone.endpoint, self.network.now
        try:
            match name:
                case "call":
                    endpoint.invite("bob", Uri.parse("sip:peer@192.0.2.9"), now)
                case "options":
                    endpoint.options("bob", Uri.parse("sip:peer@192.0.2.9"), now)
                case "media":
                    self.phone.provide_media(session)
                case "early":
                    endpoint.ring(session, now, early_media=True)
                case "reject":
                    endpoint.reject(session, 486, "Busy", now)
                case _:
                    getattr(endpoint, name)(session, now)
        except LocalProtocolError:
            pass  # a command that makes no sense now is told so

    def request(self, method: str, choice: int) -> None:
        """A request within any dialog there may be, or outside of one."""
        body = BODIES[choice % len(BODIES)] if method in ("INVITE", "ACK") else b""
        answered = [response for response in self.peer.responses() if response.to.tag and response.contacts]
        invites = self.peer.requests("INVITE")
        number = 1 + choice % 5
        if choice % 3 == 0 and answered:
            message = ack_of(self.peer, answered[choice % len(answered)], body=body)
            message = Request(
                method,
                message.uri,
                message.headers.with_("CSeq", f"{number} {method}"),
                message.body,
            )
        elif choice % 3 == 1 and invites:
            message = back(self.peer, invites[choice % len(invites)], method, number, body=body)
        else:
            branch = f"z9hG4bK-{choice % 4}"
            message = request(self.peer, method, call_id=f"call-{choice % 4}", branch=branch, body=body)
        self.say(bytes(message))

    def respond(self, status: int, choice: int) -> None:
        """Any response to anything received, with any body and one of two tags."""
        requests = [(m, f) for m, f in self.peer.received if isinstance(m, Request) and m.method != "ACK"]
        if requests:
            message, flow = requests[choice % len(requests)]
            body = BODIES[choice % len(BODIES)]
            fields = (*contact_of(self.peer), *(SDP if body else ()))
            response = self.peer.reply(
                message, flow, status, tag=f"peer{choice % 2}", fields=fields, body=body
            )
            self.said.append(bytes(response))

    def say(self, data: bytes) -> None:
        self.said.append(data)
        self.peer.send(data, self.peer.udp_flow(self.phone.address))

    def take(self, kind: str, first: object, second: int) -> None:
        match kind, first:
            case "command", str(name):
                self.command(name, 1 + second)
            case "request", str(method):
                self.request(method, second)
            case "respond", int(status):
                self.respond(status, second)
            case "repeat", int(which) if self.said:
                self.say(self.said[which % len(self.said)])
            case "wait", float(seconds):
                self.network.run(seconds)
            case _:
                return
        self.network.run(0.0)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(step, max_size=40))
def test_any_order_of_messages_and_commands_is_survived_and_every_call_ends_once(
    steps: list[tuple[str, object, int]],
) -> None:
    chaos = Chaos()
    for kind, first, second in steps:
        chaos.take(kind, first, second)
    chaos.network.run(1.0)
    for session in range(1, 40):
        chaos.command("hang_up", session)
    chaos.network.run(300.0)
    ended = [event.session_id for event in chaos.phone.seen(SessionEnded)]
    assert len(ended) == len(set(ended))
    begun = {event.session_id for event in chaos.phone.seen(IncomingSession)}
    assert begun <= set(ended)
    assert {event.session_id for event in chaos.phone.seen(Established)} <= set(ended)
    assert chaos.phone.endpoint.deadline() is None, "nothing is left"
    assert not list(chaos.phone.endpoint.journal())


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2000))
def test_damaged_datagrams_are_survived(noise: bytes, place: int) -> None:
    chaos = Chaos()
    data = bytes(request(chaos.peer, body=description()))
    place %= len(data)
    flow = chaos.phone.udp_flow(("192.0.2.9", 5060))
    for damaged in (noise, data[:place], data[:place] + noise + data[place:], data[:place] + noise):
        chaos.phone.endpoint.receive_datagram(damaged, flow, chaos.network.now)
    chaos.phone.drain()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 0.2))
def test_calls_over_a_lossy_network_agree_in_the_end(seed: int, loss: float) -> None:
    network = Network()
    chance = random.Random(seed)
    Provider(network)
    alice, bob = Phone(network, "192.0.2.1", seed=1), Phone(network, "192.0.2.2", seed=2)
    for phone, name in ((alice, "alice"), (bob, "bob")):
        phone.endpoint.add_account(account_of(name))
        phone.endpoint.register(name, network.now)
    network.run(2.0)
    network.loses = lambda data: chance.random() < loss
    call = alice.endpoint.invite("alice", Uri.parse("sip:bob@example.com"), network.now)
    network.run(10.0)
    for incoming in bob.seen(IncomingSession):
        bob.endpoint.answer(incoming.session_id, network.now)
    network.run(5.0)
    alice.endpoint.hang_up(call, network.now)
    network.run(120.0)
    assert len(alice.seen(SessionEnded)) == 1
    assert len(bob.seen(SessionEnded)) == len(bob.seen(IncomingSession))
