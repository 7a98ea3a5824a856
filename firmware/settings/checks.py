"""What settings must be together, beyond each by itself."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from firmware.settings.kinds import is_ip_address, split_server
from firmware.settings.schema import Dns, Line, Media, Network, Settings, Table, Tls

Fault = tuple[tuple[str | int, ...], str]
"""The keys below the table that lead to what is wrong, and the words that follow them."""

MIN_RTP_PORTS: Final = 16
"""Ports for eight streams: two calls, a third to be moved to, and what has just ended."""
FIRST_FREE_PORT: Final = 1024
LAST_PORT: Final = 65535

_HA1_DIGITS: Final = {"MD5": 32, "SHA-256": 64, "SHA-512-256": 64}
_EXPOSED: Final = (
    'cannot be "required" while line {identifier} uses {transport}, which shows the keys to others: use'
    ' transport = "tls" there, or allow it with media.sdes_over_cleartext = true'
)
_HEX: Final = re.compile(r"[0-9a-fA-F]*")


def check(table: Table) -> Iterator[Fault]:
    """All that is wrong with a table whose settings are each right."""
    yield from _CHECKS[type(table)](table) if type(table) in _CHECKS else ()


def _line(line: Line) -> Iterator[Fault]:
    ways = [key for key in ("password", "password_file", "ha1") if getattr(line, key)]
    if len(ways) > 1:
        yield (ways[1],), f"should not be given beside {ways[0]}: one of them is enough"
    for algorithm, secret in line.ha1.items():
        digits = _HA1_DIGITS[algorithm]
        if len(secret.reveal()) != digits or not _HEX.fullmatch(secret.reveal()):
            yield ("ha1", algorithm), f"should be {digits} hexadecimal digits"
    if line.address.startswith("sips:") and line.transport != "tls":
        yield ("transport",), f'should be "tls", which a sips: address demands, not "{line.transport}"'
    for key in ("address", "registrar", "outbound_proxy"):
        server = line.host if key == "address" else getattr(line, key)
        yield from _server((key,), server) if server else ()


def _network(network: Network) -> Iterator[Fault]:
    for index, host in enumerate(network.hosts):
        if not is_ip_address(host):
            yield ("hosts", index), f'should be an IP address, not "{host}"'
    if network.tcp_port and network.tcp_port == network.tls_port:
        yield ("tls_port",), "should be another port than tcp_port"


def _media(media: Media) -> Iterator[Fault]:
    first, last = media.rtp_ports
    if first < FIRST_FREE_PORT or first % 2:
        yield ("rtp_ports", 0), f"should be an even port from {FIRST_FREE_PORT} on, not {first}"
    if last - first + 1 < MIN_RTP_PORTS:
        yield (
            ("rtp_ports", 1),
            f"should leave at least {MIN_RTP_PORTS} ports from {first} on, not end at {last}",
        )


def _tls(tls: Tls) -> Iterator[Fault]:
    if tls.certificate_file and not tls.key_file:
        yield ("key_file",), "is missing: a certificate needs its private key"
    if tls.key_file and not tls.certificate_file:
        yield ("certificate_file",), "is missing: a private key needs its certificate"
    if not tls.trust_system and not tls.ca_files:
        yield ("ca_files",), "is missing: without it and with trust_system = false no server could be trusted"


def _dns(dns: Dns) -> Iterator[Fault]:
    for index, server in enumerate(dns.servers):
        host, _ = split_server(server, 53)
        if not is_ip_address(host):
            yield ("servers", index), f'should be an IP address, not "{server}"'
        yield from _server(("servers", index), server)


def _settings(settings: Settings) -> Iterator[Fault]:
    network = settings.network
    if (
        network.direct_calls
        and not settings.uses_udp
        and network.tcp_port is None
        and network.tls_port is None
    ):
        yield ("network", "direct_calls"), "needs a port to be called at: udp_port, tcp_port or tls_port"
    if network.tls_port is not None and not settings.tls.certificate_file:
        yield (
            ("network", "tls_port"),
            "needs tls.certificate_file: whoever is called over TLS has to prove who it is",
        )
    for identifier, line in settings.lines.items():
        exposed = line.transport != "tls" and not settings.media.sdes_over_cleartext
        if exposed and settings.srtp_of(line) == "required":
            key = ("line", identifier, "srtp") if line.srtp else ("media", "srtp")
            yield key, _EXPOSED.format(identifier=identifier, transport=line.transport)


def _server(key: tuple[str | int, ...], server: str) -> Iterator[Fault]:
    host, port = split_server(server, 1)
    if not 1 <= port <= LAST_PORT:
        yield key, f"should have a port from 1 to {LAST_PORT}, not {port}"
    if server.startswith("[") and not is_ip_address(host):
        yield key, "should have an IPv6 address inside its brackets"


_CHECKS: Final[dict[type[Table], Callable[[Any], Iterator[Fault]]]] = {
    Line: _line,
    Network: _network,
    Media: _media,
    Tls: _tls,
    Dns: _dns,
    Settings: _settings,
}
