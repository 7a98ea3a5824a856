"""The basic rules of RFC 3261 section 25.1 as patterns, each beside its ABNF, and the caps on what is read.

Every pattern is possessive (`++`, `*+`): a character, once matched, is never given back, so a match costs
time linear in its input whatever a peer sends. Patterns run on text whose header fields are unfolded already,
so the linear white space that is left is spaces and tabs.
"""

import re
from collections.abc import Iterator
from itertools import islice

from firmware.sip.errors import RemoteProtocolError

MAX_MESSAGE = 65535
"""Longest message read, in bytes: what one UDP datagram can carry (RFC 3261 section 18.1.1)."""

MAX_HEADERS = 128
"""Most header field lines in one message."""

MAX_LINE = 8192
"""Longest start line or unfolded header field, in characters."""

MAX_LIST = 128
"""Most values of one header field that is a list."""

MAX_PARAMETERS = 64
"""Most parameters of one URI or header field value."""

MAX_DIGITS = 20
"""Longest number read, leading zeros included."""

UINT32 = 2**32 - 1
"""Largest CSeq number (RFC 3261 section 20.16) and largest delta-seconds (section 20.19)."""

SWS = r"[ \t]*+"
"""SWS = [LWS]"""

LWS = r"[ \t]++"
"""LWS = [*WSP CRLF] 1*WSP"""

TOKEN_CHARS = r"A-Za-z0-9\-.!%*_+`'~"
TOKEN = rf"[{TOKEN_CHARS}]++"
"""token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" )"""

QUOTED_STRING = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]++|\\[\x00-\x09\x0b\x0c\x0e-\x7f])*+"'
r"""quoted-string = SWS DQUOTE *(qdtext / quoted-pair ) DQUOTE
qdtext = LWS / %x21 / %x23-5B / %x5D-7E / UTF8-NONASCII
quoted-pair = "\" (%x00-09 / %x0B-0C / %x0E-7F)"""

GEN_VALUE = rf"(?:[{TOKEN_CHARS}\[\]:]++|{QUOTED_STRING})"
"""gen-value = token / host / quoted-string

The bare IPv6 address of a Via's `received` and the same in brackets (RFC 5118 section 4.5) match too."""

PARAMETER = rf"{SWS};{SWS}({TOKEN})(?:{SWS}={SWS}({GEN_VALUE}))?+"
"""SEMI generic-param, generic-param = token [ EQUAL gen-value ]"""

PARAMETERS = rf"(?:{SWS};{SWS}{TOKEN}(?:{SWS}={SWS}{GEN_VALUE})?+)*+"
"""*( SEMI generic-param )"""

HOST = r"(?:[A-Za-z0-9_\-]++(?:\.[A-Za-z0-9_\-]++)*+\.?+|\[[0-9A-Fa-f:.]{2,46}+\])"
"""host = hostname / IPv4address / IPv6reference, hostname = *( domainlabel "." ) toplabel [ "." ]

Wider than the RFC by the underscore and by hyphens at the ends of labels, which real names have. What of it
is no address is for `check_host` to find."""

PORT = r"[0-9]{1,5}+"
"""port = 1*DIGIT"""

WORD = r"[A-Za-z0-9\-.!%*_+`'~()<>:\\\"/\[\]?{}]++"
r"""word = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" / "(" / ")" / "<" / ">" /
":" / "\" / DQUOTE / "/" / "[" / "]" / "?" / "{" / "}" )"""

is_token = re.compile(TOKEN).fullmatch
is_call_id = re.compile(rf"{WORD}(?:@{WORD})?+").fullmatch
"""callid = word [ "@" word ]"""

_DIGITS = re.compile(rf"[0-9]{{1,{MAX_DIGITS}}}+")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_HEX4 = re.compile(r"[0-9A-Fa-f]{1,4}+")
_PARAMETER = re.compile(PARAMETER)
_NAME = re.compile(rf";{SWS}([^;= \t]++)")
_QUOTED = re.compile(QUOTED_STRING)
_ELEMENT = re.compile(rf'(?:[^",<]++|{QUOTED_STRING}|<[^<>"]*+>)*+')
_TO_ESCAPE = re.compile(r'["\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')
_UNESCAPED = re.compile(r"\\?+(.[^\\]*+)", re.DOTALL)

Parameters = tuple[tuple[str, str | None], ...]
"""Parameters in their order: names as written, values decoded, None where there is no `=`."""


def digits(text: str, most: int, what: str = "number") -> int:
    """The number that `text` writes in ASCII digits; refused where it is none or above `most`."""
    if not _DIGITS.fullmatch(text) or (number := int(text)) > most:
        raise RemoteProtocolError(f"{what} is no number up to {most}")
    return number


def unquote(text: str) -> str:
    """What a quoted-string says; any other text is returned as it is."""
    if text[:1] != '"':
        return text
    inside = text[1:-1]
    return "".join(_UNESCAPED.findall(inside)) if "\\" in inside else inside


def quote(text: str) -> str:
    """`text` as a quoted-string. Line ends cannot be quoted; a message with any is not written."""
    return '"' + _TO_ESCAPE.sub(r"\\\g<0>", text) + '"'


def parse_parameters(text: str) -> Parameters:
    """The generic parameters in `text`, which matched `PARAMETERS`."""
    check_parameters(text)
    found = _PARAMETER.findall(text)
    return tuple([(name, unquote(value) if value else None) for name, value in found])


def check_parameters(text: str) -> None:
    """Refuse parameters that are too many or have a name twice (RFC 3261 section 7.3.1)."""
    if text.count(";") > 1:
        names = _NAME.findall(_QUOTED.sub("", text) if '"' in text else text)
        if len(names) > MAX_PARAMETERS or len({name.lower() for name in names}) != len(names):
            raise RemoteProtocolError("a parameter given twice, or too many of them")


def parameter_text(parameters: Parameters) -> str:
    """`parameters` as they follow a header field value, quoted where they have to be."""
    return "".join(
        [f";{name}" if value is None else f";{name}={_value(value)}" for name, value in parameters]
    )


def find(parameters: Parameters, name: str) -> str | None:
    """The value of the parameter `name`, "" where it stands without one, None where it is absent."""
    for own, value in parameters:
        if own == name or own.lower() == name:
            return value or ""
    return None


def split_list(text: str) -> list[str]:
    """The values of a comma-separated header field; commas within quotes and angles do not separate."""
    quoted = '"' in text or "<" in text
    parts = list(islice(_elements(text), MAX_LIST + 1)) if quoted else text.split(",", MAX_LIST)
    if len(parts) > MAX_LIST:
        raise RemoteProtocolError(f"more than {MAX_LIST} values of one header field")
    return [part.strip(" \t") for part in parts]


def check_host(host: str) -> None:
    """Refuse a host, IPv6 in brackets, that has the shape of an IP address but is none."""
    if host[0] == "[":
        if not _is_ipv6(host[1:-1]):
            raise RemoteProtocolError(f"{host} is no IPv6 address")
    elif host.rstrip(".").rpartition(".")[2].isdigit() and not _IPV4.fullmatch(host):
        raise RemoteProtocolError(f"{host} is no IPv4 address")


def host_address(host: str) -> str:
    """`host` without the brackets of an IPv6 reference and its third colon (RFC 5118 section 4.10)."""
    return host[1:-1].replace(":::", "::") if host[0] == "[" else host


def host_text(host: str) -> str:
    """`host` as it is written before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _elements(text: str) -> Iterator[str]:
    at = 0
    while True:
        match = _ELEMENT.match(text, at)
        end = match.end() if match else at
        yield text[at:end]
        if end == len(text):
            return
        if text[end] != ",":
            raise RemoteProtocolError("a quote or an angle bracket is not closed")
        at = end + 1


def _value(value: str) -> str:
    return value if _BARE_VALUE(value) else quote(value)


_BARE_VALUE = re.compile(rf"[{TOKEN_CHARS}\[\]:]++").fullmatch


def _is_ipv6(text: str) -> bool:
    """IPv6address = hexpart [ ":" IPv4address ]

    Three colons before the IPv4 part are a slip of this rule that has to be borne (RFC 5118 section 4.10).
    """
    front, double, back = text.replace(":::", "::", 1).partition("::")
    groups = _groups(front, last=not double) + _groups(back, last=True)
    return groups < 8 if double else groups == 8


def _groups(part: str, *, last: bool) -> int:
    """How many 16-bit groups `part` of an IPv6 address writes; far too many where it writes none."""
    if not part:
        return 0
    *groups, tail = part.split(":")
    count = len(groups) + 1
    if last and "." in tail and _IPV4.fullmatch(tail):
        count += 1
    elif not _HEX4.fullmatch(tail):
        count = 99
    return count if all(map(_HEX4.fullmatch, groups)) else 99
