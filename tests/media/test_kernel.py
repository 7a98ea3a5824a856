"""The kernel against references written the slow way: G.711 by its tables of decision values, filters and
mixing in numpy, concealment and time scale by what they must do to a wave whose continuation is known."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from firmware.media import kernel
from tests.media.pcm import Samples, noise, power, samples, sine

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)
EVERY_OCTET = bytes(range(256))


def ulaw_values() -> list[int]:
    """G.711 table 2a: quantised values by character signal, magnitudes 0 to 8031 in 14-bit units."""
    return [((2 * step + 33) << segment) - 33 for segment in range(8) for step in range(16)]


def alaw_values() -> list[int]:
    """G.711 table 1a: quantised values in 13-bit units, at twice their size so as to be whole."""
    first = [2 * step + 1 for step in range(16)]
    return first + [(2 * step + 33) << (segment - 1) for segment in range(1, 8) for step in range(16)]


def ulaw_decisions() -> list[int]:
    """G.711 table 2a: decision values x1 to x127, 1 to 7903 in 14-bit units."""
    return [((2 * step + 32) << segment) - 33 for segment in range(8) for step in range(16)][1:]


def alaw_decisions() -> list[int]:
    """G.711 table 1a: decision values x1 to x127, 2 to 3968 in 13-bit units."""
    first = [2 * step for step in range(16)]
    return [*first, *((2 * step + 32) << (segment - 1) for segment in range(1, 8) for step in range(16))][1:]


def codes_of(decisions: list[int], samples_per_unit: int) -> NDArray[np.int64]:
    """For every sample there is, the number of the interval that holds its magnitude."""
    wide = EVERY_SAMPLE.astype(np.int64)
    scaled = [value * samples_per_unit for value in decisions]
    return np.searchsorted(scaled, np.where(wide < 0, ~wide, wide), side="right")


def test_ulaw_decodes_every_octet_to_the_value_of_table_2():
    expected = [value * 4 for value in ulaw_values()]
    decoded = samples(kernel.ulaw_decode(EVERY_OCTET))
    assert [decoded[0xFF - code] for code in range(128)] == expected
    assert [decoded[0x7F - code] for code in range(128)] == [-value for value in expected]


def test_alaw_decodes_every_octet_to_the_value_of_table_1():
    expected = [value * 8 for value in alaw_values()]
    decoded = samples(kernel.alaw_decode(EVERY_OCTET))
    assert [decoded[(0x80 | code) ^ 0x55] for code in range(128)] == expected
    assert [decoded[code ^ 0x55] for code in range(128)] == [-value for value in expected]


def test_ulaw_encodes_every_sample_into_its_decision_interval():
    expected = ~(np.where(EVERY_SAMPLE < 0, 0x80, 0) | codes_of(ulaw_decisions(), 4)) & 0xFF
    assert kernel.ulaw_encode(EVERY_SAMPLE.tobytes()) == bytes(expected.astype(np.uint8))


def test_alaw_encodes_every_sample_into_its_decision_interval():
    expected = (np.where(EVERY_SAMPLE < 0, 0, 0x80) | codes_of(alaw_decisions(), 8)) ^ 0x55
    assert kernel.alaw_encode(EVERY_SAMPLE.tobytes()) == bytes(expected.astype(np.uint8))


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_every_octet_survives_decoding_and_encoding(law: str):
    decoded = getattr(kernel, f"{law}_decode")(EVERY_OCTET)
    encoded = getattr(kernel, f"{law}_encode")(decoded)
    negative_zero = {"ulaw": {0x7F: 0xFF}, "alaw": {}}[law]
    assert [negative_zero.get(octet, octet) for octet in EVERY_OCTET] == list(encoded)


def test_level_of_full_scale_square_sine_and_silence():
    square = np.tile(np.array([32767, -32767], np.int16), 80)
    assert kernel.level(square.tobytes()) == pytest.approx(0, abs=0.01)
    assert kernel.level(sine(1000, 0.1, 16000, 32767).tobytes()) == pytest.approx(-3.01, abs=0.01)
    assert kernel.level(bytes(320)) == kernel.SILENCE_DBOV


def test_gain_moves_evenly_and_saturates():
    block = noise(0.01, 16000, 30000)
    pcm = bytearray(block.tobytes())
    kernel.gain(pcm, 0, 2)
    ramp = 2 * np.arange(160) / 160
    expected = np.clip(np.trunc(block * ramp), -32768, 32767).astype(np.int16)
    assert np.abs(samples(pcm).astype(int) - expected).max() <= 1
    assert samples(pcm).max() == 32767


def test_sum_leaves_out_one_voice_exactly_even_when_all_would_saturate():
    voices = [noise(0.01, 16000, 32767, seed) for seed in range(3)]
    mixed = kernel.Sum(160)
    for _ in range(2):  # a second turn after clearing
        mixed.clear()
        for voice in voices:
            mixed.add(voice.tobytes())
    total = sum(voice.astype(np.int32) for voice in voices)
    assert bytes(mixed.out()) == np.clip(total, -32768, 32767).astype(np.int16).tobytes()
    without = np.clip(total - voices[1], -32768, 32767).astype(np.int16)
    assert bytes(mixed.out(voices[1].tobytes())) == without.tobytes()


# Resampling

PAIRS = [(48000, 16000), (48000, 8000), (16000, 8000), (16000, 48000), (8000, 48000), (8000, 16000)]


def design(factor: int) -> NDArray[np.float64]:
    length = {2: 48, 3: 96, 6: 144}[factor]
    at = np.arange(length - 1) - (length // 2 - 1)
    return np.append(np.sinc(at / factor) * np.kaiser(length + 1, 6.0)[1:-1], 0)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_resampler_is_the_filter_of_its_design_whatever_the_blocks(source: int, target: int):
    """Equal to a convolution in numpy within rounding, across blocks of 1 to 50 ms."""
    factor = max(source, target) // min(source, target)
    pcm = noise(0.2, source, 20000)
    state, cuts = kernel.Resampler(source, target), np.array([1, 11, 13, 63, 73, 123]) * source // 1000
    cuts -= cuts % factor
    out = b"".join(bytes(state.process(part.tobytes())) for part in np.split(pcm, cuts))
    if target > source:
        stuffed = np.zeros(len(pcm) * factor)
        stuffed[::factor] = pcm
        expected = np.convolve(stuffed, design(factor))[: len(stuffed)]
    else:
        expected = np.convolve(pcm, design(factor) / factor)[factor - 1 : len(pcm) : factor]
    assert len(out) // 2 == len(expected)
    assert np.abs(samples(out) - np.clip(expected, -32768, 32767)).max() < 20


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_resampler_delays_an_impulse_by_what_it_says_and_under_two_ms(source: int, target: int):
    state = kernel.Resampler(source, target)
    pulse = np.zeros(source // 10, np.int16)
    pulse[source // 20] = 30000
    out = samples(state.process(pulse.tobytes()))
    assert np.argmax(np.abs(out)) / target - 0.05 == pytest.approx(state.delay, abs=0.6 / target)
    assert state.delay <= 0.002


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_resampler_passes_the_band_flat_and_stops_what_would_alias(source: int, target: int):
    low = min(source, target)
    for frequency in np.linspace(100, 0.425 * low, 7):
        out = samples(kernel.Resampler(source, target).process(sine(frequency, 0.3, source).tobytes()))
        gain_db = power(out[target // 20 :]) - power(sine(frequency, 0.3, source))
        assert abs(gain_db) < 0.1, frequency
    if target < source:
        for frequency in np.linspace(0.585 * low, source / 2 - 50, 7):
            out = samples(kernel.Resampler(source, target).process(sine(frequency, 0.3, source).tobytes()))
            assert power(out[target // 20 :]) - power(sine(frequency, 0.3, source)) < -48, frequency


@pytest.mark.parametrize(("source", "target"), [(16000, 48000), (8000, 16000)])
def test_resampler_leaves_no_images(source: int, target: int):
    out = samples(kernel.Resampler(source, target).process(sine(0.4 * source, 0.5, source).tobytes()))
    bins = np.abs(np.fft.rfft(out[1000:] * np.hanning(len(out) - 1000)))
    image = bins[int(len(bins) * 1.17 * source / target) :].max()
    assert 20 * np.log10(image / bins.max()) < -48


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_the_filters_accumulator_cannot_overflow(source: int, target: int):
    """The worst input is full scale with the signs of the filter; it saturates instead of wrapping."""
    factor = max(source, target) // min(source, target)
    taps = design(factor)
    worst = np.where(taps[::-1] >= 0, 32767, -32768).astype(np.int16)
    for part in range(factor if target > source else 1):
        line = worst[factor - 1 - part :: factor] if target > source else worst
        out = samples(kernel.Resampler(source, target).process(line.tobytes()))
        assert out[-1 if target < source else len(out) - factor + part] > 32000


def test_other_rates_are_refused():
    with pytest.raises(ValueError, match="44100"):
        kernel.Resampler(44100, 16000)


def test_blocks_and_rates_that_do_not_fit_the_memory_are_refused():
    mixed = kernel.Sum(160)
    with pytest.raises(ValueError, match="length"):
        mixed.add(bytes(318))
    with pytest.raises(ValueError, match="length"):
        mixed.out(bytes(322))
    with pytest.raises(ValueError, match="48000"):
        kernel.Concealer(48000)


# Concealment


def voiced(seconds: float, rate: int, pitch: float = 125) -> Samples:
    """A wave with a pitch: harmonics that fall off as a voice's do."""
    waves = [sine(pitch * k, seconds, rate, 8000 / k, phase=k) for k in range(1, 12)]
    return np.sum([wave.astype(float) for wave in waves], axis=0).astype(np.int16)


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("pitch", [100, 125, 200])
def test_concealment_goes_on_in_phase(rate: int, pitch: int):
    """The first 10 ms made up for a periodic wave are the wave itself, 20 dB better than nothing."""
    wave = voiced(0.5, rate, pitch)
    cut, lost = rate // 4, rate // 100
    concealer = kernel.Concealer(rate)
    for start in range(0, cut, lost):
        concealer.heard(bytearray(wave[start : start + lost].tobytes()))
    made = samples(concealer.conceal(lost)).astype(float)
    true = wave[cut : cut + lost]
    assert power(true) - power(made - true) > 20


def test_concealment_fades_to_silence_by_60_ms_and_stays_there():
    concealer = kernel.Concealer(16000)
    concealer.heard(bytearray(voiced(0.2, 16000).tobytes()))
    blocks = [samples(concealer.conceal(160)) for _ in range(8)]
    powers = [power(block) for block in blocks]
    assert all(later < sooner + 0.5 for sooner, later in pairwise(powers))
    assert powers[2] > powers[0] - 6
    assert not any(block.any() for block in blocks[6:])


def test_no_click_where_a_loss_begins_or_ends():
    """No step between samples exceeds by much the steepest of the wave itself."""
    wave, concealer = voiced(0.3, 16000, 130), kernel.Concealer(16000)
    heard = bytearray(wave[:3200].tobytes())
    concealer.heard(heard)
    made = concealer.conceal(320)
    after = bytearray(wave[3520:4000].tobytes())
    concealer.heard(after)
    joined = samples(heard + made + after).astype(int)
    assert np.abs(np.diff(joined)).max() < 1.3 * np.abs(np.diff(wave.astype(int))).max()


def test_what_was_not_lost_is_not_touched():
    wave, concealer = voiced(0.1, 8000), kernel.Concealer(8000)
    pcm = bytearray(wave.tobytes())
    concealer.heard(pcm)
    assert bytes(pcm) == wave.tobytes()


def test_concealment_before_anything_was_heard_is_silence():
    assert not any(kernel.Concealer(8000).conceal(400))


@pytest.mark.parametrize("samples_heard", [1, 7, 799, 800, 801, 5000])
def test_any_length_may_be_heard(samples_heard: int):
    concealer = kernel.Concealer(16000)
    concealer.heard(bytearray(sine(400, 1, 16000)[:samples_heard].tobytes()))
    assert len(concealer.conceal(333)) == 666


# Time scale


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("pitch", [125, 160, 250])
@pytest.mark.parametrize(("change", "sign"), [(kernel.accelerate, -1), (kernel.expand, 1)])
def test_a_whole_number_of_periods_comes_or_goes_unheard(change, sign: int, rate: int, pitch: int):
    """The result is the same periodic wave, only shorter or longer, from its first sample to its last."""
    wave = voiced(0.02, rate, pitch)
    out = samples(change(wave.tobytes(), rate)).astype(float)
    periods = sign * (len(out) - len(wave)) * pitch / rate
    assert periods == pytest.approx(round(periods), abs=0.02)
    assert 1 <= round(periods) <= 3
    same = voiced(0.04, rate, pitch)[: len(out)]
    assert power(same) - power(out - same) > 18


@pytest.mark.parametrize("change", [kernel.accelerate, kernel.expand])
def test_a_frame_without_a_period_is_left_alone(change):
    sweep = (8000 * np.sin(np.linspace(0, 14, 320) ** 2)).astype(np.int16)
    assert bytes(change(sweep.tobytes(), 16000)) == sweep.tobytes()


def test_silence_gives_way_by_as_much_as_there_may_be():
    assert len(kernel.accelerate(bytes(640), 16000)) == 320
    assert len(kernel.expand(bytes(640), 16000)) == 960


@pytest.mark.parametrize("length", [0, 1, 2, 39, 80, 81, 960])
def test_frames_of_any_length_fit(length: int):
    wave = voiced(0.1, 16000)[:length].tobytes()
    assert len(kernel.accelerate(wave, 16000)) <= len(wave) <= len(kernel.expand(wave, 16000))
