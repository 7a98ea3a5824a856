"""The bridge between the microphone, the ear and the streams of a call or conference."""

from collections.abc import Sequence

from firmware.media import kernel
from firmware.media.kernel import Pcm
from firmware.media.pcm import BLOCK, SILENCE


class Mixer:
    """Gives each party the sum of all the others, saturated only at the end."""

    def __init__(self) -> None:
        self._sum = kernel.Sum(BLOCK)

    def bridge(self, voices: Sequence[Pcm]) -> list[Pcm]:
        """A block of each party's voice in; what each of them hears, in the same order, out."""
        if len(voices) == 1:
            return [SILENCE]
        if len(voices) == 2:
            return [voices[1], voices[0]]
        self._add(voices)
        return [self._sum.out(without=voice) for voice in voices]

    def join(self, voices: Sequence[Pcm]) -> bytearray:
        """The sum of all, as one listener hears it."""
        self._add(voices)
        return self._sum.out()

    def _add(self, voices: Sequence[Pcm]) -> None:
        self._sum.clear()
        for voice in voices:
            self._sum.add(voice)
