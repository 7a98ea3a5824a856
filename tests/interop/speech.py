"""Real speech to say into a call, and measures of what came out at the other end.

The speech is that of Asterisk's English prompts, from the system's packages; nothing of it is kept here.
Samples are int16 arrays, mono, normalised to one active level.
"""

import wave
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from G722 import G722
from numpy.typing import NDArray
from pesq import pesq
from scipy.signal import fftconvolve, resample_poly

Samples: TypeAlias = NDArray[np.int16]

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
PROMPT = "demo-instruct"  # 73 s of sentences
LEVEL_DBOV = -26.0
BLOCK_MS = 10
SILENCE_DBOV = -50.0


@cache
def _prompt(sample_rate: int) -> Samples:
    """The whole prompt; 8 kHz is its own recording, higher rates come from the 16 kHz one."""
    if sample_rate == 8000:
        samples, _ = read_wav(PROMPTS / f"{PROMPT}.wav")
    else:
        coded = (PROMPTS / f"{PROMPT}.g722").read_bytes()
        samples = np.array(G722(16000, 64000).decode(coded), np.int16)
        samples = resample(samples, 16000, sample_rate)
    active = np.abs(samples.astype(np.int32)) > 300
    gain = 32768 * 10 ** (LEVEL_DBOV / 20) / np.sqrt(np.mean(np.square(samples[active].astype(float))))
    return np.clip(samples * gain, -32768, 32767).astype(np.int16)


def samples(seconds: float, sample_rate: int, *, start: float = 0.0) -> Samples:
    """Real speech, from `start` seconds into it; repeated when it is shorter than asked for."""
    first = round(start * sample_rate)
    return np.resize(np.roll(_prompt(sample_rate), -first), round(seconds * sample_rate))


def padded(says: Samples, seconds: float, sample_rate: int) -> Samples:
    """Speech followed by silence up to `seconds`."""
    missing = max(0, round(seconds * sample_rate) - len(says))
    return np.concatenate([says, np.zeros(missing, np.int16)])


def resample(says: Samples, rate: int, wanted_rate: int) -> Samples:
    if rate == wanted_rate:
        return says
    return np.clip(resample_poly(says.astype(float), wanted_rate, rate), -32768, 32767).astype(np.int16)


def read_wav(path: Path) -> tuple[Samples, int]:
    """The samples (channels averaged) and the sample rate of a 16-bit WAV file.

    A program that is still writing, or was ended, leaves the length in the header at 0; what is there counts.
    """
    data = path.read_bytes()
    with wave.open(str(path)) as file:
        rate, channels = file.getframerate(), file.getnchannels()
    interleaved = np.frombuffer(data[data.index(b"data") + 8 :][: len(data) // 2 * 2], "<i2")
    frames = interleaved[: len(interleaved) // channels * channels].reshape(-1, channels)
    return frames.mean(axis=1).astype(np.int16), rate


def write_wav(path: Path, says: Samples, sample_rate: int, channels: int = 1) -> None:
    """Writes 16-bit PCM, the same on each channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.repeat(says.astype("<i2"), channels).tobytes())


def delay(sent: Samples, heard: Samples, sample_rate: int) -> float:
    """How many seconds later (or earlier, negative) `heard` has what is at the start of `sent`."""
    correlation = fftconvolve(heard.astype(float), sent[::-1].astype(float))
    return float(np.argmax(correlation) - (len(sent) - 1)) / sample_rate


def aligned(sent: Samples, heard: Samples, sample_rate: int) -> tuple[Samples, Samples]:
    """Both from the same spoken moment on, equally long."""
    shift = round(delay(sent, heard, sample_rate) * sample_rate)
    sent, heard = sent[max(0, -shift) :], heard[max(0, shift) :]
    length = min(len(sent), len(heard))
    return sent[:length], heard[:length]


def pesq_nb(sent: Samples, heard: Samples, sample_rate: int) -> float:
    """P.862 (MOS-LQO, P.862.1) at 8 kHz, 1 to 4.5. A scale of its own: not comparable with `pesq_wb`."""
    pair = aligned(resample(sent, sample_rate, 8000), resample(heard, sample_rate, 8000), 8000)
    return float(pesq(8000, *pair, "nb"))


def pesq_wb(sent: Samples, heard: Samples, sample_rate: int) -> float:
    """P.862.2 at 16 kHz, 1 to 4.6."""
    pair = aligned(resample(sent, sample_rate, 16000), resample(heard, sample_rate, 16000), 16000)
    return float(pesq(16000, *pair, "wb"))


def loud(says: Samples, sample_rate: int) -> NDArray[np.bool_]:
    """For each block of 10 ms whether there is sound in it."""
    block = sample_rate * BLOCK_MS // 1000
    blocks = says[: len(says) // block * block].reshape(-1, block).astype(float)
    threshold = 32768 * 10 ** (SILENCE_DBOV / 20)
    return np.sqrt(np.mean(np.square(blocks), axis=1)) > threshold


def longest_gap(sent: Samples, heard: Samples, sample_rate: int) -> float:
    """The longest time in seconds in which `heard` is silent although `sent` is not, after alignment."""
    sent, heard = aligned(sent, heard, sample_rate)
    missing = loud(sent, sample_rate) & ~loud(heard, sample_rate)
    longest = current = 0
    for block_is_missing in missing:
        current = current + 1 if block_is_missing else 0
        longest = max(longest, current)
    return longest * BLOCK_MS / 1000
