"""SIP and SIPS URIs, and every other kind (RFC 3261 sections 19.1 and 25.1)."""

import re
from dataclasses import dataclass
from urllib.parse import quote as percent_encode
from urllib.parse import unquote as percent_decode

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.grammar import HOST, MAX_LINE, PORT, Parameters, check_host, digits, find, host_text, unique

ESCAPED = r"%[0-9A-Fa-f]{2}"
"""escaped = "%" HEXDIG HEXDIG"""

UNRESERVED = r"A-Za-z0-9\-_.!~*'()"
"""unreserved = alphanum / "-" / "_" / "." / "!" / "~" / "*" / "'" / "(" / ")\""""

USER = rf"(?:[{UNRESERVED}&=+$,;?/]++|{ESCAPED})++"
"""user = 1*( unreserved / escaped / user-unreserved )
user-unreserved = "&" / "=" / "+" / "$" / "," / ";" / "?" / "/\""""

PASSWORD = rf"(?:[{UNRESERVED}&=+$,]++|{ESCAPED})*+"
"""password = *( unreserved / escaped / "&" / "=" / "+" / "$" / "," )"""

PARAMETER_VALUE = rf"(?:[{UNRESERVED}\[\]/:&+$]++|{ESCAPED})++"
"""paramchar = param-unreserved / unreserved / escaped
param-unreserved = "[" / "]" / "/" / ":" / "&" / "+" / "$\""""

HEADER_PART = rf"(?:[{UNRESERVED}\[\]/?:+$]++|{ESCAPED})"
"""hnv-unreserved / unreserved / escaped
hnv-unreserved = "[" / "]" / "/" / "?" / ":" / "+" / "$\""""

_URI = re.compile(
    rf"(?i:(sips?)):(?:({USER})(?::({PASSWORD}))?+@)?({HOST})(?::({PORT}))?+"
    rf"((?:;{PARAMETER_VALUE}(?:={PARAMETER_VALUE})?+)*+)"
    rf"(?:\?({HEADER_PART}++={HEADER_PART}*+(?:&{HEADER_PART}++={HEADER_PART}*+)*+))?+"
)
"""SIP-URI = "sip:" [ userinfo ] hostport uri-parameters [ headers ]"""

_ABSOLUTE = re.compile(rf"([A-Za-z][A-Za-z0-9+\-.]*+):((?:[{UNRESERVED};/?:@&=+$,#\[\]]++|{ESCAPED})++)")
"""absoluteURI = scheme ":" ( hier-part / opaque-part )"""

_COMPARED_EVEN_IF_ABSENT = ("user", "ttl", "method", "maddr", "transport")
"""Parameters that, standing in one URI only, make the two differ (RFC 3261 section 19.1.4)."""


@dataclass(frozen=True, slots=True)
class Uri:
    """A SIP or SIPS URI. Escapes and case stay as they were written; see `equivalent`."""

    scheme: str
    """"sip" or "sips\""""
    user: str | None = None
    """User or telephone-subscriber, still escaped; `escape_user` makes one of any text."""
    password: str | None = None
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
        scheme, user, password, host, port, parameters, headers = match.groups()
        return cls(
            scheme.lower(),
            user,
            password,
            check_host(host),
            digits(port, 65535, "port") if port else None,
            _parameters(parameters) if parameters else (),
            tuple([(name, value) for name, _, value in _pairs(headers, "&")]) if headers else (),
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
        return cls(match[1].lower(), match[2])

    def __str__(self) -> str:
        return f"{self.scheme}:{self.text}"

    def equivalent(self, other: "Uri | AbsoluteUri") -> bool:
        """Whether both name the same resource: as texts, since nothing is known of the scheme."""
        return self == other


def parse_uri(text: str) -> Uri | AbsoluteUri:
    """The URI that `text` writes, of whichever scheme. Raises `RemoteProtocolError`."""
    scheme = text[:5].lower()
    return Uri.parse(text) if scheme.startswith(("sip:", "sips:")) else AbsoluteUri.parse(text)


def escape_user(text: str) -> str:
    """`text`, such as a dialled name, as the user part of a URI."""
    return percent_encode(text, safe="-_.!~*'()&=+$,;?/")


def _pairs(text: str, separator: str) -> list[tuple[str, str, str]]:
    return [part.partition("=") for part in text.split(separator)]


def _parameters(text: str) -> Parameters:
    parameters = tuple([(name, value or None) for name, _, value in _pairs(text[1:], ";")])
    return unique(parameters) if len(parameters) > 1 else parameters


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
