"""SIP messages: requests and responses as values, to and from the wire (RFC 3261 section 7)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar, overload

from firmware.sip.errors import LocalProtocolError, RemoteProtocolError
from firmware.sip.grammar import MAX_HEADERS, MAX_LINE, MAX_MESSAGE, SWS, TOKEN, is_call_id, split_list
from firmware.sip.head import content_length, read_head, readable_fields
from firmware.sip.headers import CSeq, Headers, NameAddr, Via
from firmware.sip.names import METHODS, REASONS
from firmware.sip.uri import AbsoluteUri, Uri, parse_uri

MAGIC_COOKIE = "z9hG4bK"
"""What the branches of RFC 3261 peers begin with (section 8.1.1.7)."""

T = TypeVar("T")


class _Lazy(Generic[T]):
    """A header field parsed when first asked for, then kept in its message."""

    def __init__(self, read: Callable[[Any], T]) -> None:
        self._read = read
        self._name = read.__name__
        self.__doc__ = read.__doc__

    @overload
    def __get__(self, message: None, owner: type) -> "_Lazy[T]": ...
    @overload
    def __get__(self, message: object, owner: type) -> T: ...
    def __get__(self, message: object | None, owner: type) -> "_Lazy[T] | T":
        if message is None:
            return self
        value = message.__dict__[self._name] = self._read(message)
        return value


class _Message:
    """What requests and responses share: headers, a body, and the header fields every one of them has.

    The typed header fields raise `RemoteProtocolError` where they are missing or malformed.
    """

    headers: Headers
    body: bytes

    @_Lazy
    def via(self) -> Via:
        """The topmost Via."""
        return Via.parse(_topmost(self.headers))

    @_Lazy
    def vias(self) -> tuple[Via, ...]:
        """Every Via, the topmost first."""
        return tuple([Via.parse(value) for value in self.headers.get_all("Via")])

    @_Lazy
    def from_(self) -> NameAddr:
        """Who made the request."""
        return NameAddr.parse(_only(self.headers, "From"))

    @_Lazy
    def to(self) -> NameAddr:
        """Whom the request is meant for."""
        return NameAddr.parse(_only(self.headers, "To"))

    @_Lazy
    def call_id(self) -> str:
        """The Call-ID."""
        return _checked_call_id(self.headers)

    @_Lazy
    def cseq(self) -> CSeq:
        """The CSeq."""
        return CSeq.parse(_only(self.headers, "CSeq"))

    @_Lazy
    def contacts(self) -> tuple[NameAddr, ...]:
        """Every Contact; none where the only one is the `*` of a REGISTER that removes all."""
        values = self.headers.get_all("Contact")
        return () if values == ("*",) else tuple([NameAddr.parse(value) for value in values])

    @_Lazy
    def routes(self) -> tuple[NameAddr, ...]:
        """Every Route, the next hop first."""
        return tuple([NameAddr.parse(value) for value in self.headers.get_all("Route")])

    @_Lazy
    def record_routes(self) -> tuple[NameAddr, ...]:
        """Every Record-Route, the topmost first."""
        return tuple([NameAddr.parse(value) for value in self.headers.get_all("Record-Route")])

    @property
    def content_type(self) -> str | None:
        """Type and subtype of the body in lower case, without parameters; None where it is absent."""
        value = self.headers.get("Content-Type")
        return None if value is None else value.partition(";")[0].replace(" ", "").lower()

    def _wire(self, start_line: str) -> bytes:
        headers = self.headers.with_("Content-Length", str(len(self.body)))
        head = f"{start_line}\r\n{headers}\r\n"
        if head.count("\n") != len(headers) + 2 or head.count("\r") != len(headers) + 2:
            raise LocalProtocolError("a line end within a header field")
        return head.encode() + self.body


@dataclass(frozen=True)
class Request(_Message):
    """A request (RFC 3261 section 7.1)."""

    method: str
    uri: Uri | AbsoluteUri
    headers: Headers
    body: bytes = b""

    def __bytes__(self) -> bytes:
        return self._wire(f"{self.method} {self.uri} SIP/2.0")


@dataclass(frozen=True)
class Response(_Message):
    """A response (RFC 3261 section 7.2)."""

    status: int
    reason: str
    headers: Headers
    body: bytes = b""

    def __bytes__(self) -> bytes:
        return self._wire(f"SIP/2.0 {self.status} {self.reason}")


Message = Request | Response

_REQUEST_LINE = re.compile(rf"({TOKEN}) ([^ \t]++) (?i:SIP)/([0-9]++\.[0-9]++)")
"""Request-Line = Method SP Request-URI SP SIP-Version CRLF, SIP-Version = "SIP" "/" 1*DIGIT "." 1*DIGIT"""

_STATUS_LINE = re.compile(r"(?i:SIP)/([0-9]++\.[0-9]++) ([1-6][0-9]{2})(?: ([^\x00-\x08\x0a-\x1f\x7f]*+))?+")
"""Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF

The space before an empty reason phrase may be missing (RFC 4475 section 3.1.1.13)."""


def parse(data: bytes) -> Message:
    """The message in one datagram, or cut out of a stream (RFC 3261 section 18.3).

    Bytes after the body are dropped. Raises `RemoteProtocolError`; whether the mandatory header fields are
    there and well-formed is for `validate` to say.
    """
    if len(data) > MAX_MESSAGE:
        raise RemoteProtocolError("message too long", 513)
    head, blank, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not blank:
        raise RemoteProtocolError("no empty line after the header fields")
    start_line, headers = read_head(head)
    length = content_length(headers, len(body))
    if length > len(body):
        raise RemoteProtocolError("body shorter than its Content-Length")
    return _with_start_line(start_line, headers, body[:length])


def _with_start_line(line: str, headers: Headers, body: bytes) -> Message:
    if line[:4].upper() == "SIP/":
        status = _STATUS_LINE.fullmatch(line)
        if status is None or status[1] != "2.0":
            raise RemoteProtocolError("malformed status line")
        return Response(int(status[2]), status[3] or "", headers, body)
    request = _REQUEST_LINE.fullmatch(line)
    if request is None:
        raise RemoteProtocolError("malformed request line")
    method, uri, version = request.groups()
    if version != "2.0":
        raise RemoteProtocolError(f"SIP version {version}", 505)
    target = parse_uri(uri)
    if isinstance(target, Uri) and target.headers:
        raise RemoteProtocolError("header fields within the Request-URI")
    return Request(method, target, headers, body)


def _topmost(headers: Headers) -> str:
    via = headers.get("Via")
    if via is None:
        raise RemoteProtocolError("no Via")
    return split_list(via)[0] if "," in via else via


def _checked_call_id(headers: Headers) -> str:
    value = _only(headers, "Call-ID")
    if not is_call_id(value):
        raise RemoteProtocolError("malformed Call-ID")
    return value


def _only(headers: Headers, name: str) -> str:
    values = headers.get_all(name)
    if len(values) != 1:
        raise RemoteProtocolError(f"more than one {name}" if values else f"no {name}")
    return values[0]


def validate(message: Message) -> None:
    """Check the header fields that every message must have, once and well-formed (RFC 3261 section 8.1.1).

    Raises `RemoteProtocolError`. A request so refused is answered, a response is dropped.
    """
    headers = message.headers
    Via.check(_topmost(headers))
    NameAddr.check(_only(headers, "From"))
    NameAddr.check(_only(headers, "To"))
    _checked_call_id(headers)
    method = CSeq.check(_only(headers, "CSeq"))[2]
    if headers.count("Max-Forwards") > 1:
        raise RemoteProtocolError("more than one Max-Forwards")
    for name in ("Record-Route", "Route"):
        _check_addresses(headers.get_all(name))
    if isinstance(message, Request):
        _validate_request(message, method)
        return
    _check_addresses(headers.get_all("Contact"))
    if len(headers.get_all("Via")) > 1:
        raise RemoteProtocolError("a response that was meant for somebody else")


def _check_addresses(values: tuple[str, ...]) -> None:
    for value in values:
        NameAddr.check(value)


def _validate_request(request: Request, cseq_method: str) -> None:
    if cseq_method != request.method:
        known = request.method in METHODS
        raise RemoteProtocolError("the CSeq names another method", 400 if known else 501)
    if _EMPTY_BRANCH.search(_topmost(request.headers)):
        raise RemoteProtocolError("a branch that identifies nothing")
    contacts = request.headers.get_all("Contact")
    if contacts != ("*",) or request.method != "REGISTER":
        _check_addresses(contacts)
    if request.method == "INVITE" and len(contacts) != 1 and (contacts or not _is_rfc_2543(request)):
        raise RemoteProtocolError("an INVITE needs exactly one Contact")


def _is_rfc_2543(request: Request) -> bool:
    """Whether the peer is of the time before RFC 3261, when an INVITE needed no Contact (RFC 4475 3.4.1)."""
    return not (request.via.branch or "").startswith(MAGIC_COOKIE)


_EMPTY_BRANCH = re.compile(rf"{MAGIC_COOKIE}(?<=[= \t]{MAGIC_COOKIE}){SWS}(?:;|$)")
"""RFC 4475 section 3.2.1; it begins with plain text, as that is found fast"""


def response_to(
    request: Request,
    status: int,
    reason: str | None = None,
    *,
    to_tag: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Response:
    """The response to a valid request (RFC 3261 section 8.2.6); `to_tag` goes into a To without one."""
    copied = [(n, v) for n, v in request.headers if n in _COPIED or (n == "Timestamp" and status == 100)]
    answer = Headers(copied)
    if to_tag is not None and request.to.tag is None:
        answer = answer.with_("To", f"{answer.get('To')};tag={to_tag}")
    return Response(
        status, REASONS.get(status, "") if reason is None else reason, Headers((*answer, *headers)), body
    )


_ADDED = 8
"""Header fields that an answer may have besides those that it copies."""
_COPIED = frozenset(["Via", "From", "To", "Call-ID", "CSeq"])
"""Header fields that a response takes from its request (RFC 3261 section 8.2.6.2)."""


def rejection_of(data: bytes | Request, error: RemoteProtocolError) -> Response | None:
    """The stateless answer to a request that `parse` or `validate` refused; None where there is none to give.

    It takes what can be read: a request without a Via is dropped, as are an ACK and whatever is no request,
    and one whose answer would be larger than what we read ourselves.
    The tag in To is a digest of the request, so that its repetitions get the same answer (section 8.2.7).
    """
    fields = readable_fields(bytes(data))
    if fields is None:
        return None
    copied: list[tuple[str, str]] = []
    for name, value in fields:
        if name == "Via" or (name in _COPIED and all(name != own for own, _ in copied)):
            copied.append((name, value))
    headers = Headers(copied)
    to = headers.get("To")
    if "Via" not in headers or (headers.get("CSeq") or "").endswith("ACK") or _is_excessive(copied):
        return None
    if to is not None and ";tag" not in to.replace(" ", "").lower():
        headers = headers.with_("To", f"{to};tag={sha256(str(headers).encode()).hexdigest()[:16]}")
    return Response(error.status, error.reason, Headers((*headers, *error.headers)))


def _is_excessive(fields: list[tuple[str, str]]) -> bool:
    return len(fields) > MAX_HEADERS - _ADDED or sum(len(value) for _, value in fields) > MAX_LINE
