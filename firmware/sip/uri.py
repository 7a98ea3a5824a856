"""SIP and SIPS URIs, and every other kind (RFC 3261 sections 19.1 and 25.1)."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote as percent_encode
from urllib.parse import unquote as percent_decode

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.grammar import (
    HOST,
    MAX_LINE,
    PORT,
    Parameters,
    check_host,
    check_parameters,
    digits,
    find,
    host_address,
    host_text,
)

UNRESERVED = r"A-Za-z0-9\-_.!~*'()"
"""unreserved = alphanum / "-" / "_" / "." / "!" / "~" / "*" / "'" / "(" / ")\""""

USER = rf"[{UNRESERVED}&=+$,;?/%]++"
"""user = 1*( unreserved / escaped / user-unreserved )
user-unreserved = "&" / "=" / "+" / "$" / "," / ";" / "?" / "/\""""

BARE_USER = rf"[{UNRESERVED}&=+$/%]++"
"""The user of a URI that is not in angle brackets: no comma, semicolon or question mark (section 20)"""

PASSWORD = rf"[{UNRESERVED}&=+$,%]*+"
"""password = *( unreserved / escaped / "&" / "=" / "+" / "$" / "," )"""

PART = rf"[{UNRESERVED}\[\]/:&+$%]++"
"""paramchar = param-unreserved / unreserved / escaped
param-unreserved = "[" / "]" / "/" / ":" / "&" / "+" / "$\""""

HEADER_PART = rf"[{UNRESERVED}\[\]/?:+$%]"
"""hnv-unreserved / unreserved / escaped
hnv-unreserved = "[" / "]" / "/" / "?" / ":" / "+" / "$\""""

HEADER = rf"{HEADER_PART}++={HEADER_PART}*+"
"""header = hname "=" hvalue"""


def uri_base(user: str) -> str:
    """SIP-URI = "sip:" [ userinfo ] hostport ... with `user` as the pattern of its user part."""
    return rf"([Ss][Ii][Pp][Ss]?+):(?:({user})(?::({PASSWORD}))?+@)?({HOST})(?::({PORT}))?+"


URI_TAIL = rf"((?:;{PART}(?:={PART})?+)*+)(?:\?({HEADER}(?:&{HEADER})*+))?+"
"""... uri-parameters [ headers ]"""

OTHER_SCHEME = r"(?![Ss][Ii][Pp][Ss]?+:)([A-Za-z][A-Za-z0-9+\-.]*+)"
"""scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), other than those of this file"""

OPAQUE = rf"[{UNRESERVED}/:@&=+$#\[\]%]"
"""uric = reserved / unreserved / escaped, without what ends a URI that is not in angle brackets"""

_URI = re.compile(uri_base(USER) + URI_TAIL)
_ABSOLUTE = re.compile(rf"{OTHER_SCHEME}:((?:{OPAQUE}|[;?,])++)")
"""absoluteURI = scheme ":" ( hier-part / opaque-part )"""

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
"""escaped = "%" HEXDIG HEXDIG"""

_COMPARED_EVEN_IF_ABSENT = ("user", "ttl", "method", "maddr", "transport")
"""Parameters that, standing in one URI only, make the two differ (RFC 3261 section 19.1.4)."""


@dataclass(frozen=True, slots=True)
class Uri:
    """A SIP or SIPS URI. Escapes and case stay as they were written; see `equivalent`."""

    scheme: str
    """"sip" or "sips\""""
    user: str | None = None
    """User or telephone-subscriber, still escaped; `escape_user` makes one of any text."""
    password: str | None = field(default=None, repr=False)
    """Anybody on the way can read it (RFC 3261 section 19.1.1); it is kept, but not shown."""
    host: str = ""
    """Host name, IPv4 address, or IPv6 address without brackets."""
    port: int | None = None
    parameters: Parameters = ()
    headers: tuple[tuple[str, str], ...] = ()
    """The header fields that a request made of this URI should carry, still escaped."""

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """The SIP or SIPS URI that `text` writes. Raises `RemoteProtocolError`."""
        match = _URI.fullmatch(text) if len(text) <= MAX_LINE else None
        if match is None:
            raise RemoteProtocolError("malformed SIP URI")
        check_uri(*match.group(4, 5, 6))
        if "%" in text:
            check_escapes(text)
        return cls.of(*match.groups())

    @classmethod
    def of(
        cls,
        scheme: str,
        user: str | None,
        password: str | None,
        host: str,
        port: str | None,
        parameters: str | None,
        headers: str | None,
    ) -> "Uri":
        """The URI of the groups of its pattern, once checked."""
        return cls(
            scheme.lower(),
            user,
            password,
            host_address(host) if host[-1] == "]" else host,
            int(port) if port else None,
            tuple([(n, v or None) for n, v in _pairs(parameters[1:], ";")]) if parameters else (),
            tuple(_pairs(headers, "&")) if headers else (),
        )

    def __str__(self) -> str:
        user = "" if self.user is None else self.user
        password = "" if self.password is None else f":{self.password}"
        at = "" if self.user is None else "@"
        port = "" if self.port is None else f":{self.port}"
        parameters = "".join([f";{n}" if v is None else f";{n}={v}" for n, v in self.parameters])
        headers = "?" + "&".join([f"{n}={v}" for n, v in self.headers]) if self.headers else ""
        return f"{self.scheme}:{user}{password}{at}{host_text(self.host)}{port}{parameters}{headers}"

    def parameter(self, name: str) -> str | None:
        """The value of the parameter `name` (lower case), "" where it has none, None where it is absent."""
        return find(self.parameters, name)

    def equivalent(self, other: "Uri | AbsoluteUri") -> bool:
        """Whether both name the same resource (RFC 3261 section 19.1.4)."""
        return (
            isinstance(other, Uri) and _identity(self) == _identity(other) and _same_parameters(self, other)
        )


@dataclass(frozen=True, slots=True)
class AbsoluteUri:
    """A URI of another scheme, such as `tel:`; its inside is not looked at."""

    scheme: str
    """The scheme in lower case."""
    text: str
    """What follows the colon."""

    @classmethod
    def parse(cls, text: str) -> "AbsoluteUri":
        """The URI that `text` writes. Raises `RemoteProtocolError`."""
        match = _ABSOLUTE.fullmatch(text) if len(text) <= MAX_LINE else None
        if match is None:
            raise RemoteProtocolError("malformed URI")
        if "%" in text:
            check_escapes(text)
        return cls(match[1].lower(), match[2])

    def __str__(self) -> str:
        return f"{self.scheme}:{self.text}"

    def equivalent(self, other: "Uri | AbsoluteUri") -> bool:
        """Whether both name the same resource: as texts, since nothing is known of the scheme."""
        return self == other


def parse_uri(text: str) -> Uri | AbsoluteUri:
    """The URI that `text` writes, of whichever scheme. Raises `RemoteProtocolError`."""
    return Uri.parse(text) if text[:5].lower().startswith(("sip:", "sips:")) else AbsoluteUri.parse(text)


def escape_user(text: str) -> str:
    """`text`, such as a dialled name, as the user part of a URI."""
    return percent_encode(text, safe="-_.!~*'()&=+$,;?/")


def check_uri(host: str, port: str | None, parameters: str | None) -> None:
    """Refuse what the pattern lets pass: impossible hosts and ports, repeated parameters."""
    if host[-1] in "0123456789.]":
        check_host(host)
    if port and len(port) > 4:
        digits(port, 65535, "port")
    if parameters:
        check_parameters(parameters)


def check_escapes(text: str) -> None:
    """Refuse a percent sign that does not begin an escape."""
    if _BAD_ESCAPE.search(text):
        raise RemoteProtocolError("a percent sign that escapes nothing")


def _pairs(text: str, separator: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in [part.partition("=") for part in text.split(separator)]]


def _identity(uri: Uri) -> tuple[object, ...]:
    user = None if uri.user is None else percent_decode(uri.user)
    password = None if uri.password is None else percent_decode(uri.password)
    headers = sorted([(percent_decode(n).lower(), percent_decode(v)) for n, v in uri.headers])
    return uri.scheme, user, password, uri.host.lower(), uri.port, headers


def _same_parameters(one: Uri, other: Uri) -> bool:
    own, theirs = _folded(one.parameters), _folded(other.parameters)
    compared = (own.keys() & theirs.keys()) | set(_COMPARED_EVEN_IF_ABSENT)
    return all(own.get(name) == theirs.get(name) for name in compared)


def _folded(parameters: Parameters) -> dict[str, str | None]:
    return {
        percent_decode(name).lower(): None if value is None else percent_decode(value).lower()
        for name, value in parameters
    }
