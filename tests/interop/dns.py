"""A DNS server (dnsmasq) that knows only what a test tells it."""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from tests.interop.ports import free_port
from tests.interop.program import Program


@dataclass(frozen=True)
class Address:
    """An A or AAAA record."""

    name: str
    ip: str

    def option(self) -> str:
        return f"--host-record={self.name},{self.ip}"


@dataclass(frozen=True)
class Srv:
    """An SRV record (RFC 2782); `service` such as _sips._tcp.offhook.test."""

    service: str
    target: str
    port: int
    priority: int = 0
    weight: int = 0

    def option(self) -> str:
        return f"--srv-host={self.service},{self.target},{self.port},{self.priority},{self.weight}"


@dataclass(frozen=True)
class Naptr:
    """A NAPTR record as RFC 3263 uses it: flag "s", a replacement, no pattern."""

    name: str
    service: str
    replacement: str
    order: int = 0
    preference: int = 0

    def option(self) -> str:
        fields = (self.name, self.order, self.preference, "s", self.service, "", self.replacement)
        return "--naptr-record=" + ",".join(map(str, fields))


class DnsServer(Program):
    """Answers on 127.0.0.1:`port`, UDP and TCP, and asks nobody else."""

    def __init__(self, folder: Path, records: Sequence[Address | Srv | Naptr]):
        self.port = free_port()
        command = [
            "dnsmasq",
            "--keep-in-foreground",
            "--log-facility=-",
            "--conf-file=/dev/null",
            "--pid-file=",
        ]
        command += ["--no-resolv", "--no-hosts", "--no-daemon", "--local=/test/", "--bind-interfaces"]
        command += ["--listen-address=127.0.0.1", f"--port={self.port}", f"--user={getpass.getuser()}"]
        super().__init__(folder, command + [record.option() for record in records])

    def is_ready(self) -> bool:
        question = dns.message.make_query("ready.test", "A")
        try:
            dns.query.udp(question, "127.0.0.1", timeout=0.2, port=self.port)
        except (dns.exception.DNSException, OSError):
            return False
        return True
