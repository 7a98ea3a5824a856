"""What every transport is to the driver: flows that are opened, carry bytes and are lost."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from firmware.sip.flow import Flow

DSCP_SIGNALLING = 24 << 2
"""Class selector 3 in the traffic class byte, the usual marking of call signalling (RFC 4594)."""


class TransportError(Exception):
    """A flow could not be opened; the text is a reason for a person, without a full stop."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom the transports tell what happened."""

    datagram: Callable[[bytes, Flow], None]
    stream: Callable[[bytes, Flow], None]
    accepted: Callable[[Flow], None]
    lost: Callable[[Flow, str], None]


class Link(Protocol):
    """The bytes' way to the other end of one flow."""

    def send(self, data: bytes) -> None:
        """Hand bytes to the kernel; what cannot be sent is lost, or ends the flow."""

    def close(self) -> None:
        """End the flow without a word to the receiver."""


def family_of(host: str) -> socket.AddressFamily:
    """The address family of an IP literal."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def mark_signalling(sock: socket.socket) -> None:
    """Ask for call-signalling treatment on the way; a network that refuses does no harm."""
    try:
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, DSCP_SIGNALLING)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, DSCP_SIGNALLING)
    except OSError:
        pass


def source_towards(remote: tuple[str, int]) -> str:
    """The local address from which the kernel would send to `remote`. Raises `TransportError`."""
    with socket.socket(family_of(remote[0]), socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(remote)
        except OSError as error:
            raise TransportError(f"no route to {remote[0]} ({error.strerror})") from error
        return str(probe.getsockname()[0])
