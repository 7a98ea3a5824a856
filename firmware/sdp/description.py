"""Session descriptions as values: `parse` reads what a peer sent, `bytes()` writes what we send (RFC 8866).

Reading is strict about what a call depends on (first lines, types, numbers, sizes) and forgiving where real
telephones differ: lines in another order, no `t=`, an empty `s=`, LF for CRLF, text in another charset.
Attributes are kept unread: a fault in one of a stream that is refused anyway must not cost the call.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import pairwise
from typing import Final

from firmware.sdp.errors import LocalProtocolError, SdpError
from firmware.sdp.grammar import (
    MAX_FORMATS,
    MAX_LINE,
    MAX_LINES,
    MAX_MEDIA,
    MAX_NUMBER,
    MAX_SIZE,
    is_token,
    number,
)

Line = tuple[str, str]
"""A type letter and what follows its "="."""

_SESSION_RANK: Final = {letter: rank for rank, letter in enumerate("vosiuepcbtzka")} | {"r": 9}
_MEDIA_RANK: Final = {letter: rank for rank, letter in enumerate("micbka")}
_SESSION_ONCE: Final = "vosiuczk"
_MEDIA_ONCE: Final = "ik"
_LAST_PORT: Final = 65535
_ANY_NUMBER: Final = 10**MAX_NUMBER


@dataclass(frozen=True, slots=True)
class Attribute:
    """`a=<name>` or `a=<name>:<value>` (section 5.13); names are case-sensitive, values are kept unread."""

    name: str
    value: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Attribute":
        """Read what follows `a=`. Raises `SdpError`."""
        name, colon, value = text.partition(":")
        if not is_token(name):
            raise SdpError("an attribute whose name is not a token")
        return cls(name, value if colon else None)

    def __str__(self) -> str:
        return self.name if self.value is None else f"{self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class Origin:
    """`o=` (section 5.2): with `session_id` the same and `version` one higher, a session was modified."""

    session_id: int
    version: int
    host: str
    address_type: str = "IP4"
    username: str = "-"

    @classmethod
    def parse(cls, text: str) -> "Origin":
        """Read what follows `o=`. Raises `SdpError`."""
        fields = text.split(" ")
        if len(fields) != 6 or not all(fields):
            raise SdpError("o= without its six fields")
        username, session_id, version, network, address_type, host = fields
        _check_network(network, address_type)
        return cls(
            number(session_id, _ANY_NUMBER), number(version, _ANY_NUMBER), host, address_type, username
        )

    def __str__(self) -> str:
        return f"{self.username} {self.session_id} {self.version} IN {self.address_type} {self.host}"


@dataclass(frozen=True, slots=True)
class Connection:
    """`c=` (section 5.7): an IP literal or a domain name; `suffix` is what multicast adds ("/ttl/count")."""

    host: str
    address_type: str = "IP4"
    suffix: str = ""

    @classmethod
    def to(cls, host: str) -> "Connection":
        """The connection to an IP literal of ours."""
        return cls(host, f"IP{ip_address(host).version}")

    @classmethod
    def parse(cls, text: str) -> "Connection":
        """Read what follows `c=`. Raises `SdpError`."""
        fields = text.rstrip(" ").split(" ")
        if len(fields) != 3 or not all(fields):
            raise SdpError("c= without its three fields")
        network, address_type, address = fields
        _check_network(network, address_type)
        host, slash, rest = address.partition("/")
        return cls(host, address_type, slash + rest)

    def __str__(self) -> str:
        return f"IN {self.address_type} {self.host}{self.suffix}"

    @property
    def ip(self) -> IPv4Address | IPv6Address | None:
        """The address; None where a domain name is given."""
        try:
            return ip_address(self.host) if "%" not in self.host else None
        except ValueError:
            return None


class _Attributed:
    """What a session and a media description share: a list of attributes."""

    __slots__ = ()
    attributes: tuple[Attribute, ...]

    def has(self, name: str) -> bool:
        """Whether there is an attribute of this name, with or without a value."""
        return any(attribute.name == name for attribute in self.attributes)

    def values(self, name: str) -> tuple[str, ...]:
        """The values of all attributes of this name, in order."""
        found = (attribute.value for attribute in self.attributes if attribute.name == name)
        return tuple(value for value in found if value is not None)

    def value(self, name: str) -> str | None:
        """The value of the first attribute of this name."""
        return next(iter(self.values(name)), None)


@dataclass(frozen=True, slots=True)
class MediaDescription(_Attributed):
    """`m=` and the lines below it (section 5.14). `port` 0 refuses the stream (RFC 3264 section 6)."""

    kind: str
    port: int
    profile: str
    formats: tuple[str, ...]
    connection: Connection | None = None
    attributes: tuple[Attribute, ...] = ()
    port_count: int = 1
    other: tuple[Line, ...] = ()
    """Lines that a call does not use (i b, further c), as they came."""

    @classmethod
    def parse(cls, lines: list[Line]) -> "MediaDescription":
        """Read a section that starts with its `m=`. Raises `SdpError`."""
        _check_letters(lines, _MEDIA_RANK, _MEDIA_ONCE)
        kind, port, profile, *formats = _media_fields(lines[0][1])
        first, slash, count = port.partition("/")
        connections = [value for letter, value in lines if letter == "c"]
        return cls(
            kind,
            number(first, _LAST_PORT),
            profile,
            tuple(formats),
            Connection.parse(connections[0]) if connections else None,
            _attributes(lines),
            number(count, _LAST_PORT) if slash else 1,
            tuple(line for line in lines if line[0] in "ib")
            + tuple(("c", value) for value in connections[1:]),
        )

    def lines(self) -> Iterator[Line]:
        """The section's lines in the order of section 5."""
        port = str(self.port) if self.port_count == 1 else f"{self.port}/{self.port_count}"
        yield "m", " ".join((self.kind, port, self.profile, *self.formats))
        rest = [("c", str(self.connection))] if self.connection else []
        rest += [*self.other, *(("a", str(attribute)) for attribute in self.attributes)]
        yield from sorted(rest, key=lambda line: _MEDIA_RANK[line[0]])

    def refused(self) -> "MediaDescription":
        """This stream in an answer that does not want it."""
        return MediaDescription(self.kind, 0, self.profile, self.formats)


@dataclass(frozen=True, slots=True)
class SessionDescription(_Attributed):
    """A whole description; `connection` holds for every stream that has none of its own."""

    origin: Origin
    media: tuple[MediaDescription, ...] = ()
    connection: Connection | None = None
    attributes: tuple[Attribute, ...] = ()
    name: str = "-"
    other: tuple[Line, ...] = (("t", "0 0"),)
    """Lines that a call does not use (i u e p b t r z), as they came."""

    @classmethod
    def parse(cls, data: bytes) -> "SessionDescription":
        """Read a description as a SIP body carries it. Raises `SdpError`."""
        session, *media = _sections(_lines(data))
        _check_letters(session, _SESSION_RANK, _SESSION_ONCE)
        values = dict(reversed(session))
        if session[0] != ("v", "0"):
            raise SdpError("a description that does not begin with v=0")
        if missing := [letter for letter in "os" if letter not in values]:
            raise SdpError(f"a description without {missing[0]}=")
        return cls(
            Origin.parse(values["o"]),
            tuple(MediaDescription.parse(section) for section in media),
            Connection.parse(values["c"]) if "c" in values else None,
            _attributes(session),
            values["s"],
            tuple(line for line in session if line[0] in "iuepbtrz"),
        )

    def lines(self) -> Iterator[Line]:
        """All lines in the order of section 5."""
        head = [("v", "0"), ("o", str(self.origin)), ("s", self.name), *self.other]
        head += [("c", str(self.connection))] if self.connection else []
        head += [("a", str(attribute)) for attribute in self.attributes]
        yield from sorted(head, key=lambda line: _SESSION_RANK[line[0]])
        for section in self.media:
            yield from section.lines()

    def __str__(self) -> str:
        lines = [f"{letter}={value}" for letter, value in self.lines()]
        if any(character in line for line in lines for character in "\0\r\n"):
            raise LocalProtocolError("a line break inside a line of a description")
        return "".join(f"{line}\r\n" for line in lines)

    def __bytes__(self) -> bytes:
        return str(self).encode()


def _lines(data: bytes) -> list[Line]:
    """Cut a body into lines; what is not UTF-8 (a name in another charset) is replaced, not refused."""
    if len(data) > MAX_SIZE:
        raise SdpError(f"a description above {MAX_SIZE} bytes")
    texts = data.rstrip(b"\r\n").decode(errors="replace").split("\n")
    if len(texts) > MAX_LINES:
        raise SdpError(f"a description above {MAX_LINES} lines")
    return [_line(text.removesuffix("\r")) for text in texts]


def _line(text: str) -> Line:
    if len(text) > MAX_LINE:
        raise SdpError(f"a line above {MAX_LINE} characters")
    if text[1:2] != "=" or "\r" in text or "\0" in text:
        raise SdpError("a line that is not <letter>=<value>")
    return text[0], text[2:]


def _sections(lines: list[Line]) -> list[list[Line]]:
    """The session's own lines, then those of each stream."""
    starts = [index for index, line in enumerate(lines) if line[0] == "m"]
    if len(starts) > MAX_MEDIA:
        raise SdpError(f"a description above {MAX_MEDIA} streams")
    bounds = [0, *starts, len(lines)]
    sections = [lines[start:end] for start, end in pairwise(bounds)]
    if not sections[0]:
        raise SdpError("a description that does not begin with v=0")
    return sections


def _check_letters(lines: list[Line], known: Iterable[str], once: str) -> None:
    """A description with an unknown type letter is refused as a whole (section 5)."""
    letters = [letter for letter, _ in lines]
    if any(letter not in known for letter in letters):
        raise SdpError("a line of an unknown type")
    if twice := [letter for letter in once if letters.count(letter) > 1]:
        raise SdpError(f"more than one {twice[0]}=")


def _check_network(network: str, address_type: str) -> None:
    if network != "IN" or address_type not in ("IP4", "IP6"):
        raise SdpError("an address that is not of the Internet")


def _media_fields(text: str) -> list[str]:
    """media-field = media SP port ["/" integer] SP proto 1*(SP fmt)"""
    fields = text.rstrip(" ").split(" ")
    if len(fields) < 4 or not all(fields) or not is_token(fields[0]):
        raise SdpError("m= without its four fields")
    if len(fields) > MAX_FORMATS + 3:
        raise SdpError(f"m= with more than {MAX_FORMATS} formats")
    return fields


def _attributes(lines: list[Line]) -> tuple[Attribute, ...]:
    return tuple(Attribute.parse(value) for letter, value in lines if letter == "a")
