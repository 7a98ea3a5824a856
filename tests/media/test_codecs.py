"""Every codec: what it is called, that sound comes through it, and what losses sound like."""

import numpy as np
import pytest

from firmware.media import codecs, kernel
from firmware.media.codecs import Codec
from firmware.media.codecs.opus import OpusEncoder, parameters
from tests.media.pcm import Samples, power, samples, signal_to_noise, sine

CODECS = pytest.mark.parametrize("codec", codecs.CODECS, ids=lambda codec: codec.name)

SIGNAL_TO_NOISE = {"PCMU": 35, "PCMA": 35, "G722": 30, "OPUS": 10}
"""In dB, of the tones below; Opus does not keep waves, only what they sound like."""


def chord(seconds: float, rate: int) -> Samples:
    waves = [sine(frequency, seconds, rate, 3000).astype(int) for frequency in (220, 331, 1103, 2417)]
    return np.sum(waves, axis=0).astype(np.int16)


def packets(codec: Codec, pcm: Samples, ptime_ms: int = 20, fmtp: str = "") -> list[bytes]:
    encoder, size = codec.encoder(ptime_ms, fmtp), codec.sample_rate * ptime_ms // 1000
    return [encoder.encode(pcm[at : at + size].tobytes()) for at in range(0, len(pcm), size)]


def test_the_registry_holds_the_four_codecs_of_the_phone_in_order():
    assert [codec.name for codec in codecs.CODECS] == ["OPUS", "G722", "PCMA", "PCMU"]


@pytest.mark.parametrize(
    ("name", "payload_type", "clock", "rate", "channels"),
    [
        ("PCMU", 0, 8000, 8000, 1),
        ("pcma", 8, 8000, 8000, 1),
        ("G722", 9, 8000, 16000, 1),
        ("opus", None, 48000, 16000, 2),
    ],
)
def test_descriptions_are_those_of_rfc_3551_and_7587(name, payload_type, clock, rate, channels):
    codec = codecs.find(name)
    assert codec is not None
    assert (codec.payload_type, codec.clock_rate, codec.channels) == (payload_type, clock, channels)
    assert codec.sample_rate == rate


def test_an_unknown_name_is_none():
    assert codecs.find("telephone-event") is None


@CODECS
def test_sound_comes_through(codec: Codec):
    sent = chord(1, codec.sample_rate)
    decoder = codec.decoder()
    heard = samples(b"".join(bytes(decoder.decode(payload)) for payload in packets(codec, sent)))
    assert len(heard) == len(sent)
    assert signal_to_noise(sent, heard) > SIGNAL_TO_NOISE[codec.name]


@CODECS
@pytest.mark.parametrize("ptime_ms", [10, 20, 40, 60])
def test_every_packet_time_makes_packets_of_that_time(codec: Codec, ptime_ms: int):
    payloads = packets(codec, chord(0.24, codec.sample_rate), ptime_ms)
    decoder = codec.decoder()
    assert all(payloads)
    lengths = {len(decoder.decode(payload)) for payload in payloads}
    assert lengths == {codec.sample_rate * ptime_ms // 1000 * 2}


@CODECS
def test_a_loss_is_filled_and_the_wave_goes_on(codec: Codec):
    """What is made up for one lost packet of a steady tone is as loud as the tone."""
    payloads = packets(codec, chord(0.4, codec.sample_rate))
    decoder = codec.decoder()
    for payload in payloads[:10]:
        decoder.decode(payload)
    made = samples(decoder.conceal(codec.sample_rate // 50))
    assert len(made) == codec.sample_rate // 50
    assert abs(power(made) - power(chord(0.4, codec.sample_rate))) < 4
    assert len(decoder.decode(payloads[11])) == len(made) * 2


@CODECS
@pytest.mark.parametrize("payload", [b"", b"\xff", bytes(range(256)) * 6], ids=["none", "one", "many"])
def test_no_payload_is_too_odd_to_survive(codec: Codec, payload: bytes):
    decoder = codec.decoder()
    decoder.decode(payload)
    assert len(decoder.decode(packets(codec, chord(0.02, codec.sample_rate))[0])) > 0
    assert len(decoder.conceal(160, payload)) == 320


def test_opus_repairs_a_loss_from_the_packet_behind_it():
    """In-band correction brings back a note that only the lost packet announced; making up cannot."""
    codec = codecs.find("opus")
    assert codec is not None
    rate = codec.sample_rate
    speech = np.concatenate([sine(200, 0.2, rate, 9000), sine(700, 0.2, rate, 9000)])
    payloads = packets(codec, speech, fmtp="useinbandfec=1")
    lost = 10  # the first packet of the second note

    def error(next_payload: bytes | None) -> float:
        decoder, clean = codec.decoder(), codec.decoder()
        for payload in payloads[:lost]:
            decoder.decode(payload)
            clean.decode(payload)
        true = samples(clean.decode(payloads[lost])).astype(float)
        return power(samples(decoder.conceal(rate // 50, next_payload)) - true)

    assert error(payloads[lost + 1]) < error(None) - 3


def test_opus_keeps_to_the_bandwidth_and_bit_rate_that_the_peer_can_use():
    codec = codecs.find("opus")
    assert codec is not None
    mixed = np.random.default_rng(3).integers(-9000, 9000, 16000).astype(np.int16)
    decoder = codec.decoder()
    narrow = packets(codec, mixed, fmtp="maxplaybackrate=8000;maxaveragebitrate=12000")
    heard = samples(b"".join(bytes(decoder.decode(payload)) for payload in narrow))[8000:]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)))) ** 2
    assert spectrum[len(spectrum) // 2 + 100 :].sum() < spectrum.sum() / 1000
    assert sum(map(len, narrow)) * 8 < 12000 * 1.25


@pytest.mark.parametrize(
    ("fmtp", "found"),
    [
        ("useinbandfec=1;maxplaybackrate=16000", {"useinbandfec": 1, "maxplaybackrate": 16000}),
        (" UseInbandFEC = 1 ; stereo", {"useinbandfec": 1}),
        ("maxaveragebitrate=99999999;x=-1;y=1_0;z=١", {}),
        ("", {}),
    ],
)
def test_opus_format_parameters(fmtp: str, found: dict[str, int]):
    assert parameters(fmtp) == found


def test_hostile_opus_parameters_make_a_working_encoder():
    codec = codecs.find("opus")
    assert codec is not None
    for fmtp in ("useinbandfec=77;usedtx=9;maxplaybackrate=1;maxaveragebitrate=0", "maxplaybackrate=999999"):
        encoder = codec.encoder(20, fmtp)
        assert isinstance(encoder, OpusEncoder)
        assert encoder.encode(chord(0.02, 16000).tobytes())


def test_g711_decoders_conceal_each_for_themselves():
    codec = codecs.find("PCMU")
    assert codec is not None
    first, second = codec.decoder(), codec.decoder()
    first.decode(bytes(kernel.ulaw_encode(chord(0.1, 8000).tobytes())))
    assert any(first.conceal(80))
    assert not any(second.conceal(80))
