"""Header fields: the ordered multimap of RFC 3261 section 7.3, and the structured ones everything needs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.grammar import (
    HOST,
    LWS,
    MAX_DIGITS,
    MAX_LINE,
    PARAMETERS,
    PORT,
    QUOTED_STRING,
    SWS,
    TOKEN,
    UINT32,
    Parameters,
    check_parameters,
    digits,
    find,
    host_address,
    host_text,
    parameter_text,
    parse_parameters,
    quote,
    split_list,
    unquote,
)
from firmware.sip.names import CANONICAL, LISTS, canonical
from firmware.sip.uri import (
    BARE_USER,
    OPAQUE,
    OTHER_SCHEME,
    URI_TAIL,
    USER,
    AbsoluteUri,
    Uri,
    check_escapes,
    check_uri,
    uri_base,
)


class Headers:
    """The header fields of a message, in their order. Immutable; names are case-insensitive.

    Known names are kept in their usual spelling, compact forms expanded; values are unfolded and stripped.
    """

    __slots__ = ("_fields", "_values")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        kept = tuple(fields)
        values: dict[str, tuple[str, ...]] = {}
        usual = True
        known = CANONICAL.get
        for name, value in kept:
            if known(name) != name:
                name = canonical(name)
                usual = False
            values[name] = (*values[name], value) if name in values else (value,)
        self._fields = kept if usual else tuple([(known(name.lower(), name), value) for name, value in kept])
        self._values = values

    def get(self, name: str) -> str | None:
        """The first value of the header field `name` as it stands on its line, None where it is absent."""
        values = self._values.get(name) or self._values.get(canonical(name))
        return values[0] if values else None

    def get_all(self, name: str) -> tuple[str, ...]:
        """Every value of `name`; those of a header field that is a list are split at their commas."""
        values = self._values.get(name)
        if values is None:
            name = canonical(name)
            values = self._values.get(name, ())
        if name not in LISTS or not values or (len(values) == 1 and "," not in values[0]):
            return values
        return tuple(split_list(",".join(values)))

    def with_(self, name: str, value: str) -> "Headers":
        """With `value` as the only value of `name`: in place of the first one, or at the end."""
        key = canonical(name)
        if key not in self._values:
            return self.appended(name, value)
        at = next(i for i, (own, _) in enumerate(self._fields) if canonical(own) == key)
        rest = [field for field in self._fields[at + 1 :] if canonical(field[0]) != key]
        return Headers((*self._fields[:at], (name, value), *rest))

    def prepended(self, name: str, value: str) -> "Headers":
        """With one more header field before all others, as a new Via must be."""
        return Headers(((name, value), *self._fields))

    def appended(self, name: str, value: str) -> "Headers":
        """With one more header field after all others."""
        return Headers((*self._fields, (name, value)))

    def without(self, name: str) -> "Headers":
        """Without any header field `name`."""
        key = canonical(name)
        if key not in self._values:
            return self
        return Headers([field for field in self._fields if canonical(field[0]) != key])

    def count(self, name: str) -> int:
        """How many lines of `name` there are."""
        return len(self._values.get(canonical(name), ()))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and canonical(name) in self._values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def __repr__(self) -> str:
        return f"Headers({list(self._fields)!r})"

    def __str__(self) -> str:
        return "".join([f"{name}: {value}\r\n" for name, value in self._fields])


_ADDRESS = re.compile(
    rf"{SWS}(?:({QUOTED_STRING}|(?:{TOKEN}{SWS})*+){SWS}(<))?+"
    rf"(?:{uri_base(f'(?(2){USER}|{BARE_USER})')}(?(2){URI_TAIL})"
    rf"|{OTHER_SCHEME}:((?(2)(?:{OPAQUE}|[;?,])++|{OPAQUE}++)))"
    rf"(?(2)>)({PARAMETERS}){SWS}"
)
"""( name-addr / addr-spec ) *( SEMI generic-param )
name-addr = [ display-name ] LAQUOT addr-spec RAQUOT, display-name = *(token LWS)/ quoted-string

Without angle brackets all parameters are the header field's, and a comma, question mark or semicolon cannot
be part of the URI (RFC 3261 section 20)."""


@dataclass(frozen=True, slots=True)
class NameAddr:
    """An address with its parameters: From, To, Contact, Route and their kin (RFC 3261 section 20.10)."""

    uri: Uri | AbsoluteUri
    display_name: str = ""
    """What to show to a person, decoded."""
    parameters: Parameters = ()

    @classmethod
    def parse(cls, text: str) -> "NameAddr":
        """The address that `text` writes, in angle brackets or bare. Raises `RemoteProtocolError`."""
        name, _, *sip, other, opaque, parameters = cls.check(text).groups()
        return cls(
            AbsoluteUri(other.lower(), opaque) if other else Uri.of(*sip),
            unquote(name.rstrip(" \t")) if name else "",
            parse_parameters(parameters) if parameters else (),
        )

    @staticmethod
    def check(text: str) -> re.Match[str]:
        """Refuse what `parse` would refuse, for less work. The groups are those of the pattern."""
        match = _ADDRESS.fullmatch(text) if len(text) <= MAX_LINE else None
        if match is None:
            raise RemoteProtocolError("malformed address")
        host, port, uri_parameters, parameters = match.group(6, 7, 8, 12)
        if host:
            check_uri(host, port, uri_parameters)
        if parameters:
            check_parameters(parameters)
        if "%" in text:
            check_escapes(text[max(match.end(2), 0) : match.start(12)])
        return match

    def __str__(self) -> str:
        name = f"{quote(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.uri}>{parameter_text(self.parameters)}"

    @property
    def tag(self) -> str | None:
        """The tag that names one end of a dialog; None in a first request's To and from RFC 2543 peers."""
        return self.parameter("tag") or None

    def parameter(self, name: str) -> str | None:
        """The value of the parameter `name` (lower case), "" where it has none, None where it is absent."""
        return find(self.parameters, name) if self.parameters else None

    def with_tag(self, tag: str) -> "NameAddr":
        """The same address with `tag` as its tag."""
        others = tuple([(name, value) for name, value in self.parameters if name.lower() != "tag"])
        return replace(self, parameters=(*others, ("tag", tag)))


_VIA = re.compile(
    rf"{SWS}(?i:SIP){SWS}/{SWS}2\.0{SWS}/{SWS}({TOKEN}){LWS}({HOST})(?:{SWS}:{SWS}({PORT}))?+({PARAMETERS}){SWS}"
)
"""via-parm = sent-protocol LWS sent-by *( SEMI via-params )
sent-protocol = protocol-name SLASH protocol-version SLASH transport, sent-by = host [ COLON port ]"""


@dataclass(frozen=True, slots=True)
class Via:
    """One hop that a request has taken, and so the way of its response (RFC 3261 section 20.42)."""

    transport: str
    """In capitals, as in `flow.Transport`; a peer's may be any token."""
    host: str
    """Host name or address, IPv6 without brackets."""
    port: int | None = None
    parameters: Parameters = ()

    @classmethod
    def parse(cls, text: str) -> "Via":
        """The hop that `text` writes. Raises `RemoteProtocolError`."""
        transport, host, port, parameters = cls.check(text).groups()
        return cls(
            transport.upper(),
            host_address(host),
            int(port) if port else None,
            parse_parameters(parameters) if parameters else (),
        )

    @staticmethod
    def check(text: str) -> re.Match[str]:
        """Refuse what `parse` would refuse, for less work. The groups are those of the pattern."""
        match = _VIA.fullmatch(text) if len(text) <= MAX_LINE else None
        if match is None:
            raise RemoteProtocolError("malformed Via")
        host, port, parameters = match.group(2, 3, 4)
        check_uri(host, port, parameters)
        return match

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.transport} {host_text(self.host)}{port}{parameter_text(self.parameters)}"

    def parameter(self, name: str) -> str | None:
        """The value of the parameter `name` (lower case), "" where it has none, None where it is absent."""
        return find(self.parameters, name)

    def with_parameter(self, name: str, value: str | None) -> "Via":
        """The same hop with the parameter `name` set: in its place, or at the end."""
        if self.parameter(name) is None:
            return replace(self, parameters=(*self.parameters, (name, value)))
        changed = [(own, value if own.lower() == name else old) for own, old in self.parameters]
        return replace(self, parameters=tuple(changed))

    @property
    def branch(self) -> str | None:
        """The transaction's identifier; None from RFC 2543 peers."""
        return self.parameter("branch") or None

    @property
    def received(self) -> str | None:
        """The address the request really came from, without brackets (RFC 5118 section 4.5)."""
        received = self.parameter("received")
        return received.strip("[]") if received else None

    @property
    def rport(self) -> int | None:
        """The port the request really came from (RFC 3581); None where it is absent or still empty."""
        rport = self.parameter("rport")
        return digits(rport, 65535, "rport") if rport else None


_CSEQ = re.compile(rf"([0-9]{{1,{MAX_DIGITS}}}+){LWS}({TOKEN})")
"""CSeq = "CSeq" HCOLON 1*DIGIT LWS Method"""


@dataclass(frozen=True, slots=True)
class CSeq:
    """The order of requests within a dialog (RFC 3261 section 20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> "CSeq":
        """The number and method that `text` writes. Raises `RemoteProtocolError`."""
        match = cls.check(text)
        return cls(int(match[1]), match[2])

    @staticmethod
    def check(text: str) -> re.Match[str]:
        """Refuse what `parse` would refuse, for less work. The groups are those of the pattern."""
        match = _CSEQ.fullmatch(text)
        if match is None or int(match[1]) > UINT32:
            raise RemoteProtocolError("malformed CSeq")
        return match

    def __str__(self) -> str:
        return f"{self.number} {self.method}"
