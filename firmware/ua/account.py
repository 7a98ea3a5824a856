"""A line's account: who we are, by which servers we go, and what media we agree to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware.sdp.negotiation import MediaPolicy
from firmware.sip.digest import Ha1, Password
from firmware.sip.flow import Flow
from firmware.sip.headers import NameAddr
from firmware.sip.uri import Uri

DEFAULT_EXPIRES = 3600
"""seconds asked for in a REGISTER; RFC 3261 section 10.2 leaves it to us"""


@dataclass(frozen=True, slots=True)
class Account:
    """Everything the user agent knows about one line. Immutable; a changed account is a new one."""

    id: str
    aor: Uri
    """address of record, the public identity"""
    contact_user: str
    """random user part of our Contact, at least 64 bits (`identifiers.new_contact_user`)"""
    media: MediaPolicy
    display_name: str = ""
    auth_user: str = ""
    """user name of the digest; empty: the user part of the address of record"""
    secret: Password | Ha1 | None = None
    realm: str | None = None
    """the only realm whose challenges are answered; None: that of the first challenge to our REGISTER"""
    registrar: Uri | None = None
    """None: a line that does not register"""
    outbound_proxy: Uri | None = None
    expires: int = DEFAULT_EXPIRES
    direct_calls: bool = False
    """take calls from anybody who finds our address"""

    @property
    def server(self) -> Uri | None:
        """Where requests of this line go first (RFC 3261 section 8.1.2); None: straight to their target."""
        return self.outbound_proxy or self.registrar

    @property
    def user_name(self) -> str:
        """The user name that answers a challenge."""
        return self.auth_user or self.aor.user or ""

    @property
    def name_addr(self) -> NameAddr:
        """The address of record as it stands in From, without a tag."""
        return NameAddr(self.aor, self.display_name)

    @property
    def route(self) -> Uri | None:
        """The pre-loaded Route of an outbound proxy, marked as loose router."""
        if self.outbound_proxy is None or self.outbound_proxy.parameter("lr") is not None:
            return self.outbound_proxy
        return replace(self.outbound_proxy, parameters=(*self.outbound_proxy.parameters, ("lr", None)))

    def contact(self, flow: Flow) -> NameAddr:
        """Our Contact on a flow (RFC 3261 section 8.1.1.8): the random user at the flow's own address."""
        host, port = flow.local
        transport = flow.transport.lower()
        parameters = () if flow.transport == "UDP" else (("transport", transport),)
        return NameAddr(Uri(self.aor.scheme, self.contact_user, None, host, port, parameters))
