"""DNS for RFC 3263: looks up what `sip.target` plans and hands its answers back."""

import asyncio
import socket
from collections.abc import Callable, Sequence

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver
from dns.rdtypes.IN.SRV import SRV

from firmware.net.transport import TransportError
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Target
from firmware.sip.target import SrvRecord, candidates, hosts, query_plan
from firmware.sip.uri import Uri

LIFETIME = 3.0
"""Seconds for one look-up, all servers and repeats included."""


class Resolver:
    """Finds the targets of a URI. `servers` are (address, port) of name servers, none for the system's."""

    def __init__(self, entropy: Callable[[int], bytes], servers: Sequence[tuple[str, int]] = ()) -> None:
        self._entropy = entropy
        self._own_servers = bool(servers)
        self._dns = _resolver(servers)

    async def resolve(self, uri: Uri) -> tuple[Target, ...]:
        """The targets in the order in which to try them. Raises `TransportError` when there is none."""
        try:
            plan = query_plan(uri)
        except RemoteProtocolError as error:
            raise TransportError(error.reason) from error
        names = [service.name for service in plan.services]
        services = dict(zip(names, await asyncio.gather(*map(self._services, names)), strict=True))
        wanted = hosts(plan, services)
        addresses = dict(zip(wanted, await asyncio.gather(*map(self._addresses, wanted)), strict=True))
        targets = candidates(plan, services, addresses, self._entropy)
        if not targets:
            raise TransportError(f"the name {uri.host} leads to no server")
        return targets

    async def _services(self, name: str) -> list[SrvRecord]:
        return [
            SrvRecord(record.priority, record.weight, record.port, record.target.to_text())
            for record in await self._look_up(name, dns.rdatatype.SRV)
            if isinstance(record, SRV)
        ]

    async def _addresses(self, name: str) -> list[str]:
        if not self._own_servers:
            return await _system_addresses(name)
        six, four = await asyncio.gather(
            self._look_up(name, dns.rdatatype.AAAA), self._look_up(name, dns.rdatatype.A)
        )
        return [record.to_text() for record in (*six, *four)]

    async def _look_up(self, name: str, kind: dns.rdatatype.RdataType) -> Sequence[dns.rdata.Rdata]:
        if self._dns is None:
            return ()
        try:
            answer = await self._dns.resolve(name, kind, raise_on_no_answer=False, lifetime=LIFETIME)
        except dns.exception.DNSException:
            return ()  # no such name, no server, no answer: the plan's next step decides
        return tuple(answer.rrset or ())


async def _system_addresses(name: str) -> list[str]:
    """By the system's own rules, /etc/hosts and RFC 6724 order included."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _resolver(servers: Sequence[tuple[str, int]]) -> dns.asyncresolver.Resolver | None:
    try:
        resolver = dns.asyncresolver.Resolver(configure=not servers)
    except dns.resolver.NoResolverConfiguration:
        return None
    if servers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in servers]
    resolver.cache = dns.resolver.LRUCache()
    return resolver
