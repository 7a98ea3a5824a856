"""PCM for the tests of this folder, by numpy."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


def sine(frequency: float, seconds: float, rate: int, peak: float = 8000, phase: float = 0) -> Samples:
    at = np.arange(round(seconds * rate))
    return np.round(peak * np.sin(2 * np.pi * frequency * at / rate + phase)).astype(np.int16)


def noise(seconds: float, rate: int, peak: int = 3000, seed: int = 1) -> Samples:
    return np.random.default_rng(seed).integers(-peak, peak, round(seconds * rate)).astype(np.int16)


def samples(pcm: bytes | bytearray) -> Samples:
    return np.frombuffer(bytes(pcm), np.int16)


def power(pcm: NDArray[np.generic]) -> float:
    """Mean square, in dB of a sample of 1."""
    return float(10 * np.log10(np.mean(pcm.astype(float) ** 2) + 1e-9))


def spectrum_peaks(pcm: Samples, rate: int, floor_db: float = -20) -> list[int]:
    """The frequencies (to 5 Hz) of every spectral peak within `floor_db` of the highest."""
    bins = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    high = bins > bins.max() * 10 ** (floor_db / 20)
    tops = [i for i in range(1, len(bins) - 1) if high[i] and bins[i - 1] < bins[i] >= bins[i + 1]]
    return [5 * round(i * rate / len(pcm) / 5) for i in tops]


def delay(sent: Samples, heard: Samples) -> int:
    """By how many samples `heard` lags behind `sent`, at the peak of their cross-correlation."""
    size = 1 << (len(sent) + len(heard)).bit_length()
    product = np.fft.rfft(heard.astype(float), size) * np.conj(np.fft.rfft(sent.astype(float), size))
    return int(np.argmax(np.fft.irfft(product, size)[: len(heard)]))


def signal_to_noise(sent: Samples, heard: Samples) -> float:
    """In dB, of `heard` after it was lined up with `sent`; a second at the start is left out."""
    lag = delay(sent, heard)
    aligned = heard[lag:].astype(float)
    clean = sent[: len(aligned)].astype(float)
    aligned = aligned[: len(clean)]
    start = len(clean) // 4
    return power(clean[start:]) - power((aligned - clean)[start:])
