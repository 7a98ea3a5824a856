"""The devices without hardware: they keep time, misbehave when told to, and are silent when closed."""

import time
from collections.abc import Callable

import pytest

from firmware.media.devices import DeviceError, device_from
from firmware.media.devices.base import BLOCK_BYTES, SILENCE
from firmware.media.devices.simulated import LoopDevice, SimulatedDevice

TONE = bytes(range(240)) * 4


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for what another thread does; fails when it has not come about in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


class Body:
    """A loop body that notes what it was called with and plays `answer`."""

    def __init__(self, answer: bytes = SILENCE) -> None:
        self.answer, self.captured, self.times = answer, list[bytes | None](), list[float]()

    def __call__(self, capture: memoryview | None, now: float) -> bytes:
        self.captured.append(None if capture is None else bytes(capture))
        self.times.append(now)
        return self.answer


def test_the_simulated_card_captures_silence_and_counts_its_blocks() -> None:
    device, body = SimulatedDevice(), Body()
    device.open("duplex", body)
    until(lambda: len(body.captured) >= 5)
    device.close()
    assert set(body.captured) == {SILENCE}
    assert device.health.blocks == len(body.captured)


def test_output_only_never_hands_a_captured_block_to_the_loop_body() -> None:
    device, body = LoopDevice(), Body(TONE)
    device.open("output", body)
    until(lambda: len(body.captured) >= 5)
    device.close()
    assert set(body.captured) == {None}


def test_nothing_is_called_once_close_has_returned_and_it_opens_again() -> None:
    device, body = SimulatedDevice(), Body()
    device.open("duplex", body)
    until(lambda: bool(body.captured))
    device.close()
    calls = len(body.captured)
    time.sleep(0.03)
    assert len(body.captured) == calls
    device.open("duplex", body)
    until(lambda: len(body.captured) > calls)
    device.close()


def test_the_loop_returns_what_was_played_one_block_later() -> None:
    device, body = LoopDevice(), Body(TONE)
    device.open("duplex", body)
    until(lambda: len(body.captured) >= 3)
    device.close()
    assert body.captured[:3] == [SILENCE, TONE, TONE]
    assert len(TONE) == BLOCK_BYTES


def test_a_stall_holds_blocks_back_and_then_goes_on() -> None:
    device, body = SimulatedDevice(), Body()
    device.open("duplex", body)
    until(lambda: len(body.times) >= 2)
    device.stall(0.15)
    until(lambda: device.health.worst_lateness > 0.1)
    device.close()


def test_underruns_are_made_on_request_and_counted() -> None:
    device, body = SimulatedDevice(), Body()
    device.underrun(3)
    device.open("output", body)
    until(lambda: len(body.times) >= 5)
    device.close()
    assert device.health.underruns == 3


def test_a_card_unplugged_stops_and_opens_only_when_it_is_back() -> None:
    device, body = SimulatedDevice(), Body()
    device.open("duplex", body)
    device.unplug()
    with pytest.raises(DeviceError, match="unplugged"):
        device.open("duplex", body)
    device.plug()
    device.open("duplex", body)
    until(lambda: bool(body.times))
    device.close()


@pytest.mark.timed
def test_the_simulated_card_keeps_time_with_drift() -> None:
    """In 2 s a card that runs 2 % fast delivers 204 blocks, give or take the scheduler's lateness."""
    device, body = SimulatedDevice(drift_ppm=20_000), Body()
    device.open("duplex", body)
    time.sleep(2.0)
    device.close()
    assert len(body.times) == pytest.approx(204, abs=3)


@pytest.mark.parametrize("spec", ["", "wav", "wav:only-one", "alsa", "loop:x", "null,"])
def test_an_unknown_device_is_refused_in_one_sentence_that_names_the_choices(spec: str) -> None:
    with pytest.raises(DeviceError, match=r"portaudio\[:NAME\], wav:IN,OUT, loop or null\.$"):
        device_from(spec)


def test_the_words_choose_the_device() -> None:
    assert type(device_from("null")) is SimulatedDevice
    assert type(device_from("loop")) is LoopDevice
    card = device_from("portaudio:USB Handset: Audio (hw:1,0)")
    assert card.name == "USB Handset: Audio (hw:1,0)"
    card.end()
