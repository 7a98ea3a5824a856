"""What the engine gives to the sound card: the voices of a call, tones, and the volume."""

from typing import Literal

from firmware.media import kernel
from firmware.media.kernel import Pcm
from firmware.media.mixer import Mixer
from firmware.media.pcm import BLOCK, RATE, SILENCE
from firmware.media.tones import Sound

Output = Literal["ear", "ringer"]


class Channel:
    """One output's tone and volume; both change without a click."""

    def __init__(self) -> None:
        self._sound: Sound | None = None
        self._leaving: Sound | None = None
        self._gain = 1.0
        self.gain = 1.0
        """The factor to come to within the next block."""

    @property
    def sounding(self) -> bool:
        """Whether `tone` has something to say."""
        return self._sound is not None or self._leaving is not None

    def play(self, sound: Sound | None) -> None:
        """Go over to another tone, or to none."""
        self._leaving, self._sound = self._sound, sound

    def tone(self) -> list[Pcm]:
        """The next block of each tone that is heard."""
        heard: list[Pcm] = []
        if self._leaving is not None:
            last = bytearray(self._leaving.block(BLOCK))
            kernel.gain(last, 1, 0)
            heard.append(last)
            self._leaving = None
        if self._sound is not None:
            heard.append(self._sound.block(BLOCK))
            if self._sound.over:
                self._sound = None
        return heard

    def amplify(self, pcm: Pcm) -> Pcm:
        """At the volume asked for."""
        if self._gain == self.gain == 1:
            return pcm
        loud = bytearray(pcm)
        kernel.gain(loud, self._gain, self.gain)
        self._gain = self.gain
        return loud


class Speaker:
    """Blocks for the card, at its rate."""

    def __init__(self, rate: int) -> None:
        self._resampler = kernel.Resampler(RATE, rate)
        self._mixer = Mixer()
        self._silence = bytes(len(SILENCE) * rate // RATE)
        self._was_quiet = True
        self.ear, self.ringer, self.keys = Channel(), Channel(), Channel()

    @property
    def sounding(self) -> bool:
        """Whether any tone is heard."""
        return self.ear.sounding or self.ringer.sounding or self.keys.sounding

    def block(self, heard: Pcm | None) -> bytes | bytearray:
        """What the card plays next; `heard` is the call, None while there is none."""
        if heard is None and not self.sounding:
            if self._was_quiet:
                return self._silence
            self._was_quiet = True  # once more, for what is left in the filter
            return self._resampler.process(SILENCE)
        self._was_quiet = False
        return self._resampler.process(self._mixed(heard))

    def _mixed(self, heard: Pcm | None) -> Pcm:
        near = [*self.ear.tone(), *self.keys.tone()]
        if heard is not None:
            near.append(heard)
        parts = [self.ear.amplify(near[0] if len(near) == 1 else self._mixer.join(near))] if near else []
        ringing = self.ringer.tone()
        if ringing:
            parts.append(self.ringer.amplify(self._mixer.join(ringing)))
        return parts[0] if len(parts) == 1 else self._mixer.join(parts)
