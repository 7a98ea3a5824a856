"""The UDP sockets of a stream: an RTP and an RTCP port for each address family (RFC 3550 section 11)."""

import errno
import ipaddress
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firmware.control.voice import LocalAddress

Entropy = Callable[[int], bytes]

EXPEDITED_FORWARDING = 46 << 2
"""The DSCP of voice (RFC 3246, RFC 4594), in its place in the IPv4 TOS and IPv6 traffic class octet."""

RECEIVE_BUFFER = 1 << 18
"""Bytes the kernel keeps for a socket: seconds of voice, should the process be held up."""

ABSENT_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.ENETUNREACH)
"""What the system says to an address that it does not have, as IPv6 where it is turned off."""


class AllocationError(Exception):
    """No sockets could be had; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class SocketPair:
    """Two bound, non-blocking UDP sockets of one family."""

    host: str
    rtp: socket.socket
    rtcp: socket.socket

    @property
    def ports(self) -> tuple[int, int]:
        """The RTP and the RTCP port."""
        return self.rtp.getsockname()[1], self.rtcp.getsockname()[1]

    @property
    def local(self) -> LocalAddress:
        """The pair as the control channel names it."""
        rtp_port, rtcp_port = self.ports
        return LocalAddress(host=self.host, rtp_port=rtp_port, rtcp_port=rtcp_port)

    def close(self) -> None:
        """Free the ports."""
        self.rtp.close()
        self.rtcp.close()


def allocate(
    hosts: tuple[str, ...],
    port_range: tuple[int, int],
    ports: tuple[int, int] | None,
    entropy: Entropy,
) -> tuple[SocketPair, ...]:
    """Sockets on every host, all with the same two ports: an even one for RTP and the next for RTCP.

    The search starts at a random place in the range, so that a restarted phone does not hear the streams
    of its calls before, and nobody can guess the port. Hosts of a family that this system does not have are
    left out. Raises `AllocationError`.
    """
    if ports is not None:
        pairs = _bind_all(hosts, ports)
        if pairs is None:
            raise AllocationError(f"RTP port {ports[0]} or {ports[1]} is in use by another program.")
        return pairs
    for rtp_port in _even_ports(port_range, entropy):
        pairs = _bind_all(hosts, (rtp_port, rtp_port + 1))
        if pairs is not None:
            return pairs
    raise AllocationError(f"All RTP ports from {port_range[0]} to {port_range[1]} are in use.")


def _even_ports(port_range: tuple[int, int], entropy: Entropy) -> Iterator[int]:
    first, last = port_range
    if not 0 < first <= last <= 65535:
        raise AllocationError(f"{first} to {last} is no range of ports.")
    even = range(first + first % 2, last, 2)
    if not even:
        raise AllocationError(f"The range {first} to {last} has no even port with an odd one after it.")
    start = int.from_bytes(entropy(4), "big") % len(even)
    yield from even[start:]
    yield from even[:start]


def _bind_all(hosts: tuple[str, ...], ports: tuple[int, int]) -> tuple[SocketPair, ...] | None:
    """A pair for each host there is; None when a port is taken on any of them."""
    pairs: list[SocketPair] = []
    absent = ""
    for host in hosts:
        try:
            pairs.append(_bind_pair(host, ports))
        except OSError as error:
            if error.errno in ABSENT_FAMILY:
                absent = host
                continue
            for pair in pairs:
                pair.close()
            if error.errno == errno.EADDRINUSE:
                return None
            raise AllocationError(f"No RTP socket on {host}: {error.strerror}.") from error
    if not pairs:
        raise AllocationError(f"This system has no address {absent}." if absent else "No address was given.")
    return tuple(pairs)


def _bind_pair(host: str, ports: tuple[int, int]) -> SocketPair:
    rtp = _bind(host, ports[0])
    try:
        return SocketPair(host, rtp, _bind(host, ports[1]))
    except OSError:
        rtp.close()
        raise


def _bind(host: str, port: int) -> socket.socket:
    try:
        version = ipaddress.ip_address(host.partition("%")[0]).version
    except ValueError as error:
        raise AllocationError(f"{host!r} is no IP address.") from error
    bound = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        if version == 4:
            bound.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, EXPEDITED_FORWARDING)
        else:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, EXPEDITED_FORWARDING)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
