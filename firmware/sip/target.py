"""Locating the next hop (RFC 3263) as pure functions over DNS answers; no DNS in here.

`query_plan` says what to look up, `hosts` which names then need addresses, `candidates` what to try in
which order. NAPTR is not asked for: a client may know by itself which transports it prefers.
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from firmware.sip.entropy import Entropy
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Target, Transport
from firmware.sip.uri import Uri

MAX_TARGETS = 32
"""Most targets to try for one URI, whatever the DNS says."""

DEFAULT_PORTS: dict[Transport, int] = {"UDP": 5060, "TCP": 5060, "TLS": 5061}
"""RFC 3261 19.1.2."""

SERVICES: dict[Transport, str] = {"UDP": "_sip._udp", "TCP": "_sip._tcp", "TLS": "_sips._tcp"}
"""The labels of RFC 3263 4.1 in front of the domain."""

PREFERENCE: tuple[Transport, ...] = ("TLS", "TCP", "UDP")
"""Which transport to try first where the domain offers several."""


@dataclass(frozen=True, slots=True)
class SrvRecord:
    """One SRV answer (RFC 2782)."""

    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service to look up."""

    name: str
    """The name of its SRV records."""
    transport: Transport


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """What to look up for a URI."""

    server_name: str
    """The domain of the URI: what a certificate must name (RFC 5922 7.1), whatever SRV says."""
    services: tuple[Service, ...]
    """SRV look-ups, the preferred transport first; empty if the URI leaves nothing to ask."""
    host: str
    """Where to go if no SRV record exists: a name or an IP literal without brackets."""
    transport: Transport
    """Over what, then."""
    port: int
    """And to which port."""


SrvAnswers = Mapping[str, Sequence[SrvRecord]]
"""SRV records by the name that was asked for."""

AddressAnswers = Mapping[str, Sequence[str]]
"""IP literals by host name, the preferred one first (RFC 6724)."""


def query_plan(uri: Uri) -> QueryPlan:
    """What RFC 3263 4.1 and 4.2 look up for `uri`.

    Raises `RemoteProtocolError` (status 400) for a URI over a transport that this phone does not have.
    """
    host = (uri.parameter("maddr") or uri.host).strip("[]")
    explicit = _explicit_transport(uri)
    # "if no transport protocol is specified", UDP for a SIP URI and TLS for a SIPS URI (RFC 3263 4.1).
    transport: Transport = explicit or ("TLS" if uri.scheme == "sips" else "UDP")
    services: tuple[Service, ...] = ()
    if uri.port is None and not _is_address(host):
        wanted = PREFERENCE if explicit is None and uri.scheme == "sip" else (transport,)
        services = tuple(Service(f"{SERVICES[one]}.{host}", one) for one in wanted)
    return QueryPlan(
        server_name=uri.host,
        services=services,
        host=host,
        transport=transport,
        port=DEFAULT_PORTS[transport] if uri.port is None else uri.port,
    )


def hosts(plan: QueryPlan, answers: SrvAnswers) -> tuple[str, ...]:
    """The names whose addresses (A and AAAA) `candidates` needs, given the SRV answers."""
    places = _places(plan, answers, _most_likely)
    return tuple(dict.fromkeys(place.host for place in places if not _is_address(place.host)))


def candidates(
    plan: QueryPlan, answers: SrvAnswers, addresses: AddressAnswers, entropy: Entropy
) -> tuple[Target, ...]:
    """The targets in the order in which to try them (RFC 3263 4.3); empty if there is none.

    `entropy` draws among SRV records of equal priority by their weight (RFC 2782).
    """

    def draw(total: int) -> int:
        return int.from_bytes(entropy(8), "big") % (total + 1)

    targets = (
        Target(place.transport, address, place.port, plan.server_name)
        for place in _places(plan, answers, draw)
        for address in _addresses_of(place.host, addresses)
    )
    return tuple(dict.fromkeys(targets))[:MAX_TARGETS]


@dataclass(frozen=True, slots=True)
class _Place:
    transport: Transport
    host: str
    port: int


def _places(plan: QueryPlan, answers: SrvAnswers, draw: Callable[[int], int]) -> list[_Place]:
    """Host, port and transport in order; the plan's own host only where no SRV record exists at all."""
    if not any(answers.get(service.name) for service in plan.services):
        return [_Place(plan.transport, plan.host, plan.port)]
    places = []
    for service in plan.services:
        for record in _in_order(answers.get(service.name, ()), draw):
            host = record.target.rstrip(".")
            if host:  # the root means "decidedly not available" (RFC 2782)
                places.append(_Place(service.transport, host, record.port))
    return places[:MAX_TARGETS]


def _in_order(records: Sequence[SrvRecord], draw: Callable[[int], int]) -> list[SrvRecord]:
    """By priority, and within one by weighted chance (RFC 2782, "Weight")."""
    ordered: list[SrvRecord] = []
    for priority in sorted({record.priority for record in records}):
        waiting = sorted(
            (record for record in records if record.priority == priority), key=lambda record: record.weight
        )
        while waiting:
            chosen = _chosen(waiting, draw(sum(record.weight for record in waiting)))
            waiting.remove(chosen)
            ordered.append(chosen)
    return ordered


def _chosen(waiting: Sequence[SrvRecord], number: int) -> SrvRecord:
    """The first record whose running sum of weights reaches `number`."""
    total = 0
    for record in waiting:
        total += record.weight
        if total >= number:
            return record
    return waiting[-1]


def _most_likely(total: int) -> int:
    """A draw without chance, for when only the set of hosts matters."""
    return total


def _addresses_of(host: str, addresses: AddressAnswers) -> Sequence[str]:
    return (host,) if _is_address(host) else addresses.get(host, ())


def _explicit_transport(uri: Uri) -> Transport | None:
    """The transport that the URI names; `sips` makes TLS of TCP (RFC 3261 26.2.2)."""
    name = uri.parameter("transport")
    if name is None:
        return None
    match name.upper(), uri.scheme:
        case ("TLS", _) | ("TCP", "sips"):
            return "TLS"
        case "TCP", "sip":
            return "TCP"
        case "UDP", "sip":
            return "UDP"
    raise RemoteProtocolError(f"{uri.scheme} over {name} is not supported", 400)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
