"""SIP over TCP and TLS: one flow a connection."""

import asyncio
import socket
import ssl
from collections.abc import Callable

from firmware.net.certificate import names_domain, words_for
from firmware.net.transport import Receiver, TransportError, mark_signalling
from firmware.sip.flow import Flow, Target, Transport

CONNECT_TIMEOUT = 4.0
"""Seconds until an address that does not answer counts as dead (fail-over within 4 s)."""
HANDSHAKE_TIMEOUT = 5.0
"""Seconds that a peer which connected to us may take for its TLS handshake."""
MAX_UNSENT = 1 << 20
"""Bytes a peer may leave unread before the connection is given up."""


class StreamLink(asyncio.Protocol):
    """One TCP or TLS connection, either way round."""

    def __init__(
        self, transport: Transport, receiver: Receiver, next_id: Callable[[], int], *, server_name: str = ""
    ) -> None:
        self._kind: Transport = transport
        self._receiver = receiver
        self._next_id = next_id
        self._server_name = server_name
        self._on_accepted: Callable[[StreamLink, Flow], None] | None = None
        self._told = False
        self._asyncio: asyncio.Transport | None = None
        self.flow: Flow | None = None

    def as_accepted(self, keep: "Callable[[StreamLink, Flow], None]") -> "StreamLink":
        """Mark as opened by the peer: `keep` gets it, and the receiver is told of it."""
        self._on_accepted = keep
        return self

    def send(self, data: bytes) -> None:
        """Send on the stream; a peer that does not read loses its connection."""
        if self._asyncio is None or self._asyncio.is_closing():
            return
        self._asyncio.write(data)
        if self._asyncio.get_write_buffer_size() > MAX_UNSENT:
            self._asyncio.abort()

    def close(self) -> None:
        """Close without telling the receiver."""
        self._told = True
        if self._asyncio is not None:
            self._asyncio.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            return
        self._asyncio = transport
        sock = transport.get_extra_info("socket")
        mark_signalling(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        local = transport.get_extra_info("sockname")[:2]
        remote = transport.get_extra_info("peername")[:2]
        self.flow = Flow(self._next_id(), self._kind, local, remote, self._server_name)
        if self._on_accepted is not None:
            self._on_accepted(self, self.flow)
            self._receiver.accepted(self.flow)

    def data_received(self, data: bytes) -> None:
        if self.flow is not None and not self._told:
            self._receiver.stream(data, self.flow)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.flow is None or self._told:
            return
        self._told = True
        self._receiver.lost(self.flow, words_for(exc) if exc else "the server closed the connection")

    def certificate_names(self, domain: str) -> bool:
        """Whether the peer's certificate names `domain` (RFC 5922 section 7.2)."""
        if self._asyncio is None:
            return False
        return names_domain(self._asyncio.get_extra_info("peercert") or {}, domain)


async def connect(
    target: Target,
    context: ssl.SSLContext | None,
    receiver: Receiver,
    next_id: Callable[[], int],
) -> StreamLink:
    """Open a connection to `target`, with TLS where there is a context. Raises `TransportError`."""
    loop = asyncio.get_running_loop()
    link = StreamLink(target.transport, receiver, next_id, server_name=target.server_name)
    place = f"{target.host} port {target.port}"
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            await loop.create_connection(
                lambda: link,
                target.host,
                target.port,
                ssl=context,
                server_hostname=target.server_name if context else None,
            )
    except TimeoutError as error:
        raise TransportError(f"{place} does not answer") from error
    except (OSError, ssl.SSLError) as error:
        raise TransportError(f"{place}: {words_for(error)}") from error
    if context is not None and not link.certificate_names(target.server_name):
        link.close()
        raise TransportError(f"{place}: its certificate is not for {target.server_name}")
    return link


async def listen(
    transport: Transport,
    host: str,
    port: int,
    context: ssl.SSLContext | None,
    on_link: Callable[[], StreamLink],
) -> asyncio.Server:
    """Accept connections on an IP literal and a port, 0 for any. Raises `TransportError`."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(
            on_link,
            host,
            port,
            ssl=context,
            ssl_handshake_timeout=HANDSHAKE_TIMEOUT if context else None,
        )
    except OSError as error:
        raise TransportError(f"{transport} {host} port {port}: {error.strerror}") from error
