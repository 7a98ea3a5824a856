"""Payload types: which number means which codec (RFC 8866 section 6.6, RFC 3551 section 6, RFC 3264)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from firmware.sdp.description import Attribute, MediaDescription
from firmware.sdp.errors import NotAcceptable, SdpError
from firmware.sdp.grammar import TOKEN, number

Encoding = tuple[str, int, int]
"""What identifies a codec: its name in upper case, RTP clock rate in Hz and number of channels."""

TELEPHONE_EVENT: Final = "TELEPHONE-EVENT"
_LAST_PAYLOAD_TYPE: Final = 127
_DYNAMIC: Final = range(96, 128)
_LAST_CLOCK_RATE: Final = 768_000
_LAST_CHANNELS: Final = 24

STATIC: Final[dict[int, Encoding]] = {
    0: ("PCMU", 8000, 1),
    3: ("GSM", 8000, 1),
    4: ("G723", 8000, 1),
    5: ("DVI4", 8000, 1),
    6: ("DVI4", 16000, 1),
    7: ("LPC", 8000, 1),
    8: ("PCMA", 8000, 1),
    9: (
        "G722",
        8000,
        1,
    ),  # samples at 16 kHz, but a clock of 8 kHz by an old mistake (RFC 3551 section 4.5.2)
    10: ("L16", 44100, 2),
    11: ("L16", 44100, 1),
    12: ("QCELP", 8000, 1),
    13: ("CN", 8000, 1),
    14: ("MPA", 90000, 1),
    15: ("G728", 8000, 1),
    16: ("DVI4", 11025, 1),
    17: ("DVI4", 22050, 1),
    18: ("G729", 8000, 1),
}
"""The audio types of RFC 3551 table 4, which need no rtpmap."""

# rtpmap-value = payload-type SP encoding-name "/" clock-rate [ "/" encoding-params ]
_RTPMAP: Final = re.compile(rf"([0-9]++) ++({TOKEN})/([0-9]++)(?:/([0-9]++))? *+")


@dataclass(frozen=True, slots=True)
class PayloadFormat:
    """A codec under its number, as negotiated: `clock_rate` in Hz, `fmtp` as the peer wrote it."""

    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1
    fmtp: str = ""

    @property
    def encoding(self) -> Encoding:
        """What the number stands for."""
        return self.name.upper(), self.clock_rate, self.channels

    def attributes(self) -> Iterator[Attribute]:
        """The rtpmap and fmtp lines."""
        channels = f"/{self.channels}" if self.channels != 1 else ""
        yield Attribute("rtpmap", f"{self.payload_type} {self.name}/{self.clock_rate}{channels}")
        if self.fmtp:
            yield Attribute("fmtp", f"{self.payload_type} {self.fmtp}")


@dataclass(frozen=True, slots=True)
class CodecOffer:
    """A codec that we can do; `payload_type` is its static number, None for a dynamic one."""

    name: str
    clock_rate: int
    channels: int = 1
    fmtp: str = ""
    payload_type: int | None = None

    @property
    def encoding(self) -> Encoding:
        """What a peer has to offer or answer so as to mean this codec."""
        return self.name.upper(), self.clock_rate, self.channels

    def numbered(self, payload_type: int) -> PayloadFormat:
        """This codec under a number, with our own parameters."""
        return PayloadFormat(payload_type, self.name, self.clock_rate, self.channels, self.fmtp)


def telephone_event(clock_rate: int) -> CodecOffer:
    """Key presses at the clock of a codec: digits, `*`, `#`, A to D and flash (RFC 4733 section 2.5.1)."""
    return CodecOffer("telephone-event", clock_rate, fmtp="0-16")


def formats_of(media: MediaDescription, known: Iterable[PayloadFormat] = ()) -> tuple[PayloadFormat, ...]:
    """The formats of an `m=` that say what they are, in its order; one without a readable rtpmap is left out.

    `known` are those of the offer that `media` answers: some telephones do not repeat what a number means.
    """
    names = dict(STATIC) | {one.payload_type: one.encoding for one in known} | dict(_rtpmaps(media))
    parameters = dict(reversed([_split_fmtp(value) for value in media.values("fmtp")]))
    numbers = dict.fromkeys(text for text in media.formats if _is_payload_type(text))
    return tuple(
        PayloadFormat(int(text), *names[int(text)], parameters.get(text, ""))
        for text in numbers
        if int(text) in names
    )


def _is_payload_type(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= _LAST_PAYLOAD_TYPE


def _rtpmaps(media: MediaDescription) -> Iterator[tuple[int, Encoding]]:
    for value in reversed(media.values("rtpmap")):
        if not (match := _RTPMAP.fullmatch(value)):
            continue
        payload_type, name, clock_rate, channels = match.groups(default="1")
        try:
            encoding = name.upper(), number(clock_rate, _LAST_CLOCK_RATE), number(channels, _LAST_CHANNELS)
            yield number(payload_type, _LAST_PAYLOAD_TYPE), encoding
        except SdpError:
            continue


def _split_fmtp(value: str) -> tuple[str, str]:
    payload_type, _, parameters = value.partition(" ")
    return payload_type, parameters.strip(" ")


class PayloadNumbers:
    """Numbers of one session: what a number once meant it means until the end (RFC 3264 section 8.3.2)."""

    def __init__(self) -> None:
        self._numbers: dict[Encoding, int] = {}
        self._taken: set[int] = set(STATIC)

    def learn(self, formats: Iterable[PayloadFormat]) -> None:
        """Take over the numbers that the peer offered."""
        for one in formats:
            self._taken.add(one.payload_type)
            self._numbers.setdefault(one.encoding, one.payload_type)

    def give(self, codec: CodecOffer) -> PayloadFormat:
        """`codec` under the number it has in this session, or under a new one. Raises `NotAcceptable`."""
        if codec.encoding not in self._numbers:
            self._numbers[codec.encoding] = self._choose(codec)
        return codec.numbered(self._numbers[codec.encoding])

    def copy(self) -> "PayloadNumbers":
        """The same numbers, to go on separately."""
        twin = PayloadNumbers()
        twin._numbers, twin._taken = dict(self._numbers), set(self._taken)
        return twin

    def _choose(self, codec: CodecOffer) -> int:
        if codec.payload_type is not None:
            return codec.payload_type
        start = 101 if codec.encoding[0] == TELEPHONE_EVENT else 96  # the number most gateways expect
        for free in chain(range(start, 128), _DYNAMIC):
            if free not in self._taken:
                self._taken.add(free)
                return free
        raise NotAcceptable("no payload type is left for another codec", 305)
