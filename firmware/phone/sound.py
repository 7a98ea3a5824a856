"""What should be heard, as a pure function of the telephone's state; differences become requests."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from firmware.control import voice
from firmware.control.state import Call, Snapshot
from firmware.phone.words import failure_tone

Use = Literal["closed", "output", "duplex"]


@dataclass(frozen=True, slots=True)
class Sounding:
    """The sound card's use, the calls that are joined with ear and microphone, and both tones."""

    use: Use = "closed"
    calls: tuple[str, ...] = ()
    ear: str | None = None
    ringer: str | None = None


def sounding(now: Snapshot) -> Sounding:
    """What a telephone in this state sounds like. Capture is open off hook and hands-free, else never."""
    open_ = now.hook == "off" or now.speaker
    incoming = any(call.phase == "incoming" for call in now.calls)
    if not open_:
        return Sounding("output", ringer="ring") if incoming else Sounding()
    joined = tuple(call.id for call in now.calls if _joined(call))
    if joined:
        return Sounding("duplex", joined, ear="call-waiting" if incoming else None)
    return Sounding("duplex", ear=_tone_alone(now))


def _joined(call: Call) -> bool:
    return call.phase == "active" or (call.early_media and call.phase in ("calling", "ringing"))


def _tone_alone(now: Snapshot) -> str | None:
    """The tone for somebody who listens while no call is up."""
    call = now.call(now.selected)
    if call is not None and call.phase != "held":
        tones = {"ringing": "ringback", "failed": failure_tone(call.status), "ended": "congestion"}
        return tones.get(call.phase)
    return "dial" if now.collecting and not now.entry else None


class SoundControl:
    """Turns what should be heard into requests to voice, each sent only when it differs."""

    def __init__(self, country: str) -> None:
        self._country = country
        self._generation = 0
        self._told: dict[str, voice.Request] = {}
        self._requests: deque[voice.Request] = deque()

    def poll(self) -> voice.Request | None:
        """The next request for voice."""
        return self._requests.popleft() if self._requests else None

    def forget(self) -> None:
        """Voice was restarted: it has to be told everything again."""
        self._told.clear()

    def update(self, now: Snapshot, decibels: dict[str, float], stream_of: Callable[[str], str]) -> None:
        """Compare what should be heard with what voice was told. `decibels` by output, 0 is full."""
        wanted = sounding(now)
        streams = tuple(stream_of(call) for call in wanted.calls)
        for name, request in self._wanted(wanted, streams, now, decibels):
            if self._told.get(name) != request:
                self._told[name] = request
                self._generation += 1
                self._requests.append(_numbered(request, self._generation))

    def _wanted(
        self, wanted: Sounding, streams: tuple[str, ...], now: Snapshot, decibels: dict[str, float]
    ) -> Iterable[tuple[str, voice.Request]]:
        yield (
            "device",
            voice.Device(
                generation=0,
                use=wanted.use,
                muted=now.muted,
                volume_db=decibels["speaker" if now.speaker else "handset"],
                ringer_volume_db=decibels["ringer"],
            ),
        )
        yield "ear", voice.Tone(generation=0, tone=wanted.ear, country=self._country)
        yield (
            "ringer",
            voice.Tone(generation=0, tone=wanted.ringer, country=self._country, output="ringer"),
        )
        yield "mix", voice.Mix(generation=0, streams=streams)


def _numbered(request: voice.Request, generation: int) -> voice.Request:
    return msgspec.structs.replace(request, generation=generation)
