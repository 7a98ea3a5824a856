"""PortAudio for real, on JACK's dummy driver: callbacks keep coming, in time, and sound comes back."""

import math
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.media.devices.base import BLOCK, PERIOD, RATE, SILENCE, DeviceError
from firmware.media.devices.portaudio import PyAudioDevice
from tests.interop.jack import Jack
from tests.media.test_device_simulated import Body, until

pytestmark = pytest.mark.interop

CHIRP_SECONDS = 0.03


@pytest.fixture
def jack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jack]:
    jack = Jack(tmp_path / "jack")
    for name, value in jack.environment.items():
        monkeypatch.setenv(name, value)
    with jack:
        yield jack


def chirp() -> list[int]:
    """A tone that rises from 500 Hz to 4 kHz: matches itself at one delay only."""
    count = round(CHIRP_SECONDS * RATE)
    sweep = 3500 / 2 / CHIRP_SECONDS
    times = [n / RATE for n in range(count)]
    return [round(16000 * math.sin(2 * math.pi * (500 * t + sweep * t * t))) for t in times]


class Echo:
    """A loop body that plays a chirp at one block and keeps everything that it captures."""

    def __init__(self, at_block: int) -> None:
        sound = [0] * (at_block * BLOCK) + chirp()
        self._sound = struct.pack(f"{len(sound)}h", *sound)
        self._block = 0
        self.start = at_block * BLOCK
        self.captured = bytearray()

    def __call__(self, capture: memoryview | None, now: float) -> bytes:
        self.captured += capture or b""
        begin = 2 * BLOCK * self._block
        self._block += 1
        return self._sound[begin : begin + 2 * BLOCK].ljust(2 * BLOCK, b"\0")


def place_of(sound: list[int], pcm: bytes) -> int:
    """The sample at which `sound` correlates best with a recording."""
    samples = memoryview(pcm).cast("h").tolist()
    part = sound[:480]

    def likeness(at: int) -> int:
        return sum(a * b for a, b in zip(part, samples[at : at + 480], strict=True))

    coarse = max(range(0, len(samples) - 480, 3), key=likeness)
    return max(range(max(0, coarse - 3), coarse + 4), key=likeness)


@pytest.mark.timed
def test_callbacks_keep_coming_without_a_lost_block(jack: Jack) -> None:
    """99 % of the blocks of 5 s at the least, and neither the output ran dry nor the input over."""
    device, body = PyAudioDevice(), Body()
    device.open("duplex", body)
    until(lambda: device.health.blocks >= 20)
    first, underruns, overruns = device.health.blocks, device.health.underruns, device.health.overruns
    began = time.monotonic()
    time.sleep(5.0)
    blocks, seconds = device.health.blocks - first, time.monotonic() - began
    health = device.health
    device.end()
    assert blocks >= 0.99 * seconds / PERIOD
    assert (health.underruns - underruns, health.overruns - overruns) == (0, 0)
    assert device.driver == "JACK Audio Connection Kit"


@pytest.mark.timed
def test_what_is_played_comes_back_after_two_periods(jack: Jack) -> None:
    """The loop's delay is one period of output and one of input, to the sample."""
    device, echo = PyAudioDevice(), Echo(at_block=100)
    device.open("duplex", echo)
    try:
        outputs, inputs = client_ports(jack)
        jack.disconnect("system:capture_1", inputs[0])
        jack.connect(outputs[0], inputs[0])
        assert device.health.blocks < 90, "connected too late for the chirp"
        until(lambda: device.health.blocks >= 120)
    finally:
        device.end()
    assert place_of(chirp(), bytes(echo.captured)) - echo.start == 2 * BLOCK


def client_ports(jack: Jack) -> tuple[list[str], list[str]]:
    """Our output and input ports."""
    ours = sorted(port for port in jack.ports() if port.startswith("PortAudio:"))
    return [port for port in ours if ":out_" in port], [port for port in ours if ":in_" in port]


def test_output_only_opens_no_microphone_and_duplex_connects_both_ears(jack: Jack) -> None:
    device, body = PyAudioDevice("system"), Body()
    device.open("output", body)
    until(lambda: len(body.captured) >= 5)
    outputs, inputs = client_ports(jack)
    assert (len(outputs), inputs) == (2, [])
    assert set(body.captured) == {None}
    device.open("duplex", body)
    until(lambda: body.captured[-1] == SILENCE)
    outputs, inputs = client_ports(jack)
    assert (len(outputs), len(inputs)) == (2, 2)
    device.end()
    assert client_ports(jack) == ([], [])


def test_a_name_that_no_card_has_is_refused_in_words(jack: Jack) -> None:
    with pytest.raises(DeviceError, match="no sound card called 'Nonesuch' with speaker and microphone"):
        PyAudioDevice("Nonesuch").open("duplex", Body())


def test_without_any_card_the_words_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """No JACK server of this name, and the machines that run this test have no sound card."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "offhook-test-nobody")
    with pytest.raises(DeviceError, match="sound card"):
        PyAudioDevice("Nonesuch").open("output", Body())
