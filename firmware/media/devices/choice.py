"""Which sound card to open, and in which order to try them. Pure."""

from dataclasses import dataclass

from firmware.media.devices.base import Use


@dataclass(frozen=True, slots=True)
class Card:
    """One device as PortAudio lists it."""

    index: int
    name: str
    driver: str
    inputs: int
    outputs: int
    default: bool = False
    """Whether its driver names it as the one to use."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The devices to open together; `input` None for output only."""

    input: int | None
    output: int
    name: str
    driver: str
    channels: int
    """The same for both directions, as PyAudio has it: 2 where both can, else 1."""


def candidates(cards: list[Card], wanted: str, use: Use) -> list[Pair]:
    """What to try, best first: JACK, ALSA hardware, the sound servers behind ALSA, anything else.

    `wanted` is a part of a name, whatever its case. One card is taken for both directions, so that they share
    a clock; only where no card has both is a speaker paired with another card's microphone.
    """
    named = [card for card in cards if wanted.casefold() in card.name.casefold()]
    speakers = sorted((card for card in named if card.outputs), key=_rank)
    if use == "output":
        return [_pair(None, card) for card in speakers]
    whole = [_pair(card, card) for card in speakers if card.inputs]
    if whole:
        return whole
    microphones = sorted((card for card in named if card.inputs), key=_rank)
    return [
        _pair(microphone, speaker)
        for speaker in speakers
        for microphone in microphones
        if microphone.driver == speaker.driver
    ]


def _rank(card: Card) -> tuple[int, bool, int]:
    if "JACK" in card.driver:
        kind = 0
    elif "(hw:" in card.name:
        kind = 1
    elif card.name in ("pipewire", "pulse", "default"):
        kind = 2
    else:
        kind = 3
    return kind, not card.default, card.index


def _pair(microphone: Card | None, speaker: Card) -> Pair:
    both = speaker.outputs >= 2 and (microphone is None or microphone.inputs >= 2)
    index = None if microphone is None else microphone.index
    return Pair(index, speaker.index, speaker.name, speaker.driver, 2 if both else 1)
