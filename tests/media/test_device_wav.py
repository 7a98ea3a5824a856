"""WAV files as a device: any usual file is a microphone, and the recording is valid at any time."""

import array
import math
import wave
from pathlib import Path

import pytest

from firmware.media.devices import DeviceError, device_from
from firmware.media.devices.base import BLOCK_BYTES, RATE
from firmware.media.devices.wav import WavDevice, load
from tests.media.test_device_simulated import Body, until


def sine(rate: int, seconds: float, hertz: float = 440.0, channels: int = 1) -> bytes:
    """A tone at half of full scale, the same in every channel."""
    samples = array.array("h")
    for n in range(round(rate * seconds)):
        samples.extend([round(16384 * math.sin(2 * math.pi * hertz * n / rate))] * channels)
    return samples.tobytes()


def write(path: Path, pcm: bytes, rate: int, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(pcm)
    return path


def read(path: Path) -> bytes:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return file.readframes(file.getnframes())


def amplitude(pcm: bytes, hertz: float) -> float:
    """Of the component at `hertz` in mono PCM at 48 kHz (Goertzel)."""
    samples = array.array("h", pcm)
    turn = 2 * math.pi * hertz / RATE
    real = sum(s * math.cos(turn * n) for n, s in enumerate(samples))
    imaginary = sum(s * math.sin(turn * n) for n, s in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / len(samples)


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_keeps_pitch_level_and_length_at_every_rate(tmp_path: Path, rate: int, channels: int) -> None:
    path = write(tmp_path / "in.wav", sine(rate, 0.25, channels=channels), rate, channels)
    sound = load(path)
    assert len(sound) == 2 * RATE // 4
    settled = sound[2 * 2400 :][: 2 * 4800]
    assert amplitude(settled, 440.0) == pytest.approx(16384, rel=0.03)


@pytest.mark.parametrize(
    ("pcm", "rate", "channels", "width", "words"),
    [
        (b"\0" * 100, 44100, 1, 2, "44100 Hz"),
        (b"\0" * 100, 8000, 1, 1, "8 bits"),
        (b"\0" * 120, 8000, 3, 2, "3 channels"),
        (b"", 8000, 1, 2, "no sound"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_what_it_is(
    tmp_path: Path, pcm: bytes, rate: int, channels: int, width: int, words: str
) -> None:
    path = write(tmp_path / "in.wav", pcm, rate, channels, width)
    with pytest.raises(DeviceError, match=words):
        load(path)


def test_what_is_no_wav_file_or_is_not_there_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("hello")
    for path in (text, tmp_path / "absent.wav"):
        with pytest.raises(DeviceError, match=path.name):
            device_from(f"wav:{path},{tmp_path / 'out.wav'}")


def test_a_recording_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="cannot be written"):
        device_from(f"wav:,{tmp_path / 'absent' / 'out.wav'}")


def test_the_microphone_repeats_its_file_without_a_gap_anew_at_each_opening(
    tmp_path: Path,
) -> None:
    pcm = array.array("h", range(700)).tobytes()
    device = WavDevice(str(write(tmp_path / "in.wav", pcm, RATE)), "")
    for _ in range(2):
        body = Body()
        device.open("duplex", body)
        until(lambda body=body: len(body.captured) >= 4)  # type: ignore[misc]
        device.close()
        heard = b"".join(block or b"" for block in body.captured)
        assert heard[: 4 * BLOCK_BYTES] == (pcm * 4)[: 4 * BLOCK_BYTES]


def test_the_recording_is_what_the_ear_hears_and_valid_while_it_grows(tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    tone = sine(RATE, 0.01, 1000.0)
    device, body = WavDevice("", str(out)), Body(tone)
    assert read(out) == b""
    device.open("output", body)
    until(lambda: len(read(out)) > 5 * BLOCK_BYTES)
    device.close()
    assert read(out) == tone * device.health.blocks
    before = device.health.blocks
    device.open("duplex", body)
    until(lambda: device.health.blocks > before)
    device.close()
    assert read(out) == tone * device.health.blocks
