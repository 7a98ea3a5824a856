"""Messages out of a byte stream: Content-Length framing and keep-alive (RFC 3261 section 18.3, RFC 5626)."""

import re
from dataclasses import dataclass
from typing import Literal

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.grammar import MAX_MESSAGE, digits
from firmware.sip.message import Request, Response, parse

PING = b"\r\n\r\n"
"""What the end that opened the connection sends to learn whether the other lives (RFC 5626 section 3.5.1)."""

PONG = b"\r\n"
"""The answer to a ping."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Line ends between messages.

    One is a pong. A second one right after it makes both a ping, so a ping comes as a pong and then a ping:
    a pong cannot wait to see whether more follows. Only the ping is to be answered.
    """

    kind: Literal["ping", "pong"]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that does not parse. The stream goes on behind it, unless the next call says otherwise."""

    data: bytes
    """Its bytes, for `message.rejection_of`."""
    error: RemoteProtocolError


_FOLD = re.compile(rb"\r\n[ \t]++")
_CONTENT_LENGTH = re.compile(
    rb"^(?:content-length|l)[ \t]*+:[ \t]*+([^\r\n]*+)", re.IGNORECASE | re.MULTILINE
)


class StreamFramer:
    """Cuts what one connection receives into messages, in time linear in its length."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._length: int | None = None
        self._after_line_end = False
        self._broken: RemoteProtocolError | None = None

    def receive_data(self, data: bytes) -> None:
        """Take bytes as they came."""
        self._buffer += data

    def next_message(self) -> Request | Response | KeepAlive | Malformed | None:
        """What comes next on the stream, None until there is more.

        Raises `RemoteProtocolError` where nobody can say any more where a message begins; the connection has
        to be closed. The message that caused it has come as `Malformed` before, to be answered.
        """
        if self._broken is not None:
            raise self._broken
        if self._length is None:
            if keep_alive := self._line_end():
                return keep_alive
            if malformed := self._head():
                return malformed
        if self._length is None or len(self._buffer) < self._length:
            return None
        return self._message(self._take(self._length))

    def _line_end(self) -> KeepAlive | None:
        if not self._buffer.startswith(PONG):
            return None
        self._take(len(PONG))
        self._after_line_end = not self._after_line_end
        return KeepAlive("pong" if self._after_line_end else "ping")

    def _head(self) -> Malformed | None:
        """Learn the length of the message that begins the buffer, if its head is complete."""
        end = self._buffer.find(PING, self._searched)
        self._searched = max(len(self._buffer) - len(PING) + 1, 0)
        if end < 0 and len(self._buffer) <= MAX_MESSAGE:
            return None
        try:
            if end < 0 or end > MAX_MESSAGE:
                raise RemoteProtocolError("message too long", 513)
            head = bytes(self._buffer[:end])
            self._length = end + len(PING) + _body_length(head)
            if self._length > MAX_MESSAGE:
                raise RemoteProtocolError("message too long", 513)
        except RemoteProtocolError as error:
            self._broken = error
            return Malformed(bytes(self._buffer[:MAX_MESSAGE]), error)
        return None

    def _message(self, data: bytes) -> Request | Response | Malformed:
        self._after_line_end = False
        try:
            return parse(data)
        except RemoteProtocolError as error:
            return Malformed(data, error)

    def _take(self, length: int) -> bytes:
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._searched = 0
        self._length = None
        return data


def _body_length(head: bytes) -> int:
    """The Content-Length of a message of which nothing else needs to be well-formed."""
    head = _FOLD.sub(b" ", head)
    if not head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r"):
        raise RemoteProtocolError("a line end that is not CRLF")
    values = _CONTENT_LENGTH.findall(head)
    if len(values) != 1:
        raise RemoteProtocolError(
            "more than one Content-Length" if values else "no Content-Length on a stream"
        )
    return digits(values[0].strip(b" \t").decode("latin-1"), MAX_MESSAGE, "Content-Length")
