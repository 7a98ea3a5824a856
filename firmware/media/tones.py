"""What the telephone itself has to say: the network's tones by country, the ringer, and DTMF.

A tone is worked out once, for a whole turn of its cadence, and then only copied block by block; `tone` and
`dtmf` are therefore called by whoever prepares it and not by the thread of the audio loop.
"""

import math
import re
import tomllib
from array import array
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from firmware.media import kernel

RATE = 16000
"""Hz, of everything in this file."""

LEVEL = 0.1
"""Peak of each frequency, of full scale: -23 dBov."""

FADE_MS = 4
"""Length of the ramps at either end of a segment, against clicks."""

ELSEWHERE = "itu"
"""The table for a country that has none of its own."""

DTMF = {
    key: (low, high)
    for low, keys in ((697, "123A"), (770, "456B"), (852, "789C"), (941, "*0#D"))
    for high, key in zip((1209, 1336, 1477, 1633), keys, strict=True)
}
"""Each key's low and high frequency in Hz (ITU-T Q.23)."""

_SEGMENT = re.compile(
    r"(?P<first>[0-9]{1,4})(?:(?P<how>[+*])(?P<second>[0-9]{1,4}))?+(?:/(?P<ms>[0-9]{2,5}))?+"
)


class Tones(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """One country's tones, each in the notation that tones.toml explains."""

    dial: str
    ringback: str
    busy: str
    congestion: str
    call_waiting: str


class Segment(NamedTuple):
    """One stretch of a tone: frequencies in Hz (none is silence), and for how long (None: for ever)."""

    frequencies: tuple[int, ...]
    modulated: bool
    ms: int | None


@cache
def countries() -> dict[str, Tones]:
    """Every country's tones, by ISO 3166 code in lower case."""
    text = Path(__file__).with_name("tones.toml").read_bytes()
    return msgspec.convert(tomllib.loads(text.decode()), dict[str, Tones])


def parse(notation: str) -> tuple[Segment, ...]:
    """The segments of a tone; ValueError if it is not in the notation."""
    return tuple(map(_segment, notation.split()))


def _segment(text: str) -> Segment:
    match = _SEGMENT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no segment of a tone")
    frequencies = tuple(int(match[name]) for name in ("first", "second") if match[name] not in (None, "0"))
    return Segment(frequencies, match["how"] == "*", int(match["ms"]) if match["ms"] else None)


class Sound:
    """PCM at 16 kHz that is heard from its beginning, once or over and over."""

    def __init__(self, pcm: bytes, *, repeats: bool) -> None:
        self._pcm, self._repeats, self._at = pcm, repeats, 0

    @property
    def over(self) -> bool:
        """Whether there is no more of it."""
        return not self._repeats and self._at >= len(self._pcm)

    def block(self, samples: int) -> bytes:
        """The next so many samples; silence after the end."""
        size = samples * 2
        block = self._pcm[self._at : self._at + size]
        self._at += size
        while len(block) < size and self._repeats:
            self._at = size - len(block)
            block += self._pcm[: self._at]
        return block if len(block) == size else block + bytes(size - len(block))


def tone(name: str, country: str) -> Sound:
    """`name` as tones.toml has it, or "ring"; KeyError for any other."""
    return Sound(_turn(name, country.lower()), repeats=True)


def dtmf(digits: str, duration_ms: int, gap_ms: int) -> Sound:
    """Keys as tones, one after the other; KeyError for what is no key."""
    gap = bytes(2 * RATE * gap_ms // 1000)
    keys = (_faded(_wave(DTMF[digit], False, RATE * duration_ms // 1000)) for digit in digits.upper())
    return Sound(b"".join(key + gap for key in keys), repeats=False)


@lru_cache(maxsize=16)
def _turn(name: str, country: str) -> bytes:
    table = countries().get(country) or countries()[ELSEWHERE]
    if name == "ring":
        return b"".join(_ring(segment) for segment in parse(table.ringback))
    notation = msgspec.structs.asdict(table)[name.replace("-", "_")]
    return b"".join(map(_render, parse(notation)))


def _render(segment: Segment) -> bytes:
    """A segment's PCM; one that goes on for ever is its shortest seamless stretch."""
    if not segment.frequencies:
        return bytes(2 * RATE * (segment.ms or 0) // 1000)
    seamless = RATE // math.gcd(RATE, *segment.frequencies)
    stretch = _wave(segment.frequencies, segment.modulated, seamless)
    return stretch if segment.ms is None else _faded(_tiled(stretch, segment.ms))


def _tiled(stretch: bytes, ms: int) -> bytes:
    size = 2 * RATE * ms // 1000
    return (stretch * (size // len(stretch) + 1))[:size]


def _wave(frequencies: tuple[int, ...], modulated: bool, samples: int) -> bytes:
    turns = [2 * math.pi * frequency / RATE for frequency in frequencies]
    peak = LEVEL * 32767
    if modulated:
        carrier, envelope = turns
        swell = ((1 + math.sin(envelope * at)) * math.sin(carrier * at) for at in range(samples))
        return array("h", (round(peak * value) for value in swell)).tobytes()
    sums = (sum(math.sin(turn * at) for turn in turns) for at in range(samples))
    return array("h", (round(peak * value) for value in sums)).tobytes()


def _faded(pcm: bytes) -> bytes:
    size = 2 * RATE * FADE_MS // 1000
    head, middle, tail = bytearray(pcm[:size]), pcm[size:-size], bytearray(pcm[-size:])
    kernel.gain(head, 0, 1)
    kernel.gain(tail, 1, 0)
    return bytes(head + middle + tail)


BELLS = (659, 880)
"""The ringer's two bells in Hz, a fourth apart."""

STRIKE_MS = 64
"""From one strike to the next, on the other bell."""

PARTIALS = ((1.0, 0.25, 20.0), (2.0, 0.12, 30.0), (3.0, 0.05, 45.0))
"""Of a struck bell: frequency ratio, peak of full scale, and decay a second."""


def _ring(segment: Segment) -> bytes:
    ms = segment.ms or 0
    return _tiled(_bells(), ms) if segment.frequencies else bytes(2 * RATE * ms // 1000)


@cache
def _bells() -> bytes:
    """One strike on each bell."""
    return b"".join(map(_strike, BELLS))


def _strike(frequency: int) -> bytes:
    samples = RATE * STRIKE_MS // 1000
    heard = (
        sum(
            peak * math.exp(-decay * at / RATE) * math.sin(2 * math.pi * ratio * frequency * at / RATE)
            for ratio, peak, decay in PARTIALS
        )
        for at in range(samples)
    )
    return _faded(array("h", (round(32767 * value) for value in heard)).tobytes())
