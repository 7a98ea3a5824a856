"""What the transaction tests share: requests, a layer under a fake clock, and two layers with a link."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from firmware.sip.flow import Flow
from firmware.sip.headers import Headers
from firmware.sip.message import Request, Response, parse, response_to
from firmware.sip.transaction import (
    ClientTransaction,
    Event,
    RequestReceived,
    ResponseReceived,
    ServerTransaction,
    TransactionLayer,
    Transmit,
)
from firmware.sip.uri import Uri

UDP = Flow(1, "UDP", ("192.0.2.1", 5060), ("192.0.2.2", 5070))
TCP = Flow(2, "TCP", ("192.0.2.1", 40000), ("192.0.2.2", 5060))


def reverse(flow: Flow) -> Flow:
    """The same flow as the other end sees it."""
    return Flow(flow.id, flow.transport, flow.remote, flow.local)


def make_request(method: str = "INVITE", **fields: str) -> Request:
    """A request to Bob without Via; `fields` replace header fields, `_` standing for `-`."""
    headers = Headers(
        [
            ("Max-Forwards", "70"),
            ("From", "<sip:alice@example.com>;tag=from-1"),
            ("To", "<sip:bob@example.com>"),
            ("Call-ID", "call-1@example.com"),
            ("CSeq", f"1 {method}"),
            ("Contact", "<sip:alice@192.0.2.1>"),
        ]
    )
    for name, value in fields.items():
        headers = headers.with_(name.replace("_", "-"), value)
    return Request(method, Uri.parse("sip:bob@example.com"), headers)


PEER_VIA = "SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bKpeer"


def incoming(method: str = "INVITE", via: str = PEER_VIA, **fields: str) -> Request:
    """The same as a peer sends it to us."""
    request = make_request(method, **fields)
    return Request(method, request.uri, request.headers.prepended("Via", via))


def other_branch(branch: str) -> str:
    """The peer's Via with `branch`."""
    return PEER_VIA.replace("z9hG4bKpeer", branch)


@dataclass
class Bench:
    """One layer, its clock, and the events it has given so far."""

    now: float = 1000.0
    layer: TransactionLayer = field(default_factory=lambda: TransactionLayer(random.Random(1).randbytes))
    times: list[float] = field(default_factory=list)
    """When each `Transmit` came, relative to the start."""

    def events(self) -> list[Event]:
        """Everything that waits in the layer."""
        return list(drain(self.layer))

    def sent(self) -> list[Request | Response]:
        """The messages among what waits in the layer; the rest is dropped."""
        return [event.message for event in self.events() if isinstance(event, Transmit)]

    def advance(self, seconds: float) -> list[tuple[float, Event]]:
        """Let `seconds` pass, waking the layer at its deadlines; each event with the time it came at."""
        end = self.now + seconds
        start = self.now
        seen: list[tuple[float, Event]] = []
        while (deadline := self.layer.deadline()) is not None and deadline <= end:
            self.now = deadline
            self.layer.on_deadline(deadline)
            seen += [(self.now - start, event) for event in self.events()]
        self.now = end
        return seen

    def request(self, request: Request, flow: Flow = UDP) -> ClientTransaction:
        """Send a request; what the layer sends for it still waits."""
        return self.layer.request(request, flow, self.now)

    def answer(self, transaction: ClientTransaction, status: int, to_tag: str = "to-1") -> Response:
        """Let the peer answer our request."""
        response = response_to(transaction.request, status, to_tag=to_tag)
        self.layer.receive(response, transaction.flow, self.now)
        return response

    def receive(self, request: Request, flow: Flow = UDP) -> list[Event]:
        """Let a peer's request come; everything that waits in the layer after it."""
        self.layer.receive(request, flow, self.now)
        return self.events()

    def accept(self, request: Request, flow: Flow = UDP) -> ServerTransaction:
        """Let a peer's new request come; its transaction."""
        (event,) = self.receive(request, flow)
        assert isinstance(event, RequestReceived)
        assert event.transaction is not None
        return event.transaction

    def respond(self, transaction: ServerTransaction, status: int, to_tag: str = "to-1") -> Response:
        """Answer a peer's request."""
        response = response_to(transaction.request, status, to_tag=to_tag)
        self.layer.respond(transaction, response, self.now)
        return response


def drain(layer: TransactionLayer) -> Iterator[Event]:
    """Every event that waits."""
    while (event := layer.poll()) is not None:
        yield event


Rule = Callable[[int], list[float]]
"""For the nth datagram, the delays after which copies of it arrive; none is loss."""


@dataclass
class Pair:
    """Two layers, Alice's and Bob's, and a link between that may lose, repeat and reorder."""

    flow: Flow
    rule: Rule
    answer: Callable[[RequestReceived], list[int]] = lambda event: []
    """The statuses with which Bob answers a new request."""
    now: float = 0.0
    sequence: int = 0
    alice: TransactionLayer = field(default_factory=lambda: TransactionLayer(random.Random(2).randbytes))
    bob: TransactionLayer = field(default_factory=lambda: TransactionLayer(random.Random(3).randbytes))
    on_the_way: list[tuple[float, int, TransactionLayer, Flow, bytes]] = field(default_factory=list)
    alice_saw: list[Event] = field(default_factory=list)
    bob_saw: list[Event] = field(default_factory=list)

    def run(self, until: float) -> None:
        """Let time pass, with every message through bytes and parser, until nothing happens any more."""
        self._settle()
        while (moment := self._next()) is not None and moment <= until:
            self.now = moment
            for parcel in sorted(p for p in self.on_the_way if p[0] <= moment):
                self.on_the_way.remove(parcel)
                _, _, layer, flow, data = parcel
                layer.receive(parse(data), flow, self.now)
                self._settle()
            for layer in (self.alice, self.bob):
                layer.on_deadline(self.now)
            self._settle()
        self.now = until

    def _next(self) -> float | None:
        moments = [parcel[0] for parcel in self.on_the_way]
        moments += [d for layer in (self.alice, self.bob) if (d := layer.deadline()) is not None]
        return min(moments, default=None)

    def _settle(self) -> None:
        for event in drain(self.alice):
            if isinstance(event, Transmit):
                self._post(self.bob, reverse(event.flow), event)
            else:
                self.alice_saw.append(event)
        for event in drain(self.bob):
            if isinstance(event, Transmit):
                self._post(self.alice, reverse(event.flow), event)
                continue
            self.bob_saw.append(event)
            if isinstance(event, RequestReceived) and event.transaction is not None:
                for status in self.answer(event):
                    response = response_to(event.request, status, to_tag="bob")
                    self.bob.respond(event.transaction, response, self.now)
                self._settle()

    def _post(self, to: TransactionLayer, flow: Flow, event: Transmit) -> None:
        for delay in self.rule(self.sequence):
            parcel = (self.now + delay, len(self.on_the_way) + self.sequence, to, flow, bytes(event.message))
            self.on_the_way.append(parcel)
        self.sequence += 1


def statuses(events: list[Event]) -> list[int]:
    """The statuses of the responses among `events`, in their order."""
    return [event.response.status for event in events if isinstance(event, ResponseReceived)]
