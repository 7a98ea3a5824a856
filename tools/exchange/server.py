"""The exchange's machine for SIP: its flows, one transaction layer, registrar and proxy. Sans-IO."""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from firmware.sip.entropy import Entropy
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.framing import PONG, KeepAlive, Malformed, StreamFramer
from firmware.sip.message import Message, Request, Response, parse, rejection_of, validate
from firmware.sip.transaction import Event as TransactionEvent
from firmware.sip.transaction import (
    RequestReceived,
    ResponseReceived,
    ServerTransaction,
    TransactionLayer,
    TransactionTerminated,
    TransactionTimeout,
    TransportFailed,
)
from firmware.sip.transaction import Transmit as TransmitMessage
from firmware.sip.uri import Uri
from firmware.ua.events import CloseFlow, Effect, Transmit
from tools.exchange.gate import Gate, Subscriber
from tools.exchange.proxy import Proxy, stripped
from tools.exchange.registrar import Registrar
from tools.exchange.routing import Hop, Router

ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER")

MOST_STREAMS = 256
"""Connections at one time; one more is closed at once."""

MOST_DATAGRAM_FLOWS = 512
"""Addresses remembered of UDP; the one silent for longest is forgotten first."""

ServiceFlow = Callable[[str, Flow, float], Flow | None]
"""(number, caller's flow, now) -> the flow to what answers that number by itself, None if nothing does."""


class Server:
    """See the module. `tell` hears in words what a person may want to know."""

    def __init__(
        self,
        names: Sequence[str],
        subscribers: Mapping[str, Subscriber],
        service: ServiceFlow,
        entropy: Entropy,
        tell: Callable[[str], None],
    ) -> None:
        """`names` are the hosts that stand for the exchange, the realm first; `subscribers` are by number."""
        self._subscribers = subscribers
        self._service = service
        self._tell = tell
        self._gate = Gate(names[0], subscribers, entropy)
        self._registrar = Registrar(tell)
        self._router = Router(frozenset(names), self._flow, entropy)
        self._transactions = TransactionLayer(entropy)
        self._proxy = Proxy(self._transactions, entropy)
        self._streams: dict[int, tuple[Flow, StreamFramer]] = {}
        self._datagrams: OrderedDict[int, Flow] = OrderedDict()
        self._trusted: set[int] = set()
        self._outputs: deque[Effect] = deque()

    # What arrives

    def trust(self, flow: Flow, now: float) -> None:
        """A flow to our own services: what comes on it needs no password."""
        self._trusted.add(flow.id)
        self.flow_accepted(flow, now)

    def flow_accepted(self, flow: Flow, now: float) -> None:
        """A telephone has connected."""
        if len(self._streams) < MOST_STREAMS:
            self._streams[flow.id] = (flow, StreamFramer())
        else:
            self._outputs.append(CloseFlow(flow, "too many connections"))

    def flow_lost(self, flow: Flow, reason: str, now: float) -> None:
        """A telephone's connection has ended."""
        self._streams.pop(flow.id, None)
        self._registrar.flow_lost(flow)
        self._transactions.flow_failed(flow, reason, now)
        self._pump(now)

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        """One UDP datagram; line ends only keep the way open."""
        if not data.strip(b"\r\n\0"):
            return
        self._datagrams[flow.id] = flow
        self._datagrams.move_to_end(flow.id)
        if len(self._datagrams) > MOST_DATAGRAM_FLOWS:
            self._datagrams.popitem(last=False)
        try:
            self._take(parse(data), flow, now)
        except RemoteProtocolError as error:
            self._reject(data, error, flow)
        self._pump(now)

    def receive_stream(self, data: bytes, flow: Flow, now: float) -> None:
        """The next bytes of a connection."""
        _, framer = self._streams.get(flow.id, (flow, None))
        if framer is None:
            return
        framer.receive_data(data)
        try:
            while (message := framer.next_message()) is not None:
                self._take_framed(message, flow, now)
        except RemoteProtocolError as error:
            del self._streams[flow.id]
            self._outputs.append(CloseFlow(flow, error.reason))
        self._pump(now)

    def poll(self) -> Effect | None:
        """What to send or close next, until None."""
        return self._outputs.popleft() if self._outputs else None

    def deadline(self) -> float | None:
        """When `on_deadline` wants to be called."""
        parts = (self._transactions, self._registrar, self._proxy)
        return min((at for part in parts if (at := part.deadline()) is not None), default=None)

    def on_deadline(self, now: float) -> None:
        """Do what is due."""
        self._transactions.on_deadline(now)
        self._registrar.on_deadline(now)
        self._proxy.on_deadline(now)
        self._pump(now)

    # Messages

    def _take_framed(self, message: Message | KeepAlive | Malformed, flow: Flow, now: float) -> None:
        match message:
            case KeepAlive(kind):
                if kind == "ping":
                    self._outputs.append(Transmit(flow, PONG))
            case Malformed(data, error):
                self._reject(data, error, flow)
            case _:
                try:
                    self._take(message, flow, now)
                except RemoteProtocolError as error:
                    self._reject(bytes(message), error, flow)

    def _take(self, message: Message, flow: Flow, now: float) -> None:
        if isinstance(message, Response):
            message = stripped(message)
        validate(message)
        self._transactions.receive(message, flow, now)

    def _reject(self, data: bytes, error: RemoteProtocolError, flow: Flow) -> None:
        """Answer a request that cannot be read, without keeping anything of it."""
        response = rejection_of(data, error)
        if response is not None:
            self._outputs.append(Transmit(flow, bytes(response)))

    def _pump(self, now: float) -> None:
        while (event := self._transactions.poll()) is not None:
            try:
                self._route(event, now)
            except RemoteProtocolError as error:
                if isinstance(event, RequestReceived) and event.transaction is not None:
                    self._proxy.answer(event.transaction, error.status, now, error.headers)

    def _route(self, event: TransactionEvent, now: float) -> None:
        match event:
            case TransmitMessage(flow, message):
                self._outputs.append(Transmit(flow, bytes(message)))
            case RequestReceived(None, request, flow):
                self._acknowledge(request, flow)
            case RequestReceived(ServerTransaction() as transaction, request, flow, cancels):
                if request.method == "CANCEL":
                    self._proxy.answer(transaction, 200 if cancels else 481, now)
                    self._proxy.cancel(cancels, now)
                elif request.method == "REGISTER":
                    self._register(transaction, request, flow, now)
                else:
                    self._pass_on(transaction, request, flow, now)
            case ResponseReceived(transaction, response, _):
                self._proxy.on_response(transaction, response, now)
            case TransactionTimeout(transaction):
                self._proxy.on_no_response(transaction, 408, now)
            case TransportFailed(transaction, _):
                self._proxy.on_no_response(transaction, 480, now)
            case TransactionTerminated(transaction):
                self._proxy.on_terminated(transaction)

    def _register(self, transaction: ServerTransaction, request: Request, flow: Flow, now: float) -> None:
        if not self._router.is_ours(request.uri) or not self._router.is_ours(request.to.uri):
            raise RemoteProtocolError("this exchange is not the registrar of that domain", 404)
        number = self._number(request.to.uri)
        self._gate.admit(request, number, now, proxy=False)
        self._proxy.answer(transaction, 200, now, self._registrar.register(number, request, flow, now))

    def _acknowledge(self, request: Request, flow: Flow) -> None:
        hop = self._router.follow(self._router.arrive(request), flow)
        if isinstance(hop, Hop):
            self._proxy.acknowledge(hop)

    def _pass_on(self, transaction: ServerTransaction, request: Request, flow: Flow, now: float) -> None:
        if request.method == "OPTIONS" and self._is_for_us(request):
            self._proxy.answer(transaction, 200, now, (ALLOW,))
            return
        hop = self._router.follow(self._router.arrive(request), flow)
        if not isinstance(hop, Hop):
            hop = self._router.recorded(self._begin(hop, flow, now), flow)
        self._proxy.forward(transaction, hop, now)

    def _begin(self, request: Request, flow: Flow, now: float) -> Hop:
        """The first hop of something new: who asks, and where is whom they ask for?"""
        if flow.id not in self._trusted:
            if not self._router.is_ours(request.from_.uri):
                raise RemoteProtocolError("a caller from elsewhere", 403)
            self._gate.admit(request, self._number(request.from_.uri), now, proxy=True)
            request = self._gate.consume(request)
        if request.routes or not self._router.is_ours(request.uri):
            raise RemoteProtocolError("this exchange does not lead there", 403)
        return self._find(request, flow, now)

    def _find(self, request: Request, flow: Flow, now: float) -> Hop:
        number = self._number(request.uri)
        service = self._service(number, flow, now)
        if service is not None:
            return Hop(request, service)
        binding = self._registrar.find(number)
        if binding is not None:
            return Hop(replace(request, uri=binding.contact), binding.flow)
        raise RemoteProtocolError("not to be reached", 480 if number in self._subscribers else 404)

    def _is_for_us(self, request: Request) -> bool:
        return self._router.is_ours(request.uri) and not self._number(request.uri)

    @staticmethod
    def _number(uri: object) -> str:
        return (uri.user or "") if isinstance(uri, Uri) else ""

    def _flow(self, number: int) -> Flow | None:
        stream = self._streams.get(number)
        return self._datagrams.get(number) if stream is None else stream[0]
