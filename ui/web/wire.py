"""What the page and its server say to each other over the WebSocket.

From the page comes JSON, `{"key": NAME}` or `{"hook": "up" | "down"}`. To the page go JSON texts (`Changed`,
`Lost`, `Refused`) and pictures of the display as binary messages: one byte of mode (1: packed bits, 1 is lit,
rows padded to bytes; 3: RGB), width and height as 16-bit big-endian, then the pixels.
"""

import struct
from typing import Annotated, Literal

import msgspec

from firmware.control.messages import Hook, Key, Picture
from firmware.control.state import Snapshot

MAX_FROM_PAGE = 128
"""Longest message of the page, in bytes."""

MODES = {"1": 1, "RGB": 3}

KeyName = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9_]{1,24}\Z")]


class WireError(Exception):
    """The page sent something else than a key or the hook."""


class Pressed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that was pressed, or where the handset was moved to."""

    key: KeyName | None = None
    hook: Literal["up", "down"] | None = None


class Changed(msgspec.Struct, frozen=True):
    """The telephone after the change named by `event`; `now` is its clock, for how long things last."""

    event: str
    snapshot: Snapshot
    now: float


class Lost(msgspec.Struct, frozen=True):
    """The telephone does not answer; `words` say so and what happens next."""

    lost: str


class Refused(msgspec.Struct, frozen=True):
    """What was pressed was not carried out, and why, in one sentence."""

    refused: str


ToPage = Changed | Lost | Refused | Picture

_decoder = msgspec.json.Decoder(Pressed)
_encoder = msgspec.json.Encoder()


def command(text: str) -> Key | Hook:
    """The command in a message of the page. Raises `WireError`."""
    try:
        pressed = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise WireError(str(error)) from error
    match pressed:
        case Pressed(key=str(name), hook=None):
            return Key(name=name)
        case Pressed(key=None, hook=str(where)):
            return Hook(off=where == "up")
    raise WireError("neither a key nor the hook, or both")


def encode(message: Changed | Lost | Refused) -> str:
    """The JSON text of a message to the page."""
    return _encoder.encode(message).decode()


def encode_picture(picture: Picture) -> bytes:
    """The binary message that carries a picture."""
    return struct.pack(">BHH", MODES[picture.mode], picture.width, picture.height) + picture.pixels
