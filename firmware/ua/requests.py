"""Requests outside of dialogs and the header fields that all of ours carry (RFC 3261 section 8.1.1)."""

from __future__ import annotations

from firmware.sip.flow import Flow
from firmware.sip.headers import Headers, NameAddr
from firmware.sip.message import Request
from firmware.sip.uri import Uri
from firmware.ua.account import Account

ALLOW = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS")
"""methods understood; a call is changed by re-INVITE only"""
ACCEPT = "application/sdp"
MAX_FORWARDS = 70
"""RFC 3261 section 8.1.1.6"""

Fields = tuple[tuple[str, str], ...]


def new_request(
    account: Account,
    flow: Flow,
    method: str,
    uri: Uri,
    to: NameAddr,
    *,
    tag: str,
    call_id: str,
    number: int,
    fields: Fields = (),
    body: bytes = b"",
) -> Request:
    """A request outside of any dialog as it leaves on `flow`, but for its Via."""
    own: list[tuple[str, str]] = [
        ("Max-Forwards", str(MAX_FORWARDS)),
        ("From", str(account.name_addr.with_tag(tag))),
        ("To", str(to)),
        ("Call-ID", call_id),
        ("CSeq", f"{number} {method}"),
        ("Contact", str(account.contact(flow))),
    ]
    if account.route is not None:
        own.insert(0, ("Route", str(NameAddr(account.route))))
    return Request(method, uri, Headers([*own, *fields]), body)


def session_fields(account: Account, flow: Flow) -> Fields:
    """What an INVITE and its 2xx say about us besides their media (RFC 3261 sections 13.2.1 and 13.3.1.4)."""
    return (("Contact", str(account.contact(flow))), ("Allow", ", ".join(ALLOW)))


def capabilities() -> Fields:
    """What we answer to OPTIONS (RFC 3261 section 11.2)."""
    return (
        ("Allow", ", ".join(ALLOW)),
        ("Accept", ACCEPT),
        ("Accept-Encoding", "identity"),
        ("Accept-Language", "en"),
        ("Supported", ""),
    )
