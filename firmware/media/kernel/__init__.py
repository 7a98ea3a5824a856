"""The C kernel, typed: PCM in, PCM out, all of it 16-bit mono in the machine's byte order.

A buffer is whatever holds whole samples as bytes; every result is a new `bytearray`. The interpreter's lock
is free while the kernel works. kernel.h says what each function does, kernel.c how.
"""

from firmware.media.kernel._kernel import ffi, lib

Pcm = bytes | bytearray | memoryview

SILENCE_DBOV: int = lib.SILENCE_DBOV
_SAMPLES = "int16_t[]"
_OCTETS = "uint8_t[]"


def ulaw_encode(pcm: Pcm) -> bytearray:
    """PCM to mu-law octets (ITU-T G.711)."""
    octets = bytearray(len(pcm) // 2)
    lib.ulaw_encode(ffi.from_buffer(_SAMPLES, pcm), len(octets), ffi.from_buffer(_OCTETS, octets))
    return octets


def ulaw_decode(octets: Pcm) -> bytearray:
    """Mu-law octets to PCM (ITU-T G.711)."""
    pcm = bytearray(len(octets) * 2)
    lib.ulaw_decode(ffi.from_buffer(_OCTETS, octets), len(octets), ffi.from_buffer(_SAMPLES, pcm))
    return pcm


def alaw_encode(pcm: Pcm) -> bytearray:
    """PCM to A-law octets (ITU-T G.711)."""
    octets = bytearray(len(pcm) // 2)
    lib.alaw_encode(ffi.from_buffer(_SAMPLES, pcm), len(octets), ffi.from_buffer(_OCTETS, octets))
    return octets


def alaw_decode(octets: Pcm) -> bytearray:
    """A-law octets to PCM (ITU-T G.711)."""
    pcm = bytearray(len(octets) * 2)
    lib.alaw_decode(ffi.from_buffer(_OCTETS, octets), len(octets), ffi.from_buffer(_SAMPLES, pcm))
    return pcm


def level(pcm: Pcm) -> float:
    """The block's power in dBov (RFC 6464): 0 is a full-scale square wave, SILENCE_DBOV is all zero."""
    return float(lib.level(ffi.from_buffer(_SAMPLES, pcm), len(pcm) // 2))


def gain(pcm: bytearray, start: float, end: float) -> None:
    """Multiplies in place, saturating, by a factor that moves evenly from `start` to `end`."""
    lib.gain(ffi.from_buffer(_SAMPLES, pcm), len(pcm) // 2, start, end)


def accelerate(pcm: Pcm, rate: int) -> bytearray:
    """The same speech without one pitch period (2.5 to 15 ms), or as it was if it has no clear period."""
    out = bytearray(len(pcm))
    samples = lib.accelerate(
        ffi.from_buffer(_SAMPLES, pcm), len(pcm) // 2, rate, ffi.from_buffer(_SAMPLES, out)
    )
    del out[samples * 2 :]
    return out


def expand(pcm: Pcm, rate: int) -> bytearray:
    """The same speech with one pitch period said twice, or as it was if it has no clear period."""
    out = bytearray(len(pcm) * 3 // 2 + 2)
    samples = lib.expand(ffi.from_buffer(_SAMPLES, pcm), len(pcm) // 2, rate, ffi.from_buffer(_SAMPLES, out))
    del out[samples * 2 :]
    return out


class Resampler:
    """Changes the rate of one stream by a factor of 2, 3 or 6; ValueError for any other.

    `delay` is the filter's in seconds: 1.0 ms between 48 and 16 kHz, 1.4 ms between 8 and 16 or 48 kHz.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self._state = ffi.new("resampler *")
        samples = lib.resampler_start(self._state, from_rate, to_rate)
        if samples < 0:
            raise ValueError(f"no resampling from {from_rate} to {to_rate} Hz")
        self._from, self._to = from_rate, to_rate
        self.delay: float = samples / max(from_rate, to_rate)

    def process(self, pcm: Pcm) -> bytearray:
        """The next stretch of the stream; when the rate falls, of whole multiples of the factor."""
        out = bytearray(len(pcm) * self._to // self._from)
        lib.resample(
            self._state, ffi.from_buffer(_SAMPLES, pcm), len(pcm) // 2, ffi.from_buffer(_SAMPLES, out)
        )
        return out


class Concealer:
    """Fills in for lost frames of one stream of PCM at `rate` Hz: 8000 or 16000, ValueError for any other."""

    def __init__(self, rate: int) -> None:
        if rate not in (8000, 16000):
            raise ValueError(f"no concealment at {rate} Hz")
        self._state = ffi.new("concealer *")
        lib.concealer_start(self._state, rate)

    def heard(self, pcm: bytearray) -> None:
        """A frame that did arrive; after a loss its beginning is cross-faded, in place."""
        lib.concealer_heard(self._state, ffi.from_buffer(_SAMPLES, pcm), len(pcm) // 2)

    def conceal(self, samples: int) -> bytearray:
        """So many samples in place of what was lost: pitch periods over again, faded away by 60 ms."""
        out = bytearray(samples * 2)
        lib.conceal(self._state, samples, ffi.from_buffer(_SAMPLES, out))
        return out


class Sum:
    """Blocks of equal length added up without loss, until they are taken out saturated."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._total = ffi.new("int32_t[]", samples)

    def clear(self) -> None:
        """Back to silence."""
        ffi.memmove(self._total, bytes(self._samples * 4), self._samples * 4)

    def add(self, pcm: Pcm) -> None:
        """One voice more; ValueError if it is of another length."""
        self._check(pcm)
        lib.mix_add(self._total, ffi.from_buffer(_SAMPLES, pcm), self._samples)

    def out(self, without: Pcm | None = None) -> bytearray:
        """All voices, but for `without`, which was added; ValueError if it is of another length."""
        if without is not None:
            self._check(without)
        pcm = bytearray(self._samples * 2)
        left_out = ffi.NULL if without is None else ffi.from_buffer(_SAMPLES, without)
        lib.mix_out(self._total, left_out, self._samples, ffi.from_buffer(_SAMPLES, pcm))
        return pcm

    def _check(self, pcm: Pcm) -> None:
        if len(pcm) != self._samples * 2:
            raise ValueError("a block of another length")
