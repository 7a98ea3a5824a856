"""Dialogs: what two user agents remember of each other (RFC 3261 section 12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from firmware.sip.errors import LocalProtocolError, RemoteProtocolError
from firmware.sip.headers import CSeq, Headers, NameAddr
from firmware.sip.message import Message, Request, Response
from firmware.sip.uri import Uri

MAX_FORWARDS = "70"
"""RFC 3261 8.1.1.6."""

MAX_ROUTES = 32
"""Longest route set; more proxies than that are a loop or an attack."""

CREDENTIALS = ("Authorization", "Proxy-Authorization")
"""What the ACK to a 2xx repeats of its INVITE (RFC 3261 13.2.2.4)."""

_NOT_IN_REQUEST_URI = frozenset({"method"})
"""Parameters that a Request-URI cannot have (RFC 3261 19.1.1)."""


class DialogState(Enum):
    """RFC 3261 section 12: early with a provisional response, confirmed with a 2xx."""

    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class DialogId:
    """What names a dialog at one of its ends."""

    call_id: str
    local_tag: str
    remote_tag: str
    """Empty for a peer of RFC 2543, which need not have one."""

    @classmethod
    def of_request(cls, request: Request) -> "DialogId":
        """The dialog that a received `request` belongs to; without a tag in To it belongs to none."""
        return cls(request.call_id, request.to.tag or "", request.from_.tag or "")

    @classmethod
    def of_response(cls, response: Response) -> "DialogId":
        """The dialog that a received `response` belongs to."""
        return cls(response.call_id, response.from_.tag or "", response.to.tag or "")


@dataclass(slots=True)
class Dialog:
    """One dialog: plain values, to be kept across a restart as they are.

    `Dialog.of_response` makes it at the end that sent the first request, `Dialog.of_request` at the other.
    """

    id: DialogId
    state: DialogState
    local: NameAddr
    """Our address with our tag, as our requests have it in From."""
    remote: NameAddr
    """The peer's address with its tag, as our requests have it in To."""
    remote_target: Uri
    """Where the peer itself can be reached: its Contact."""
    route_set: tuple[NameAddr, ...] = ()
    """The proxies between us and the peer, the nearest first."""
    local_sequence: int = 0
    """CSeq number of our latest request, 0 before the first."""
    remote_sequence: int | None = None
    """CSeq number of the peer's latest request, None before the first."""
    secure: bool = False
    """The dialog was made by a request to a SIPS URI over TLS (RFC 3261 12.1.1)."""
    is_uac: bool = True
    """The first request was ours."""

    @classmethod
    def of_response(cls, request: Request, response: Response, *, secure: bool = False) -> "Dialog":
        """The dialog that `response`, 101 to 299, makes for us who sent `request` (RFC 3261 12.1.2).

        A response without Contact is against the RFC, but happens: then the peer is reached where the request
        went. Raises `RemoteProtocolError` for a Contact that is no SIP or SIPS URI.
        """
        return cls(
            id=DialogId.of_response(response),
            state=_state_after(response),
            local=request.from_,
            remote=response.to,
            remote_target=_contact(response) or _sip(request.uri),
            route_set=_capped(response.record_routes[::-1]),
            local_sequence=request.cseq.number,
            secure=secure and request.uri.scheme == "sips",
        )

    @classmethod
    def of_request(cls, request: Request, response: Response, *, secure: bool = False) -> "Dialog":
        """The dialog that `response`, ours, with our tag in To, makes of a received `request` (12.1.1).

        Raises `RemoteProtocolError` (400) if the request has no Contact to reach its sender at.
        """
        if response.to.tag is None:
            raise LocalProtocolError("a response that makes a dialog needs a tag in To")
        contact = _contact(request)
        if contact is None:
            raise RemoteProtocolError(f"{request.method} without Contact")
        return cls(
            id=DialogId(request.call_id, response.to.tag, request.from_.tag or ""),
            state=_state_after(response),
            local=response.to,
            remote=request.from_,
            remote_target=contact,
            route_set=_capped(request.record_routes),
            remote_sequence=request.cseq.number,
            secure=secure and request.uri.scheme == "sips",
            is_uac=False,
        )

    @property
    def next_hop(self) -> Uri:
        """Where requests within the dialog are sent first (RFC 3261 8.1.2): input of `target.query_plan`."""
        return _sip(self.route_set[0].uri) if self.route_set else self.remote_target

    def request(self, method: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
        """The next request of ours (RFC 3261 12.2.1.1); `headers` such as Contact follow the usual ones.

        Raises `LocalProtocolError` if the dialog is over, or for an ACK or a CANCEL.
        """
        if self.state is DialogState.TERMINATED:
            raise LocalProtocolError(f"{method} in a dialog that is over")
        if method in ("ACK", "CANCEL"):
            raise LocalProtocolError(f"{method} takes the CSeq of its INVITE")
        self.local_sequence += 1
        return self._request(CSeq(self.local_sequence, method), headers, body)

    def ack(self, invite: Request, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
        """The ACK to a 2xx to `invite`, with its CSeq number and credentials (RFC 3261 13.2.2.4)."""
        credentials = [(name, value) for name in CREDENTIALS for value in invite.headers.get_all(name)]
        return self._request(CSeq(invite.cseq.number, "ACK"), (*credentials, *headers), body)

    def receive_request(self, request: Request) -> None:
        """Note the order of a new request from the peer (RFC 3261 12.2.2).

        Raises `RemoteProtocolError` (500) for a number that is not above all earlier ones, and (481) in a
        dialog that is over. ACK and CANCEL repeat the number of their INVITE.
        """
        if request.method in ("ACK", "CANCEL"):
            return
        if self.state is DialogState.TERMINATED:
            raise RemoteProtocolError("the dialog is over", 481)
        number = request.cseq.number
        if self.remote_sequence is not None and number <= self.remote_sequence:
            raise RemoteProtocolError(f"CSeq {number} after {self.remote_sequence}", 500)
        self.remote_sequence = number

    def receive_response(self, response: Response) -> None:
        """Take a later response, 101 to 299, to the request that made the dialog (RFC 3261 13.2.2.4).

        A 2xx confirms an early dialog and brings its final route set.
        """
        if self.state is not DialogState.EARLY:
            return
        self.refresh_target(response)
        if response.status >= 200:
            self.route_set = _capped(response.record_routes[::-1])
            self.state = DialogState.CONFIRMED

    def confirm(self) -> None:
        """We sent the 2xx."""
        if self.state is DialogState.EARLY:
            self.state = DialogState.CONFIRMED

    def refresh_target(self, message: Message) -> None:
        """Reach the peer at the Contact of `message` from now on (RFC 3261 12.2.1.2, 12.2.2, RFC 6141 4).

        For the peer's INVITE, UPDATE, SUBSCRIBE or NOTIFY when we accept it, and for its 2xx to ours.
        """
        self.remote_target = _contact(message) or self.remote_target

    def terminate(self) -> None:
        """The dialog is over: BYE, a final response other than 2xx to an early one, 481 or 408 (12.2.1.2)."""
        self.state = DialogState.TERMINATED

    def _request(self, cseq: CSeq, headers: Iterable[tuple[str, str]], body: bytes) -> Request:
        uri, routes = _routed(self.remote_target, self.route_set)
        fields = [("Route", str(route)) for route in routes]
        fields += [
            ("Max-Forwards", MAX_FORWARDS),
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.id.call_id),
            ("CSeq", str(cseq)),
        ]
        return Request(cseq.method, uri, Headers((*fields, *headers)), body)


def _routed(target: Uri, route_set: tuple[NameAddr, ...]) -> tuple[Uri, tuple[NameAddr, ...]]:
    """Request-URI and Route for loose routing or, before a proxy of RFC 2543, strict (12.2.1.1)."""
    if not route_set:
        return _as_request_uri(target), ()
    first = _sip(route_set[0].uri)
    if first.parameter("lr") is not None:
        return _as_request_uri(target), route_set
    return _as_request_uri(first), (*route_set[1:], NameAddr(target))


def _as_request_uri(uri: Uri) -> Uri:
    kept = tuple(pair for pair in uri.parameters if pair[0].lower() not in _NOT_IN_REQUEST_URI)
    return replace(uri, parameters=kept, headers=())


def _state_after(response: Response) -> DialogState:
    return DialogState.EARLY if response.status < 200 else DialogState.CONFIRMED


def _contact(message: Message) -> Uri | None:
    contacts = message.contacts
    return _sip(contacts[0].uri) if contacts else None


def _sip(uri: object) -> Uri:
    if not isinstance(uri, Uri):
        raise RemoteProtocolError(f"{uri} is no SIP or SIPS URI")
    return uri


def _capped(routes: Sequence[NameAddr]) -> tuple[NameAddr, ...]:
    if len(routes) > MAX_ROUTES:
        raise RemoteProtocolError(f"{len(routes)} record routes; {MAX_ROUTES} is the most")
    for route in routes:
        _sip(route.uri)
    return tuple(routes)
