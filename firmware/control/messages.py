"""The phone's control channel: what people, scripts, the panel and the page say to the phone, and hear.

A client sends `Request`s and gets one `Done`, `Refused` or `Status` for each, by its number. A client that
watches is sent an `Event` for every change, and a `Picture` whenever the display has changed if it asked.
"""

import msgspec

from firmware.control.state import Snapshot


class CommandRefused(Exception):
    """A command that is not carried out; the text is one sentence for a person."""


class Command(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Something that the phone is asked to do."""


class Dial(Command, frozen=True, kw_only=True):
    """Call a number or a URI, on `line` or the first line that fits."""

    target: str
    line: str | None = None


class Answer(Command, frozen=True, kw_only=True):
    """Answer an incoming call."""

    call: str | None = None


class Reject(Command, frozen=True, kw_only=True):
    """Refuse an incoming call (603 Decline)."""

    call: str | None = None


class HangUp(Command, frozen=True, kw_only=True):
    """End a call in whatever phase it is, or put away one that has failed."""

    call: str | None = None


class Hold(Command, frozen=True, kw_only=True):
    """Put a call on hold."""

    call: str | None = None


class Resume(Command, frozen=True, kw_only=True):
    """Take a held call back."""

    call: str | None = None


class Select(Command, frozen=True, kw_only=True):
    """The call that keys act on from now."""

    call: str


class Mute(Command, frozen=True, kw_only=True):
    """Close (or open) the microphone for certain."""

    on: bool


class SendDigits(Command, frozen=True, kw_only=True):
    """Send digits in a call (RFC 4733)."""

    digits: str
    call: str | None = None


class Digit(Command, frozen=True, kw_only=True):
    """A digit key: collected while dialling, sent as DTMF in a call."""

    digit: str


class Erase(Command, frozen=True, kw_only=True):
    """Take the last digit back; the last of them ends dialling on hook."""


class Send(Command, frozen=True, kw_only=True):
    """Dial what has been typed now."""


class Redial(Command, frozen=True, kw_only=True):
    """Call the last number again."""


class Speaker(Command, frozen=True, kw_only=True):
    """Hands-free on (a dial tone, or an answer) or off (which hangs up, unless the handset is lifted)."""

    on: bool


class Volume(Command, frozen=True, kw_only=True):
    """Louder or softer, by `step`, what can be heard now: the ringer on hook, else the ear."""

    step: int


class Hook(Command, frozen=True, kw_only=True):
    """The handset was lifted (`off` hook) or put down."""

    off: bool


class Key(Command, frozen=True, kw_only=True):
    """A key of the panel by its name: a digit, star, hash, soft1 to soft4, mute, speaker ..."""

    name: str


class ShowStatus(Command, frozen=True, kw_only=True):
    """Ask for the snapshot."""


class Watch(Command, frozen=True, kw_only=True):
    """Be told of every change from now on, and of the display's pictures if `pictures`."""

    pictures: bool = False


AnyCommand = (
    Dial
    | Answer
    | Reject
    | HangUp
    | Hold
    | Resume
    | Select
    | Mute
    | SendDigits
    | Digit
    | Erase
    | Send
    | Redial
    | Speaker
    | Volume
    | Hook
    | Key
    | ShowStatus
    | Watch
)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A command and a number of the client's choosing that its answer will carry."""

    number: int
    command: AnyCommand


class Answered(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """An answer to the request of that number."""

    number: int


class Done(Answered, frozen=True, kw_only=True):
    """Carried out; `call` is the call concerned, if one is."""

    call: str | None = None


class Refused(Answered, frozen=True, kw_only=True):
    """Not carried out, and why, in one sentence."""

    words: str


class Status(Answered, frozen=True, kw_only=True):
    """The snapshot that was asked for."""

    snapshot: Snapshot


class Event(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A change with its cause, and the telephone after it."""

    at: float
    cause: str
    snapshot: Snapshot


class Picture(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """What the display shows: rows of `mode` "1" (packed bits, 1 is lit) or "RGB" pixels."""

    width: int
    height: int
    mode: str
    pixels: bytes


FromPhone = Done | Refused | Status | Event | Picture
