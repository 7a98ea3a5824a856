"""SIP over UDP: one socket a local address, one flow a remote address (RFC 3261 section 18)."""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Self, cast

from firmware.net.transport import (
    Receiver,
    TransportError,
    family_of,
    mark_signalling,
    source_towards,
)
from firmware.sip.flow import Flow

MAX_FLOWS = 512
"""Remote addresses remembered by a socket; the one silent for longest is forgotten first."""


class UdpSocket(asyncio.DatagramProtocol):
    """A bound socket. Flows to and from it share the local port, so answers come back (RFC 3581)."""

    def __init__(self, receiver: Receiver, next_id: Callable[[], int]) -> None:
        self._receiver = receiver
        self._next_id = next_id
        self._flows: OrderedDict[tuple[str, int], Flow] = OrderedDict()
        self._transport: asyncio.DatagramTransport | None = None
        self.host = ""
        self.port = 0

    @classmethod
    async def bind(cls, host: str, port: int, receiver: Receiver, next_id: Callable[[], int]) -> Self:
        """Bind to an IP literal (or wildcard) and a port, 0 for any. Raises `TransportError`."""
        family = family_of(host)
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            mark_signalling(sock)
            sock.bind((host, port))
        except OSError as error:
            sock.close()
            raise TransportError(f"UDP {host} port {port}: {error.strerror}") from error
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        _, bound = await loop.create_datagram_endpoint(lambda: cls(receiver, next_id), sock=sock)
        return bound

    @property
    def family(self) -> socket.AddressFamily:
        """The address family that this socket speaks."""
        return family_of(self.host)

    def flow_to(self, remote: tuple[str, int]) -> Flow:
        """The flow to a remote address, made if it is new. Raises `TransportError` without a route."""
        if flow := self._flows.get(remote):
            self._flows.move_to_end(remote)
            return flow
        wildcard = self.host in ("0.0.0.0", "::")
        host = source_towards(remote) if wildcard else self.host
        flow = Flow(self._next_id(), "UDP", (host, self.port), remote)
        self._flows[remote] = flow
        if len(self._flows) > MAX_FLOWS:
            self._flows.popitem(last=False)
        return flow

    def send(self, data: bytes, remote: tuple[str, int]) -> None:
        """Send one datagram; UDP may lose it and the transaction's timers know."""
        if self._transport is not None:
            self._transport.sendto(data, remote)

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()

    # asyncio.DatagramProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.host, self.port = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            flow = self.flow_to(addr[:2])
        except TransportError:
            return  # the way back has gone meanwhile: nothing could be answered
        self._receiver.datagram(data, flow)

    def error_received(self, exc: Exception) -> None:
        """An ICMP error names no destination here; the transaction times out and fails over."""
