"""The one asyncio adapter around the signalling machines: sockets, names and the clock; no decisions."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from firmware.net import stream
from firmware.net.resolver import Resolver
from firmware.net.stream import StreamLink
from firmware.net.transport import Receiver, TransportError, family_of
from firmware.net.udp import UdpSocket
from firmware.sip.flow import Flow, Target, Transport
from firmware.sip.uri import Uri
from firmware.ua.events import CloseFlow, Event, OpenFlow, Output, Resolve, Transmit


@dataclass(frozen=True, slots=True)
class Bindings:
    """Where to listen, as IP literals and ports. UDP sends from there too; port 0 is any."""

    udp: tuple[tuple[str, int], ...] = (("0.0.0.0", 0), ("::", 0))
    tcp: tuple[tuple[str, int], ...] = ()
    tls: tuple[tuple[str, int], ...] = ()


class Machine(Protocol):
    """What the driver runs: the phone's `ua.endpoint.Endpoint`, or a server's counterpart of it."""

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        """A datagram arrived."""

    def receive_stream(self, data: bytes, flow: Flow, now: float) -> None:
        """Bytes of a stream arrived."""

    def flow_accepted(self, flow: Flow, now: float) -> None:
        """A peer connected."""

    def flow_opened(self, request_id: int, flow: Flow, now: float) -> None:
        """`OpenFlow` was carried out."""

    def flow_failed(self, request_id: int, reason: str, now: float) -> None:
        """`OpenFlow` could not be carried out."""

    def flow_lost(self, flow: Flow, reason: str, now: float) -> None:
        """A connection has ended."""

    def resolved(self, query_id: int, targets: Sequence[Target], now: float) -> None:
        """`Resolve` found targets."""

    def resolve_failed(self, query_id: int, reason: str, now: float) -> None:
        """`Resolve` found none."""

    def poll(self) -> Output | None:
        """The next effect or event."""

    def deadline(self) -> float | None:
        """When to call `on_deadline`."""

    def on_deadline(self, now: float) -> None:
        """The deadline has come."""


class Driver:
    """Runs a `Machine` on real sockets. `on_event` gets what is not for the network.

    Call `pump` after every method called on the machine from outside.
    """

    def __init__(
        self,
        machine: Machine,
        resolver: Resolver,
        on_event: Callable[[Event], None],
        *,
        client_tls: ssl.SSLContext,
        server_tls: ssl.SSLContext | None = None,
    ) -> None:
        self._machine = machine
        self._resolver = resolver
        self._on_event = on_event
        self._client_tls = client_tls
        self._server_tls = server_tls
        self._loop = asyncio.get_running_loop()
        self._next_id = count(1).__next__
        self._receiver = Receiver(self._datagram, self._stream, self._accepted, self._lost)
        self._udp: list[UdpSocket] = []
        self._servers: list[tuple[Transport, asyncio.Server]] = []
        self._links: dict[int, StreamLink] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._pumping = False

    @property
    def now(self) -> float:
        """The clock of everything here, seconds."""
        return self._loop.time()

    @property
    def listening(self) -> tuple[tuple[str, str, int], ...]:
        """Transport, address and port of every socket that takes in what was not asked for."""
        datagrams = [("UDP", bound.host, bound.port) for bound in self._udp]
        streams = [
            (transport, *sock.getsockname()[:2])
            for transport, server in self._servers
            for sock in server.sockets
        ]
        return (*datagrams, *streams)

    async def start(self, bindings: Bindings) -> None:
        """Bind and listen. Raises `TransportError` (a wildcard family that the machine lacks is left out)."""
        for host, port in bindings.udp:
            await self._bind(host, port, optional=host == "::" and len(bindings.udp) > 1)
        for host, port in bindings.tcp:
            await self._listen("TCP", host, port)
        for host, port in bindings.tls:
            await self._listen("TLS", host, port)

    async def _bind(self, host: str, port: int, *, optional: bool) -> None:
        try:
            self._udp.append(await UdpSocket.bind(host, port, self._receiver, self._next_id))
        except TransportError:
            if not optional:
                raise

    async def _listen(self, transport: Transport, host: str, port: int) -> None:
        context = self._server_tls if transport == "TLS" else None
        if transport == "TLS" and context is None:
            raise TransportError(f"TLS {host} port {port}: a certificate is needed to listen")
        server = await stream.listen(
            transport,
            host,
            port,
            context,
            lambda: StreamLink(transport, self._receiver, self._next_id).as_accepted(self._keep),
        )
        self._servers.append((transport, server))

    async def stop(self) -> None:
        """Close everything. What was written is still sent."""
        if self._timer is not None:
            self._timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        for _, server in self._servers:
            server.close()
        for link in self._links.values():
            link.close()
        for bound in self._udp:
            bound.close()
        await asyncio.sleep(0)

    # From the machine

    def pump(self) -> None:
        """Carry out what the machine wants until it wants nothing more, and set its timer."""
        if self._pumping:
            return  # an event's handler called the machine: the loop below goes on
        self._pumping = True
        try:
            while (output := self._machine.poll()) is not None:
                match output:
                    case Transmit(flow, data):
                        self._send(flow, data)
                    case OpenFlow(request_id, target):
                        self._spawn(self._open(request_id, target))
                    case Resolve(query_id, uri):
                        self._spawn(self._resolve(query_id, uri))
                    case CloseFlow(flow):
                        self._close(flow)
                    case _:
                        self._on_event(output)
        finally:
            self._pumping = False
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (deadline := self._machine.deadline()) is not None:
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._machine.on_deadline(self.now)
        self.pump()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send(self, flow: Flow, data: bytes) -> None:
        if flow.transport != "UDP":
            if link := self._links.get(flow.id):
                link.send(data)
            return
        for bound in self._udp:
            if bound.port == flow.local[1] and bound.family == family_of(flow.remote[0]):
                bound.send(data, flow.remote)
                return

    def _close(self, flow: Flow) -> None:
        if link := self._links.pop(flow.id, None):
            link.close()

    async def _resolve(self, query_id: int, uri: Uri) -> None:
        try:
            targets = await self._resolver.resolve(uri)
        except TransportError as error:
            self._machine.resolve_failed(query_id, str(error), self.now)
        else:
            self._machine.resolved(query_id, targets, self.now)
        self.pump()

    async def _open(self, request_id: int, target: Target) -> None:
        try:
            flow = await self._flow_to(target)
        except TransportError as error:
            self._machine.flow_failed(request_id, str(error), self.now)
        else:
            self._machine.flow_opened(request_id, flow, self.now)
        self.pump()

    async def _flow_to(self, target: Target) -> Flow:
        if target.transport == "UDP":
            family = family_of(target.host)
            for bound in self._udp:
                if bound.family == family:
                    return bound.flow_to((target.host, target.port))
            raise TransportError(f"this phone has no UDP socket for {target.host}")
        context = self._client_tls if target.transport == "TLS" else None
        link = await stream.connect(target, context, self._receiver, self._next_id)
        if link.flow is None:
            raise TransportError(f"{target.host} closed the connection at once")
        self._links[link.flow.id] = link
        return link.flow

    # From the transports

    def _keep(self, link: StreamLink, flow: Flow) -> None:
        self._links[flow.id] = link

    def _datagram(self, data: bytes, flow: Flow) -> None:
        self._machine.receive_datagram(data, flow, self.now)
        self.pump()

    def _stream(self, data: bytes, flow: Flow) -> None:
        self._machine.receive_stream(data, flow, self.now)
        self.pump()

    def _accepted(self, flow: Flow) -> None:
        self._machine.flow_accepted(flow, self.now)
        self.pump()

    def _lost(self, flow: Flow, reason: str) -> None:
        self._links.pop(flow.id, None)
        self._machine.flow_lost(flow, reason, self.now)
        self.pump()
