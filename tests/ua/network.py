"""An internet in memory: phones and scripted peers joined by datagrams and streams under one clock."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import TypeVar

from firmware.sdp.negotiation import CodecOffer, LocalMedia, MediaPolicy
from firmware.sip.digest import Password
from firmware.sip.flow import Flow, Target, Transport
from firmware.sip.framing import KeepAlive, Malformed, StreamFramer
from firmware.sip.message import Message, Request, Response, parse, response_to
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.endpoint import Endpoint
from firmware.ua.events import CloseFlow, Event, NeedsMedia, OpenFlow, Resolve, Transmit

E = TypeVar("E")
MAX_TURNS = 2000
"""turns in one moment after which something must be wrong"""
Address = tuple[str, int]

PCMU = CodecOffer("PCMU", 8000, payload_type=0)
PCMA = CodecOffer("PCMA", 8000, payload_type=8)


def entropy_of(seed: int) -> Callable[[int], bytes]:
    """Repeatable chance."""
    return random.Random(seed).randbytes


class Node:
    """Something with an address. Streams and datagrams arrive at the same port number."""

    def __init__(self, network: Network, host: str, port: int = 5060) -> None:
        self.network = network
        self.address = (host, port)
        self._udp_flows: dict[Address, Flow] = {}
        network.nodes[self.address] = self

    def udp_flow(self, remote: Address) -> Flow:
        """The flow that a datagram socket has with a remote address."""
        if remote not in self._udp_flows:
            self._udp_flows[remote] = Flow(next(self.network.flow_ids), "UDP", self.address, remote)
        return self._udp_flows[remote]

    def deliver(self, data: bytes, flow: Flow) -> None:
        """Bytes arrived."""

    def accepted(self, flow: Flow) -> None:
        """Somebody connected."""

    def lost(self, flow: Flow) -> None:
        """A stream is gone."""

    def drain(self) -> None:
        """Carry out what is to be done now."""

    def deadline(self) -> float | None:
        """When `wake` wants to be called."""
        return None

    def wake(self) -> None:
        """The deadline has come."""


class Network:
    """Names, wires and the clock. `run` lets time pass without any real time passing."""

    def __init__(self, latency: float = 0.01) -> None:
        self.now = 1000.0
        self.latency = latency
        self.nodes: dict[Address, Node] = {}
        self.names: dict[str, list[Target]] = {}
        self.dead: set[Address] = set()
        """addresses that swallow everything"""
        self.loses: Callable[[bytes], bool] = lambda data: False
        """which datagrams get lost"""
        self.flow_ids = count(1)
        self.streams: dict[int, tuple[Node, Flow]] = {}
        """flow id of one end -> the node and flow of the other"""
        self.sent: list[tuple[float, Flow, bytes]] = []
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something when the clock says so."""
        heappush(self._queue, (self.now + seconds, next(self._order), action))

    def run(self, seconds: float = 1.0) -> None:
        """Let time pass: everything due happens in order."""
        end = self.now + seconds
        turns, moment_before = 0, self.now
        while True:
            for node in tuple(self.nodes.values()):
                node.drain()
            moment = self._next_moment()
            if moment is None or moment > end:
                break
            self.now = max(self.now, moment)
            turns = turns + 1 if self.now == moment_before else 0
            moment_before = self.now
            assert turns < MAX_TURNS, f"a deadline stays due: {self._overdue()}"
            while self._queue and self._queue[0][0] <= self.now:
                heappop(self._queue)[2]()
            for node in tuple(self.nodes.values()):
                due = node.deadline()
                if due is not None and due <= self.now:
                    node.wake()
        self.now = end

    def send(self, flow: Flow, data: bytes) -> None:
        """Put bytes on the wire."""
        self.sent.append((self.now, flow, data))
        if flow.remote in self.dead:
            return
        if flow.reliable:
            other = self.streams.get(flow.id)
            if other is not None:
                node, back = other
                self.later(self.latency, lambda: self._arrive(node, back, data))
        elif flow.remote in self.nodes and not self.loses(data):
            node = self.nodes[flow.remote]
            self.later(self.latency, lambda: node.deliver(data, node.udp_flow(flow.local)))

    def connect(self, node: Node, target: Target) -> Flow | None:
        """Both ends of a stream; None when nobody listens."""
        other = self.nodes.get((target.host, target.port))
        if other is None:
            return None
        local = (node.address[0], 40000 + next(self.flow_ids))
        ours = Flow(next(self.flow_ids), target.transport, local, other.address, target.server_name)
        theirs = Flow(next(self.flow_ids), target.transport, other.address, local)
        self.streams[ours.id] = (other, theirs)
        self.streams[theirs.id] = (node, ours)
        other.accepted(theirs)
        return ours

    def cut(self, flow: Flow) -> None:
        """Break a stream; both ends are told."""
        other, back = self.streams.pop(flow.id)
        node, ours = self.streams.pop(back.id)
        node.lost(ours)
        other.lost(back)

    def resolve(self, uri: Uri) -> list[Target]:
        """What the name service knows."""
        if uri.host in self.names:
            return self.names[uri.host]
        transport: Transport = "UDP"
        wanted = (uri.parameter("transport") or "udp").upper()
        if uri.scheme == "sips" or wanted == "TLS":
            transport = "TLS"
        elif wanted == "TCP":
            transport = "TCP"
        return [Target(transport, uri.host, uri.port or (5061 if transport == "TLS" else 5060), uri.host)]

    def _arrive(self, node: Node, flow: Flow, data: bytes) -> None:
        if flow.id in self.streams:
            node.deliver(data, flow)

    def _overdue(self) -> list[tuple[Address, float | None]]:
        return [(address, node.deadline()) for address, node in self.nodes.items()]

    def _next_moment(self) -> float | None:
        moments = [node.deadline() for node in self.nodes.values()]
        moments.append(self._queue[0][0] if self._queue else None)
        return min((moment for moment in moments if moment is not None), default=None)


class Phone(Node):
    """An endpoint with its driver; media are provided by itself unless `auto_media` is off."""

    def __init__(self, network: Network, host: str, seed: int = 1, port: int = 5060) -> None:
        super().__init__(network, host, port)
        self.endpoint = Endpoint(entropy_of(seed), "offhook/test")
        self.events: list[Event] = []
        self.effects: list[object] = []
        self.auto_media = True
        self.connecting_takes = network.latency

    def drain(self) -> None:
        """Carry out effects, collect events."""
        while (output := self.endpoint.poll()) is not None:
            match output:
                case Transmit(flow, data):
                    self.network.send(flow, data)
                case Resolve():
                    self._resolve(output)
                case OpenFlow():
                    self._open(output)
                case CloseFlow(flow, _):
                    self.effects.append(output)
                    if flow.id in self.network.streams:
                        self.network.cut(flow)
                case _:
                    self.events.append(output)
                    if isinstance(output, NeedsMedia) and self.auto_media:
                        self.provide_media(output.session_id, output.branch)

    def provide_media(self, session_id: int, branch: str = "") -> None:
        """A stream with ports made from the session's number."""
        port = 4000 + 4 * session_id
        local = LocalMedia(self.address[0], port, port + 1)
        self.endpoint.provide_media(session_id, (local,), self.network.now, branch)

    def _resolve(self, effect: Resolve) -> None:
        self.effects.append(effect)
        targets = self.network.resolve(effect.uri)
        now = lambda: self.network.now  # noqa: E731
        if targets:
            self.network.later(0.001, lambda: self.endpoint.resolved(effect.query_id, targets, now()))
        else:
            reason = f"{effect.uri.host} is not known"
            self.network.later(0.001, lambda: self.endpoint.resolve_failed(effect.query_id, reason, now()))

    def _open(self, effect: OpenFlow) -> None:
        self.effects.append(effect)
        target = effect.target
        address = (target.host, target.port)
        if target.transport == "UDP":
            self.endpoint.flow_opened(effect.request_id, self.udp_flow(address), self.network.now)
        elif address not in self.network.dead:
            self.network.later(self.connecting_takes, lambda: self._connect(effect))

    def _connect(self, effect: OpenFlow) -> None:
        flow = self.network.connect(self, effect.target)
        if flow is None:
            self.endpoint.flow_failed(effect.request_id, "connection refused", self.network.now)
        else:
            self.endpoint.flow_opened(effect.request_id, flow, self.network.now)

    def deliver(self, data: bytes, flow: Flow) -> None:
        """Bytes arrived."""
        if flow.reliable:
            self.endpoint.receive_stream(data, flow, self.network.now)
        else:
            self.endpoint.receive_datagram(data, flow, self.network.now)

    def accepted(self, flow: Flow) -> None:
        """Somebody connected."""
        self.endpoint.flow_accepted(flow, self.network.now)

    def lost(self, flow: Flow) -> None:
        """A stream is gone."""
        self.endpoint.flow_lost(flow, "connection reset", self.network.now)

    def deadline(self) -> float | None:
        """The endpoint's."""
        return self.endpoint.deadline()

    def wake(self) -> None:
        """The deadline has come."""
        self.endpoint.on_deadline(self.network.now)

    def seen(self, kind: type[E]) -> list[E]:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        """The latest event of one kind; there must be one."""
        found = self.seen(kind)
        assert found, f"no {kind.__name__} among {self.events}"
        return found[-1]


class Peer(Node):
    """A scripted user agent: keeps what it receives, says what the test tells it to."""

    def __init__(self, network: Network, host: str, port: int = 5060) -> None:
        super().__init__(network, host, port)
        self.received: list[tuple[Message, Flow]] = []
        self.flows: list[Flow] = []
        self.on_request: Callable[[Request, Flow], None] = lambda request, flow: None
        self.on_response: Callable[[Response, Flow], None] = lambda response, flow: None
        self._framers: dict[int, StreamFramer] = {}

    def accepted(self, flow: Flow) -> None:
        """Somebody connected."""
        self.flows.append(flow)

    def deliver(self, data: bytes, flow: Flow) -> None:
        """Read what arrived."""
        for message in self._messages(data, flow):
            self.received.append((message, flow))
            if isinstance(message, Request):
                self.on_request(message, flow)
            else:
                self.on_response(message, flow)

    def send(self, message: Message | bytes, flow: Flow) -> None:
        """Say something."""
        self.network.send(flow, bytes(message))

    def reply(
        self,
        request: Request,
        flow: Flow,
        status: int,
        *,
        tag: str = "peer",
        fields: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> Response:
        """Answer a request."""
        response = response_to(request, status, to_tag=tag, headers=fields, body=body)
        self.send(response, flow)
        return response

    def requests(self, method: str) -> list[Request]:
        """The requests received so far."""
        found = [message for message, _ in self.received if isinstance(message, Request)]
        return [request for request in found if request.method == method]

    def responses(self, status: int | None = None) -> list[Response]:
        """The responses received so far."""
        found = [message for message, _ in self.received if isinstance(message, Response)]
        return [response for response in found if status in (None, response.status)]

    def _messages(self, data: bytes, flow: Flow) -> Iterator[Message]:
        if not flow.reliable:
            if data.strip():
                yield parse(data)
            return
        framer = self._framers.setdefault(flow.id, StreamFramer())
        framer.receive_data(data)
        while (message := framer.next_message()) is not None:
            assert not isinstance(message, Malformed), message
            if not isinstance(message, KeepAlive):
                yield message


def account_of(
    user: str,
    *,
    registrar: str | None = "sip:example.com",
    proxy: str | None = None,
    password: str = "secret",
    direct_calls: bool = False,
    media: MediaPolicy | None = None,
    expires: int = 3600,
    realm: str | None = None,
) -> Account:
    """An account of example.com."""
    return Account(
        id=user,
        aor=Uri.parse(f"sip:{user}@example.com"),
        contact_user=f"{user}-0123456789abcdef",
        media=media or MediaPolicy((PCMU, PCMA), srtp="preferred"),
        display_name=user.capitalize(),
        auth_user=user,
        secret=Password(password),
        realm=realm,
        registrar=Uri.parse(registrar) if registrar else None,
        outbound_proxy=Uri.parse(proxy) if proxy else None,
        expires=expires,
        direct_calls=direct_calls,
    )
