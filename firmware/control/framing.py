"""Length-prefixed messages on a stream: four bytes of length, big-endian, then one msgpack message.

Both control channels use it: a person's tools to the phone (`control.messages`) and the phone to the
voice (`control.voice`). Sans-IO.
"""

from typing import Generic, TypeVar

import msgspec

MAX_FRAME = 1 << 20
"""Longest message accepted, in bytes; the largest real one is a colour picture of the display."""

PREFIX = 4

M = TypeVar("M")


class FramingError(Exception):
    """The peer sent something that is no message of this channel; the connection has to be closed."""


class Framer(Generic[M]):
    """Cuts a byte stream into messages of one schema, and makes frames of messages."""

    def __init__(self, schema: type[M]) -> None:
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(schema)
        self._encoder = msgspec.msgpack.Encoder()
        self._buffer = bytearray()

    def frame(self, message: object) -> bytes:
        """The bytes that carry `message`."""
        body = self._encoder.encode(message)
        return len(body).to_bytes(PREFIX, "big") + body

    def receive(self, data: bytes) -> list[M]:
        """Take bytes as they came; return the messages that are complete. Raises `FramingError`."""
        self._buffer += data
        messages: list[M] = []
        while len(self._buffer) >= PREFIX:
            length = int.from_bytes(self._buffer[:PREFIX], "big")
            if length > MAX_FRAME:
                raise FramingError(f"a message of {length} bytes; {MAX_FRAME} is the most")
            if len(self._buffer) < PREFIX + length:
                break
            body = bytes(self._buffer[PREFIX : PREFIX + length])
            del self._buffer[: PREFIX + length]
            try:
                messages.append(self._decoder.decode(body))
            except (msgspec.DecodeError, RecursionError) as error:
                raise FramingError(f"not a message of this channel: {error}") from error
        return messages
