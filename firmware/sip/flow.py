"""Where a message goes to and where it came from: the transport addresses of RFC 3261 section 18."""

from dataclasses import dataclass
from typing import Literal

Transport = Literal["UDP", "TCP", "TLS"]
"""The transport as a Via header field writes it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One place to which a request can be sent (RFC 3263 section 4.2)."""

    transport: Transport
    host: str
    """An IP address literal, IPv6 without brackets."""
    port: int
    server_name: str
    """The domain that the certificate must name: the one asked for, not the one DNS led to (RFC 5922)."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One connection or, for UDP, one pair of local socket and remote address (RFC 5626 section 3)."""

    id: int
    transport: Transport
    local: tuple[str, int]
    """IP address literal (IPv6 without brackets) and port of our end."""
    remote: tuple[str, int]
    """IP address literal (IPv6 without brackets) and port of the peer."""
    server_name: str = ""
    """The domain that the peer's certificate proved, empty where none did."""

    @property
    def reliable(self) -> bool:
        """The transport itself repeats what gets lost, so transactions do not."""
        return self.transport != "UDP"

    @property
    def secure(self) -> bool:
        """Nobody between the two ends can read or change the signalling."""
        return self.transport == "TLS"
