"""Damaged datagrams for a whole user agent that has a call up: it declares what it raises, and lives on."""

from __future__ import annotations

import random
import time

import pytest

from firmware.sip.message import Request, Response
from firmware.sip.uri import Uri
from firmware.ua.events import Established, SessionEnded
from tests.mutations import mutation_count, mutation_seed
from tests.sip.mutations import mutate
from tests.ua.messages import accept, ack_of, back, description, request, within
from tests.ua.network import Network, Peer, Phone, account_of

BATCH = 50
"""Mutations that one call has to bear; a few of them do end it, as a BYE does that is still whole."""
SEED = 3261
PAUSE = 0.3
"""Seconds from one datagram to the next, so that timers run in between."""
MOST_CPU = 0.02
"""Seconds of CPU that a datagram may cost in the whole user agent, the answers and the timers included."""
LONGEST_TRANSACTION = 40.0


class Line:
    """Bob's phone and a peer, between whom there is a call."""

    def __init__(self, seed: int) -> None:
        self.network = Network(latency=0.001)
        self.bob = Phone(self.network, "192.0.2.2", seed)
        self.bob.endpoint.add_account(account_of("bob", registrar=None, direct_calls=True))
        self.peer = Peer(self.network, "192.0.2.9")
        self.flow = self.peer.udp_flow(self.bob.address)

    def called(self) -> list[bytes]:
        """The peer calls. Returns messages of the peer that fit the call."""
        invite = request(self.peer, body=description())
        self.say(invite)
        session = self.bob.endpoint
        session.ring(1, self.network.now)
        session.answer(1, self.network.now)
        self.network.run(0.1)
        success = self.peer.responses(200)[0]
        ack = ack_of(self.peer, success)
        self.say(ack)
        inside = [within(self.peer, success, method, 3) for method in ("BYE", "OPTIONS", "INFO", "UPDATE")]
        again = within(self.peer, success, "INVITE", 2, body=description(version=2))
        return [bytes(message) for message in (invite, ack, again, again, *inside, self._cancel(invite))]

    def calls(self) -> list[bytes]:
        """Bob calls. Returns messages of the peer that fit the call."""
        said: list[Response] = []

        def answer(invite: Request, flow: object) -> None:
            if invite.method == "INVITE" and not said:
                said.append(self.peer.reply(invite, self.flow, 180))
                said.append(accept(self.peer, invite, self.flow))

        self.peer.on_request = answer
        self.bob.endpoint.invite("bob", Uri.parse("sip:peer@192.0.2.9"), self.network.now)
        self.network.run(0.1)
        (invite,) = self.peer.requests("INVITE")
        inside = [back(self.peer, invite, method, 3) for method in ("BYE", "OPTIONS")]
        again = back(self.peer, invite, "INVITE", 2, body=description(version=2))
        return [bytes(message) for message in (*said, again, again, *inside)]

    def say(self, message: Request) -> None:
        self.peer.send(message, self.flow)
        self.network.run(0.1)

    def receive(self, data: bytes) -> float:
        """A datagram arrives and its consequences run for a while; returns the CPU that it cost."""
        start = time.process_time()
        self.bob.endpoint.receive_datagram(data, self.bob.udp_flow(self.peer.address), self.network.now)
        self.network.run(PAUSE)
        return time.process_time() - start

    def lives(self) -> bool:
        """Whether an OPTIONS is answered, and no timer is left behind once all transactions are over."""
        self.network.run(LONGEST_TRANSACTION)
        self.say(request(self.peer, "OPTIONS", call_id="alive", from_tag="alive"))
        return any(answer.call_id == "alive" for answer in self.peer.responses(200))

    def _cancel(self, invite: Request) -> Request:
        return request(self.peer, "CANCEL", branch=invite.via.branch)


@pytest.mark.parametrize("role", ["called", "calls"])
def test_mutations_of_a_call(role: str) -> None:
    """Nothing undeclared is raised, what is answered can be read, no datagram costs much, the phone lives."""
    source = random.Random(f"{mutation_seed(SEED)} {role}")
    for number in range(max(mutation_count("endpoint") // BATCH // 2, 1)):
        line, seeds = begun(number, role)
        for _ in range(BATCH):
            data = mutate(source.choice(seeds), source)
            if line.receive(data) > MOST_CPU:  # or the machine was busy: once more, in a call of its own
                assert begun(number, role)[0].receive(data) < MOST_CPU, data[:200]
        assert line.lives(), number


def begun(seed: int, role: str) -> tuple[Line, list[bytes]]:
    """A call that is up, and messages of the peer that fit it."""
    line = Line(seed)
    seeds = line.called() if role == "called" else line.calls()
    assert line.bob.seen(Established)
    return line, seeds


@pytest.mark.parametrize("role", ["called", "calls"])
def test_the_seeds_of_the_mutations_reach_the_call(role: str) -> None:
    """The harness itself: whole, the re-INVITE changes the call and the BYE ends it."""
    line, seeds = begun(1, role)
    for data in seeds:
        if data.startswith(b"INVITE") and b"To: <sip:bob" in data and b"CSeq: 2 " in data:
            line.receive(data)
            assert line.peer.responses(200)[-1].cseq.number == 2
    assert not line.bob.seen(SessionEnded)
    line.receive(next(data for data in seeds if data.startswith(b"BYE")))
    assert line.bob.seen(SessionEnded)
    assert line.lives()
