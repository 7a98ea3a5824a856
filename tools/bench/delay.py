"""Mouth to ear: chirps sent to a phone whose loudspeaker feeds its microphone, found again on their return.

A packet that arrives at the phone is heard R later, and what is said at that moment comes back in a packet
that is complete P later. R and P in a row are what a voice takes from one mouth to another ear, less the
network; so a looped phone's delay, from the first sample of the packet sent to the same sample in the packet
that returns, is one mouth-to-ear delay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import chirp, fftconvolve

from firmware.media.codecs import Codec, find
from firmware.media.devices.base import RATE as CARD_RATE
from firmware.media.kernel import Resampler
from firmware.media.pcm import RATE as ENGINE_RATE
from tools.bench.talker import PACKET_SECONDS, Talk

Sound = NDArray[np.float64]

CHIRP_SECONDS = 0.06
CHIRP_EVERY = 1.0
"""Seconds; longer than any delay that is looked for."""
LONGEST_DELAY = 0.9
SETTLING = 5.0
"""Seconds at the beginning that do not count: jitter buffers learn."""
LEVEL = 8000.0
NOISE = 20.0
"""A faint noise, so that no codec takes the pauses for silence that need not be sent."""
PTIME_MS = 20


@dataclass(frozen=True, slots=True)
class Signal:
    """What is sent: the payloads, and where each chirp begins, in samples."""

    codec: Codec
    payloads: tuple[bytes, ...]
    starts: tuple[int, ...]
    own_delay: float
    """Seconds that the codec itself takes, from PCM to PCM."""

    @property
    def duration(self) -> int:
        """Of a packet, in RTP timestamp units."""
        return self.codec.clock_rate * PTIME_MS // 1000


def resampling(codec: Codec) -> float:
    """Seconds that our filters take from card to codec and back; the other items are on the line."""
    steps = [(CARD_RATE, ENGINE_RATE), (ENGINE_RATE, CARD_RATE)]
    if codec.sample_rate != ENGINE_RATE:
        steps += [(ENGINE_RATE, codec.sample_rate), (codec.sample_rate, ENGINE_RATE)]
    return sum(Resampler(*step).delay for step in steps)


def one_chirp(rate: int) -> Sound:
    """A sweep through the telephone band that begins and ends softly."""
    times = np.arange(round(CHIRP_SECONDS * rate)) / rate
    sweep: Sound = chirp(times, 300.0, CHIRP_SECONDS, 3000.0) * np.hanning(len(times)) * LEVEL
    return sweep


def signal(codec_name: str, seconds: float, seed: int) -> Signal:
    """Chirps in faint noise, encoded."""
    codec = find(codec_name)
    if codec is None:
        raise LookupError(f"this machine has no {codec_name}")
    rate = codec.sample_rate
    sound = np.random.default_rng(seed).normal(0, NOISE, round(seconds * rate))
    sweep = one_chirp(rate)
    starts = tuple(range(0, len(sound) - len(sweep), round(CHIRP_EVERY * rate)))
    for start in starts:
        sound[start : start + len(sweep)] += sweep
    payloads = encoded(codec, sound)
    decoded = decode(codec, payloads)
    found = best(correlation(decoded, rate), 0, rate // 2)
    return Signal(codec, payloads, starts, found / rate)


def encoded(codec: Codec, sound: Sound) -> tuple[bytes, ...]:
    """One payload for each packet time."""
    encoder = codec.encoder(PTIME_MS)
    pcm = np.clip(sound, -32768, 32767).astype("<i2").tobytes()
    size = 2 * codec.sample_rate * PTIME_MS // 1000
    return tuple(encoder.encode(pcm[at : at + size]) for at in range(0, len(pcm) - size + 1, size))


def decode(codec: Codec, payloads: Sequence[bytes]) -> Sound:
    """The sound of consecutive payloads."""
    decoder = codec.decoder()
    return np.frombuffer(b"".join(decoder.decode(payload) for payload in payloads), "<i2").astype(float)


def correlation(sound: Sound, rate: int) -> Sound:
    """How alike the sound from each sample on is to the chirp."""
    likeness: Sound = fftconvolve(sound, one_chirp(rate)[::-1])[round(CHIRP_SECONDS * rate) - 1 :]
    return likeness


def best(likeness: Sound, first: int, last: int) -> int:
    """The sample between two at which a chirp begins."""
    return first + int(np.argmax(likeness[first:last]))


def delays(signal: Signal, talk: Talk) -> list[float]:
    """Seconds of delay of each chirp that came back, without those sent while the phone settled."""
    if not talk.arrivals:
        return []
    codec, rate = signal.codec, signal.codec.sample_rate
    arrivals = sorted(talk.arrivals, key=lambda arrival: arrival.at)
    likeness = correlation(decode(codec, [arrival.packet.payload for arrival in arrivals]), rate)
    length = round(PACKET_SECONDS * rate)
    times = np.array([arrival.at for arrival in arrivals])
    found: list[float] = []
    for start in signal.starts:
        said = talk.sent[start // length] + start % length / rate
        first, last = np.searchsorted(times, [said, said + LONGEST_DELAY])
        if start < SETTLING * rate or last >= len(times) or first == last:
            continue
        at = best(likeness, first * length, last * length)
        heard = times[at // length] + at % length / rate
        found.append(float(heard - said - signal.own_delay))
    return found
