"""A call while its sound card stalls, is pulled out and comes back: the call goes on, and it is said."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from firmware.control.voice import VERSION, Device, DeviceState, Hello
from firmware.media.devices.simulated import SimulatedDevice
from firmware.media.process import MediaProcess
from tests.media.test_device_simulated import until
from tests.media.voice_process import Controller, FarEnd, far_end

LONGEST_GAP = 0.2
"""Until a stalled card is noticed (0.1 s, looked for every 0.05 s), and the interval of packets."""


@dataclass
class Room:
    """A media process in a thread of the test, so that the card can be held in the hand."""

    card: SimulatedDevice
    phone: Controller
    far: FarEnd

    def state(self, state: str) -> DeviceState:
        return self.phone.expect(DeviceState, where=lambda report: report.state == state)

    def longest_gap(self, seconds: float) -> float:
        times = [at for at, _ in self.far.packets(seconds)]
        assert len(times) > 5
        return max(later - earlier for earlier, later in pairwise(times))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    card = SimulatedDevice()
    process = MediaProcess(tmp_path / "voice", card, Hello(version=VERSION, pid=1), 10.0)
    thread = threading.Thread(target=process.run)
    thread.start()
    phone = Controller(tmp_path / "voice")
    with far_end() as far:
        phone.send(Device(generation=1, use="duplex"))
        phone.expect(DeviceState)
        phone.call(far)
        far.packets(0.1)
        yield Room(card, phone, far)
    phone.close()
    process.end()
    thread.join(5.0)
    assert not thread.is_alive()


def test_a_stalled_stream_is_opened_again_while_the_call_goes_on(room: Room) -> None:
    opened = threading.active_count()
    room.card.stall(30.0)
    gap = room.longest_gap(0.6)
    assert gap < LONGEST_GAP
    assert "has stopped" in room.state("reopening").words
    room.card.stall(0.0)
    back = room.state("running")
    until(lambda: threading.active_count() == opened)
    assert back.reopened >= 1


def test_a_card_pulled_out_is_waited_for_and_used_when_it_is_back(room: Room) -> None:
    room.card.unplug()
    assert room.longest_gap(0.6) < LONGEST_GAP, "the clock drives while the card is away"
    room.state("reopening")
    words = room.state("reopening").words
    assert "was unplugged; the call goes on, waiting for it to return" in words
    before = room.card.health.blocks
    room.card.plug()
    back = room.state("running")
    assert (back.reopened, back.words) == (1, "the simulated sound card is back.")
    assert room.longest_gap(0.4) < LONGEST_GAP
    assert room.card.health.blocks > before + 20, "the card drives again"


def test_closing_the_card_hands_over_to_the_clock_and_opening_back_without_a_gap(room: Room) -> None:
    room.phone.send(Device(generation=101, use="closed"))
    room.state("closed")
    assert room.longest_gap(0.3) < 0.1
    room.phone.send(Device(generation=102, use="duplex"))
    room.state("running")
    assert room.longest_gap(0.3) < 0.1
