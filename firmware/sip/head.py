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

_FOLD = re.compile(r"\r\n[ \t]++")
"""LWS = [*WSP CRLF] 1*WSP, without the white space before the CRLF, which is white space all the same"""

_FIELD = re.compile(rf"\r\n({TOKEN}){SWS}:{SWS}([^\r\n]*+)")
"""message-header = field-name HCOLON *(field-value) CRLF, with the CRLF before it"""

_CONTROLS = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_VISIBLE = re.compile(rf'(?:[^"\x00-\x08\x0b\x0c\x0e-\x1f\x7f]++|{QUOTED_STRING})*+')
"""Text in which control characters stand only escaped within quoted strings."""


def read_head(head: bytes) -> tuple[str, Headers]:
    """Start line and header fields in the bytes before the empty line. Raises `RemoteProtocolError`."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        raise RemoteProtocolError("the header is no UTF-8") from error
    if not text.count("\r\n") == text.count("\n") == text.count("\r"):
        raise RemoteProtocolError("a line end that is not CRLF")
    if "\r\n " in text or "\r\n\t" in text:
        text = _FOLD.sub(" ", text)
    start_line, line_end, fields = text.partition("\r\n")
    found = _FIELD.findall(line_end + fields)
    if len(found) != text.count("\r\n"):
        raise RemoteProtocolError("malformed header field")
    if len(found) > MAX_HEADERS or (len(text) > MAX_LINE and max(map(len, text.split("\r\n"))) > MAX_LINE):
        raise RemoteProtocolError("too many or too long header fields", 513)
    if len(head.translate(None, _CONTROLS)) != len(head):
        _check_controls(text.split("\r\n"))
    if " \r\n" in text or "\t\r\n" in text or text[-1:] in (" ", "\t"):
        found = [(name, value.rstrip(" \t")) for name, value in found]
    return start_line, Headers(found)


def content_length(headers: Headers, absent: int) -> int:
    """The length of the body that `headers` announce, `absent` where they do not."""
    values = headers.get_all("Content-Length")
    if not values:
        return absent
    if len(values) > 1:
        raise RemoteProtocolError("more than one Content-Length")
    return digits(values[0], UINT32, "Content-Length")


def _check_controls(lines: list[str]) -> None:
    for line in lines:
        if _CONTROL.search(line) and not _VISIBLE.fullmatch(line):
            raise RemoteProtocolError("a control character that is not escaped")


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
