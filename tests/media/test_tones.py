"""Tones: the right frequencies at the right times, seamless however they are cut, and data that is sound."""

import numpy as np
import pytest

from firmware.media import tones
from tests.media.pcm import Samples, power, samples, spectrum_peaks

NAMES = ["dial", "ringback", "busy", "congestion", "call-waiting", "ring"]


def heard(sound: tones.Sound, seconds: float, block: int = 160) -> Samples:
    return samples(b"".join(sound.block(block) for _ in range(round(seconds * tones.RATE / block))))


def cadence(pcm: Samples) -> list[int]:
    """Milliseconds of sound and silence in turn, to 5 ms, beginning with sound."""
    loud = [bool(part.any()) for part in np.split(pcm, len(pcm) // 80)]
    changes = [i for i in range(1, len(loud)) if loud[i] != loud[i - 1]]
    return [5 * (b - a) for a, b in zip([0, *changes], changes, strict=False)]


@pytest.mark.parametrize(
    ("country", "name", "frequencies", "times"),
    [
        ("us", "dial", [350, 440], []),
        ("us", "ringback", [440, 480], [2000, 4000, 2000]),
        ("us", "busy", [480, 620], [500, 500, 500]),
        ("gb", "dial", [350, 440], []),
        ("gb", "ringback", [400, 450], [400, 200, 400, 2000, 400]),
        ("GB", "busy", [400], [375, 375, 375]),
        ("de", "dial", [425], []),
        ("de", "busy", [425], [480, 480, 480]),
        ("fr", "dial", [440], []),
        ("it", "dial", [425], [200, 200, 600, 1000, 200]),
        ("es", "congestion", [425], [200, 200, 200, 200, 200, 600, 200]),
        ("nl", "call-waiting", [425], [500, 9500, 500]),
        ("au", "dial", [415, 440], []),
        ("jp", "ringback", [385, 400, 415], [1000, 2000, 1000]),
    ],
)
def test_frequencies_and_cadence(country: str, name: str, frequencies: list[int], times: list[int]):
    pcm = heard(tones.tone(name, country), sum(times) / 1000 + 0.2 if times else 2)
    first = times[0] / 1000 if times else 2
    assert spectrum_peaks(pcm[: round(first * tones.RATE)], tones.RATE) == frequencies
    assert all(abs(a - b) <= 5 for a, b in zip(cadence(pcm), times, strict=True))


@pytest.mark.parametrize("country", tones.countries())
@pytest.mark.parametrize("name", NAMES)
def test_every_countrys_every_tone_is_sound_and_not_too_loud(country: str, name: str):
    pcm = heard(tones.tone(name, country), 0.2)
    assert pcm.any()
    assert np.abs(pcm.astype(int)).max() < 0.5 * 32767


def test_an_unknown_country_has_the_recommendations_tones():
    assert heard(tones.tone("dial", "xx"), 0.1).tobytes() == heard(tones.tone("dial", "itu"), 0.1).tobytes()


def test_an_unknown_tone_is_a_key_error():
    with pytest.raises(KeyError):
        tones.tone("siren", "us")


def test_a_tone_is_the_same_however_it_is_cut():
    whole = heard(tones.tone("ringback", "gb"), 7, 16000)
    for block in (80, 160, 333):
        assert heard(tones.tone("ringback", "gb"), 6, block).tobytes() in whole.tobytes()


def test_a_tone_that_goes_on_for_ever_has_no_seam():
    """Three seconds of dial tone are one sum of sines, to rounding."""
    pcm = heard(tones.tone("dial", "us"), 3)
    at = np.arange(len(pcm)) / tones.RATE
    true = 0.1 * 32767 * (np.sin(2 * np.pi * 350 * at) + np.sin(2 * np.pi * 440 * at))
    assert np.abs(pcm - true).max() <= 1


def test_segments_begin_and_end_without_a_click():
    pcm = heard(tones.tone("busy", "de"), 2).astype(int)
    steepest = 2 * np.pi * 425 / tones.RATE * 0.1 * 32767
    assert np.abs(np.diff(pcm)).max() <= steepest + 2


def test_the_ringer_rings_its_two_bells_in_the_cadence_of_the_country():
    pcm = heard(tones.tone("ring", "us"), 6.5)
    strike = round(tones.RATE * tones.STRIKE_MS / 1000)
    for bell, part in zip(tones.BELLS, np.split(pcm[: 2 * strike], 2), strict=True):
        assert np.argmax(np.abs(np.fft.rfft(part, tones.RATE))) == pytest.approx(bell, abs=5)
    assert power(pcm[32100:95000]) < -80
    assert power(pcm[:32000]) > 60
    assert power(pcm[96100:]) > 60


@pytest.mark.parametrize("digit", "0123456789*#ABCD")
def test_dtmf_is_two_frequencies_and_then_the_gap(digit: str):
    sound = tones.dtmf(digit, 100, 60)
    pcm = heard(sound, 0.1)
    bins = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm)), 16000))
    low, high = (int(np.argmax(bins[start:stop])) + start for start, stop in ((600, 1000), (1100, 1700)))
    assert abs(low - tones.DTMF[digit][0]) <= 2
    assert abs(high - tones.DTMF[digit][1]) <= 2
    assert not sound.over
    assert not heard(sound, 0.06).any()
    assert sound.over
    assert not heard(sound, 0.05).any()


@pytest.mark.parametrize("notation", ["350+", "x", "350/5", "1+2+3/100", "350 /100", "-1/100", "٣٥٠/100"])
def test_what_is_not_in_the_notation_is_refused(notation: str):
    with pytest.raises(ValueError, match="segment"):
        tones.parse(notation)
