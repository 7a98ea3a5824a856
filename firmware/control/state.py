"""The one immutable picture of the telephone that everything else reads.

The LCD, the lamps, the local page, `offhook ctl` and the tests all read this snapshot and send the same
commands (`control.messages`). Times are seconds of CLOCK_MONOTONIC, which all processes of a machine share.
"""

from typing import Literal

import msgspec

Registration = Literal["off", "registering", "registered", "failed"]

Phase = Literal["calling", "ringing", "incoming", "active", "held", "ended", "failed"]
"""calling: nothing heard yet; ringing: the far end rings; held: by this phone."""

Privacy = Literal["private", "not private", "none yet"]

LampPattern = Literal["off", "on", "slow", "fast"]
"""slow blinks once a second, fast four times."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An account at a provider; `words` say why it is not registered, `retry_at` when it tries again."""

    id: str
    address: str
    name: str = ""
    registration: Registration = "off"
    transport: str = ""
    words: str = ""
    retry_at: float | None = None


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """How a call sounds: `mos` by the E-model (G.107), the rest measured; `words` for a person."""

    mos: float | None = None
    lost_percent: float = 0.0
    jitter_ms: float = 0.0
    playout_ms: float = 0.0
    round_trip_ms: float | None = None
    sent: int = 0
    received: int = 0
    words: str = ""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call appearance. `name` and `number` are the far end's; `words` give the reason once it has ended."""

    id: str
    line: str
    direction: Literal["in", "out"]
    phase: Phase
    number: str
    address: str
    name: str = ""
    began_at: float = 0.0
    connected_at: float | None = None
    held_at: float | None = None
    ended_at: float | None = None
    held_by_peer: bool = False
    early_media: bool = False
    privacy: Privacy = "none yet"
    privacy_words: str = ""
    codec: str = ""
    quality: Quality | None = None
    status: int | None = None
    words: str = ""


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """What the sound card does; `words` are empty while all is well."""

    use: Literal["closed", "output", "duplex"] = "closed"
    state: Literal["closed", "running", "reopening", "failed"] = "closed"
    driver: str = ""
    name: str = ""
    words: str = ""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One line for a person about a call that was refused, lost or missed, or other trouble."""

    at: float
    words: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; `number` grows with every change.

    `entry` are the digits typed so far and `send_at` is when they will be dialled by themselves;
    `selected` is the call that keys act on.
    """

    number: int = 0
    lines: tuple[Line, ...] = ()
    calls: tuple[Call, ...] = ()
    selected: str | None = None
    hook: Literal["on", "off"] = "on"
    speaker: bool = False
    muted: bool = False
    entry: str = ""
    collecting: bool = False
    send_at: float | None = None
    tone: str | None = None
    volumes: dict[str, int] = {}
    lamps: dict[str, LampPattern] = {}
    sound: Sound = Sound()
    voice: Literal["up", "down"] = "down"
    missed: int = 0
    last_dialled: str = ""
    notes: tuple[Note, ...] = ()

    def call(self, identifier: str | None) -> Call | None:
        """The call of that identifier, if there is one."""
        return next((call for call in self.calls if call.id == identifier), None)
