"""The messages that transactions make or amend, and the keys by which they recognise messages."""

from dataclasses import replace
from typing import NamedTuple, TypeAlias

from firmware.sip.entropy import Entropy
from firmware.sip.flow import Flow
from firmware.sip.headers import CSeq, Headers, Via
from firmware.sip.message import MAGIC_COOKIE, Request, Response

BRANCH_BYTES = 16
"""Random bytes in a branch: nobody off the path can forge a response."""

MAX_FORWARDS = "70"
"""RFC 3261 8.1.1.6."""


def new_branch(entropy: Entropy) -> str:
    """A branch that no other request has."""
    return MAGIC_COOKIE + entropy(BRANCH_BYTES).hex()


class UniqueKey(NamedTuple):
    """What tells one server transaction from all others: RFC 3261's branch and who sent it."""

    branch: str
    sent_by: tuple[str, int]
    method: str


class LegacyKey(NamedTuple):
    """The same for a branch without the cookie: everything that RFC 2543 kept equal."""

    uri: str
    to_tag: str | None
    from_tag: str | None
    call_id: str
    number: int
    method: str
    via: str


ServerKey: TypeAlias = UniqueKey | LegacyKey

ClientKey: TypeAlias = tuple[str, str]
"""Branch and method of the CSeq: how a response finds its client transaction (RFC 3261 17.1.3)."""

MergeKey: TypeAlias = tuple[str | None, str, CSeq]
"""From tag, Call-ID and CSeq: what the ways of a request have in common that a proxy forked."""


def with_own_via(request: Request, flow: Flow, branch: str) -> Request:
    """`request` as it goes out on `flow` (RFC 3261 18.1.1), asking for `rport` on UDP (RFC 3581)."""
    via = Via(flow.transport, *flow.local, (("branch", branch),))
    if not flow.reliable:
        via = via.with_parameter("rport", None)
    return replace(request, headers=request.headers.prepended("Via", str(via)))


def with_source(request: Request, flow: Flow) -> Request:
    """`request` with where it came from in its Via (RFC 3261 18.2.1, RFC 3581 4)."""
    via = request.via
    host, port = flow.remote
    if via.parameter("rport") is not None:
        via = via.with_parameter("rport", str(port)).with_parameter("received", host)
    elif via.host.lower() != host.lower():
        via = via.with_parameter("received", host)
    below = request.headers.get_all("Via")[1:]
    headers = request.headers.without("Via")
    for value in (*reversed(below), str(via)):
        headers = headers.prepended("Via", value)
    return replace(request, headers=headers)


def acknowledgement(request: Request, response: Response) -> Request:
    """The ACK that a client transaction sends for a final response other than 2xx (RFC 3261 17.1.1.3)."""
    return _sibling(request, "ACK", response.headers.get("To") or "")


def cancellation(request: Request) -> Request:
    """The CANCEL for `request` (RFC 3261 9.1)."""
    return _sibling(request, "CANCEL", request.headers.get("To") or "")


def sent_by(via: Via) -> tuple[str, int]:
    """Host and port of a Via, to be compared."""
    return (via.host.lower(), via.port or (5061 if via.transport == "TLS" else 5060))


def server_key(request: Request) -> ServerKey:
    """How `request` finds its server transaction (RFC 3261 17.2.3); an ACK finds that of its INVITE."""
    via, method = request.via, request.method
    if via.branch and via.branch.startswith(MAGIC_COOKIE):
        return UniqueKey(via.branch, sent_by(via), "INVITE" if method == "ACK" else method)
    return LegacyKey(
        str(request.uri),
        request.to.tag,
        request.from_.tag,
        request.call_id,
        request.cseq.number,
        method,
        str(via),
    )


def acknowledgement_key(key: ServerKey, response: Response) -> ServerKey:
    """How the ACK to `response` finds the INVITE transaction that is found by `key`."""
    return key if isinstance(key, UniqueKey) else key._replace(to_tag=response.to.tag, method="ACK")


def cancelled_key(key: ServerKey) -> ServerKey:
    """How the CANCEL that is found by `key` finds the INVITE that it means (RFC 3261 9.2)."""
    return key._replace(method="INVITE")


def merge_key(request: Request) -> MergeKey | None:
    """What a proxy that forks cannot change (RFC 3261 8.2.2.2); None where that says nothing."""
    if request.to.tag or request.method in ("ACK", "CANCEL"):
        return None
    return (request.from_.tag, request.call_id, request.cseq)


def _sibling(request: Request, method: str, to: str) -> Request:
    """A request on the same hop as `request`: same branch, Request-URI, route and CSeq number."""
    headers = [("Via", str(request.via))]
    headers += [("Route", route) for route in request.headers.get_all("Route")]
    headers += [
        ("Max-Forwards", MAX_FORWARDS),
        ("From", request.headers.get("From") or ""),
        ("To", to),
        ("Call-ID", request.call_id),
        ("CSeq", str(CSeq(request.cseq.number, method))),
    ]
    return Request(method, request.uri, Headers(headers))
