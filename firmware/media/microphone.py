"""What the engine takes from the sound card."""

from firmware.media import kernel
from firmware.media.kernel import Pcm
from firmware.media.pcm import RATE, SILENCE


class Microphone:
    """Blocks captured at the card's rate, brought to the engine's; silence where nothing may be heard."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._resampler = kernel.Resampler(rate, RATE)
        self.muted = False
        """Set from any thread; from the next block on nothing captured leaves, whatever else happens."""

    def block(self, capture: Pcm | None) -> Pcm:
        """The block that streams get to hear; `capture` is None while the card does not record."""
        if capture is None or self.muted:
            return SILENCE
        return self._resampler.process(capture)
