"""The demonstration's sound: the computer's own card, or a simulated one that speaks a recording."""

import wave
from array import array
from dataclasses import dataclass
from pathlib import Path

from tools.exchange.sounds import prompt

LONGEST_DELAY_MS = 1000
AFTER_MS, COMPARED_MS = 2000, 1500
"""What of the recording is looked for in what was heard: when it was said, the call stood."""

CERTAIN = 0.5
"""Correlation from which the two are taken to be the same."""


@dataclass(frozen=True, slots=True)
class Sound:
    """`device` is for `offhook run --audio`, `words` say what it is."""

    device: str
    words: str
    said: Path | None = None
    heard: Path | None = None
    """The files of a simulated card, for measuring."""

    @property
    def is_card(self) -> bool:
        """Whether a person hears and is heard."""
        return self.device == "portaudio"


def choose(folder: Path) -> Sound:
    """The card that there is; the files of a simulated one go to `folder`."""
    name, why = _card()
    if name:
        return Sound("portaudio", f"your sound card ({name})")
    said, heard = prompt(), folder / "heard.wav"
    if said is None:
        return Sound("null", f"the simulated card, which is silent ({why})")
    words = f"the simulated card, which speaks a recording in your place ({why})"
    return Sound(f"wav:{said},{heard}", words, said, heard)


def _card() -> tuple[str, str]:
    """The name of the card that would be opened, or "" and why there is none."""
    try:
        import pyaudio

        from firmware.media.devices.choice import candidates
        from firmware.media.devices.portaudio import list_cards, quiet_libraries
    except ImportError:
        return "", "PyAudio is not installed; `make setup` installs it"
    with quiet_libraries():
        library = pyaudio.PyAudio()
        try:
            pairs = candidates(list_cards(library), "", "duplex")
        finally:
            library.terminate()
    return (f"{pairs[0].driver}, {pairs[0].name}", "") if pairs else ("", "no sound card was found")


def delay_ms(said: Path, heard: Path) -> int | None:
    """How long after it was said the recording was heard, None if it was not. Raises OSError.

    Both begin at the same moment. Compared is how loud they are in each millisecond, less the average.
    """
    spoken, returned = _envelope(said), _envelope(heard)
    wanted = _centred(spoken[AFTER_MS : AFTER_MS + COMPARED_MS])
    best, best_at = 0.0, 0
    for at in range(LONGEST_DELAY_MS):
        window = returned[AFTER_MS + at : AFTER_MS + at + len(wanted)]
        if len(window) < len(wanted):
            break
        best, best_at = max((best, best_at), (_correlation(wanted, _centred(window)), at))
    return best_at if best >= CERTAIN else None


def _envelope(path: Path) -> list[int]:
    """The peak of each millisecond of a 16-bit mono WAV file."""
    with wave.open(str(path)) as file:
        width = file.getframerate() // 1000
        samples = array("h", file.readframes(width * (AFTER_MS + COMPARED_MS + LONGEST_DELAY_MS + 1)))
    return [max(map(abs, samples[at : at + width])) for at in range(0, len(samples) - width, width)]


def _centred(levels: list[int]) -> list[float]:
    mean = sum(levels) / max(len(levels), 1)
    return [level - mean for level in levels]


def _correlation(one: list[float], other: list[float]) -> float:
    """Pearson's, of sequences with mean 0."""
    products = sum(a * b for a, b in zip(one, other, strict=True))
    power = sum(a * a for a in one) * sum(b * b for b in other)
    return products / power**0.5 if power else 0.0
