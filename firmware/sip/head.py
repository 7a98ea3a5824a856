"""The head of a message: its start line and its header fields, as text (RFC 3261 section 7.3)."""

import re

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.grammar import (
    MAX_HEADERS,
    MAX_LINE,
    MAX_MESSAGE,
    QUOTED_STRING,
    SWS,
    TOKEN,
    UINT32,
    digits,
    is_token,
)
from firmware.sip.headers import Headers
from firmware.sip.names import canonical

_FOLD = re.compile(r"\n[ \t]++")
"""LWS = [*WSP CRLF] 1*WSP, without the white space before the CRLF, which is white space all the same"""

_FIELD = re.compile(rf"\n({TOKEN}){SWS}:{SWS}((?:.*[^ \t\n])?+)")
"""message-header = field-name HCOLON *(field-value) CRLF, with the line end before it"""

_CONTROLS = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_VISIBLE = re.compile(rf'(?:[^"\x00-\x08\x0b\x0c\x0e-\x1f\x7f]++|{QUOTED_STRING})*+')
"""Text in which control characters stand only escaped within quoted strings."""


def read_head(head: bytes) -> tuple[str, Headers]:
    """Start line and header fields in the bytes before the empty line. Raises `RemoteProtocolError`."""
    lines = head.replace(b"\r\n", b"\n")
    ends = len(head) - len(lines)
    if b"\r" in lines or lines.count(b"\n") != ends:
        raise RemoteProtocolError("a line end that is not CRLF")
    try:
        start_line, end, rest = lines.decode().partition("\n")
    except UnicodeDecodeError as error:
        raise RemoteProtocolError("the header is no UTF-8") from error
    fields = _FIELD.findall(end + rest)
    if len(fields) != ends:
        rest, folds = _FOLD.subn(" ", end + rest)
        fields = _FIELD.findall(rest)
        if len(fields) != ends - folds:
            raise RemoteProtocolError("malformed header field")
    if len(fields) > MAX_HEADERS or (len(head) > MAX_LINE and any(len(v) > MAX_LINE for _, v in fields)):
        raise RemoteProtocolError("too many or too long header fields", 513)
    if len(head.translate(None, _CONTROLS)) != len(head):
        _check_controls(fields)
    return start_line, Headers(fields)


def _check_controls(fields: list[tuple[str, str]]) -> None:
    for _, value in fields:
        if _CONTROL.search(value) and not _VISIBLE.fullmatch(value):
            raise RemoteProtocolError("a control character that is not escaped")


def content_length(headers: Headers, absent: int) -> int:
    """The length of the body that `headers` announce, `absent` where they do not."""
    values = headers.get_all("Content-Length")
    if not values:
        return absent
    if len(values) > 1:
        raise RemoteProtocolError("more than one Content-Length")
    return digits(values[0], UINT32, "Content-Length")


def readable_fields(data: bytes) -> list[tuple[str, str]] | None:
    """The header fields that can be made out in a malformed request; None where it seems to be no request."""
    text = data[:MAX_MESSAGE].lstrip(b"\r\n").partition(b"\r\n\r\n")[0].decode(errors="replace")
    start_line, *lines = _FOLD.sub(" ", text).split("\r\n")[: MAX_HEADERS + 1]
    method = start_line.partition(" ")[0]
    if not is_token(method) or method == "ACK":
        return None
    fields = []
    for line in lines:
        name, _, value = line.partition(":")
        if line.isprintable() and len(line) <= MAX_LINE:
            fields.append((canonical(name.rstrip(" ")), value.strip(" ")))
    return fields
