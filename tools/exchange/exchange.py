"""The whole exchange as one machine for `net.driver`: the server, and the numbers that answer by themselves.

These are accounts of a user agent like any telephone's, tied to the server by two flows in memory: a private
one, and one for callers whose own way to the exchange is not encrypted.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from firmware.sdp.negotiation import LocalMedia, MediaPolicy
from firmware.sip.entropy import Entropy
from firmware.sip.flow import Flow, Target, Transport
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.endpoint import Endpoint
from firmware.ua.events import CloseFlow, Effect, OpenFlow, Output, Resolve, Transmit
from firmware.ua.identifiers import new_contact_user
from tools.exchange.gate import Subscriber
from tools.exchange.server import Server

INSIDE = ("127.0.0.1", 9)
"""The address by which the services are known; nobody can connect there, and nobody has to."""

NO_WAY_OUT = "the exchange opens no connections"


class Exchange:
    """Server and services: a `net.driver.Machine`, and commands for the sessions of services."""

    def __init__(
        self,
        names: Sequence[str],
        subscribers: Mapping[str, Subscriber],
        services: Mapping[str, MediaPolicy],
        entropy: Entropy,
        tell: Callable[[str], None],
    ) -> None:
        """As in `Server`; `services` by number, the accounts' identifier."""
        self._server = Server(names, subscribers, self._flow_to_service, entropy, tell)
        self._endpoint = Endpoint(entropy, "offhook exchange")
        for number, media in services.items():
            address = Uri("sip", number, None, names[0])
            contact = new_contact_user(entropy)
            self._endpoint.add_account(Account(number, address, contact, media, direct_calls=True))
        self._services = frozenset(services)
        self._inside: dict[int, Flow] = {}
        """By number, the server's ends of the flows in memory."""
        self._outputs: deque[Output] = deque()

    # Sessions of services

    def provide_media(self, session_id: int, local: Sequence[LocalMedia], now: float) -> None:
        """As `Endpoint.provide_media`."""
        self._endpoint.provide_media(session_id, local, now)
        self._carry(now)

    def answer(self, session_id: int, now: float) -> None:
        """As `Endpoint.answer`."""
        self._endpoint.answer(session_id, now)
        self._carry(now)

    def reject(self, session_id: int, status: int, reason: str, now: float) -> None:
        """As `Endpoint.reject`."""
        self._endpoint.reject(session_id, status, reason, now)
        self._carry(now)

    def hang_up(self, session_id: int, now: float) -> None:
        """As `Endpoint.hang_up`."""
        self._endpoint.hang_up(session_id, now)
        self._carry(now)

    # The machine

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        """One UDP datagram."""
        self._server.receive_datagram(data, flow, now)
        self._carry(now)

    def receive_stream(self, data: bytes, flow: Flow, now: float) -> None:
        """The next bytes of a connection."""
        self._server.receive_stream(data, flow, now)
        self._carry(now)

    def flow_accepted(self, flow: Flow, now: float) -> None:
        """A telephone has connected."""
        self._server.flow_accepted(flow, now)
        self._carry(now)

    def flow_lost(self, flow: Flow, reason: str, now: float) -> None:
        """A telephone's connection has ended."""
        self._server.flow_lost(flow, reason, now)
        self._carry(now)

    def flow_opened(self, request_id: int, flow: Flow, now: float) -> None:
        """Never asked for: see `NO_WAY_OUT`."""

    def flow_failed(self, request_id: int, reason: str, now: float) -> None:
        """Never asked for."""

    def resolved(self, query_id: int, targets: Sequence[Target], now: float) -> None:
        """Never asked for."""

    def resolve_failed(self, query_id: int, reason: str, now: float) -> None:
        """Never asked for."""

    def poll(self) -> Output | None:
        """The next effect of the server, or event of a service's session."""
        return self._outputs.popleft() if self._outputs else None

    def deadline(self) -> float | None:
        """When `on_deadline` wants to be called."""
        parts = (self._server, self._endpoint)
        return min((at for part in parts if (at := part.deadline()) is not None), default=None)

    def on_deadline(self, now: float) -> None:
        """Do what is due."""
        self._server.on_deadline(now)
        self._endpoint.on_deadline(now)
        self._carry(now)

    # Between server and services

    def _flow_to_service(self, number: str, caller: Flow, now: float) -> Flow | None:
        """The flow in memory that is as private as the caller's own."""
        if number not in self._services:
            return None
        transport: Transport = "TLS" if caller.secure else "TCP"
        number_of_flow = -1 if caller.secure else -2
        if number_of_flow not in self._inside:
            flow = Flow(number_of_flow, transport, caller.local, INSIDE)
            self._inside[flow.id] = flow
            self._server.trust(flow, now)
            self._endpoint.flow_accepted(_far_end(flow), now)
        return self._inside[number_of_flow]

    def _carry(self, now: float) -> None:
        """Take bytes from one to the other until neither has any; what is left over is for `poll`."""
        while True:
            if (effect := self._server.poll()) is not None:
                self._from_server(effect, now)
            elif (output := self._endpoint.poll()) is not None:
                self._from_services(output, now)
            else:
                return

    def _from_server(self, effect: Effect, now: float) -> None:
        match effect:
            case Transmit(flow, data) if flow.id in self._inside:
                self._endpoint.receive_stream(data, _far_end(flow), now)
            case _:
                self._outputs.append(effect)

    def _from_services(self, output: Output, now: float) -> None:
        match output:
            case Transmit(flow, data):
                self._server.receive_stream(data, _far_end(flow), now)
            case OpenFlow(request_id, _):
                self._endpoint.flow_failed(request_id, NO_WAY_OUT, now)
            case Resolve(query_id, _):
                self._endpoint.resolve_failed(query_id, NO_WAY_OUT, now)
            case CloseFlow():
                pass  # what our own server writes can always be read
            case _:
                self._outputs.append(output)


def _far_end(flow: Flow) -> Flow:
    """A flow as its other end sees it."""
    return Flow(flow.id, flow.transport, flow.remote, flow.local)
