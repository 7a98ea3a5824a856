"""The media process with a real PortAudio card: the engine is driven by JACK's dummy driver."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from firmware.control.voice import Device, DeviceState, Tone
from firmware.media import kernel
from tests.interop.jack import Jack
from tests.media.test_device_wav import amplitude
from tests.media.test_jack import client_ports
from tests.media.voice_process import VoiceProcess, controlled, far_end

pytestmark = pytest.mark.interop


@pytest.fixture
def jack(tmp_path: Path) -> Iterator[Jack]:
    with Jack(tmp_path / "jack") as jack:
        yield jack


def voice(tmp_path: Path, jack: Jack, *options: str) -> VoiceProcess:
    return VoiceProcess(tmp_path / "media", "portaudio:system", *options, environment=jack.environment)


def heard(packets: list[tuple[float, bytes]]) -> bytes:
    """What packets of PCMU sound like, at 48 kHz."""
    sound = kernel.ulaw_decode(b"".join(packet[12:] for _, packet in packets))
    return bytes(kernel.Resampler(8000, 48000).process(sound))


@pytest.mark.timed
def test_dial_tone_starts_within_100_ms_of_lifting_the_handset(tmp_path: Path, jack: Jack) -> None:
    """From the request to the card's first block, PortAudio's opening included."""
    with voice(tmp_path, jack) as process, controlled(process) as phone:
        for generation in (1, 3, 5):
            began = time.monotonic()
            phone.send(Device(generation=generation, use="duplex"), Tone(generation=generation, tone="dial"))
            state = phone.expect(DeviceState)
            assert (state.state, state.driver) == ("running", "JACK Audio Connection Kit")
            assert time.monotonic() - began < 0.1
            phone.send(Device(generation=generation + 1, use="closed"))
            phone.expect(DeviceState)


def test_on_hook_ringing_opens_no_microphone(tmp_path: Path, jack: Jack) -> None:
    with voice(tmp_path, jack) as process, controlled(process) as phone:
        phone.send(Device(generation=1, use="output"), Tone(generation=2, tone="ring", output="ringer"))
        assert phone.expect(DeviceState).use == "output"
        outputs, inputs = client_ports(jack)
        assert len(outputs) == 2
        assert inputs == []


@pytest.mark.timed
def test_a_call_is_paced_by_the_card_and_carries_what_it_captures(tmp_path: Path, jack: Jack) -> None:
    """The ear is connected to the microphone: dial tone goes out to the far end, a packet each 20 ms."""
    with (
        voice(tmp_path, jack, "--realtime") as process,
        controlled(process) as phone,
        far_end() as far,
    ):
        phone.send(Device(generation=1, use="duplex"), Tone(generation=2, tone="dial"))
        assert phone.expect(DeviceState).state == "running"
        outputs, inputs = client_ports(jack)
        jack.connect(outputs[0], inputs[0])
        phone.call(far)
        far.packets(0.5)
        packets = far.packets(5.0)
    gaps = sorted(later[0] - earlier[0] for earlier, later in pairwise(packets))
    assert len(packets) == pytest.approx(250, abs=3)
    assert gaps[int(len(gaps) * 0.99)] <= 0.030, "jackd itself runs at ordinary priority here"
    sound = heard(packets[:50])
    assert amplitude(sound, 350.0) > 300
    assert amplitude(sound, 440.0) > 300
    assert amplitude(sound, 1000.0) < 30


def test_a_dead_sound_server_costs_the_process_but_not_the_call(tmp_path: Path, jack: Jack) -> None:
    """PortAudio cannot let go of a JACK server that died: the process says so and asks to be started again.

    Its successor has the call back on the same ports, by its clock, and the card when that returns.
    """
    with far_end() as far:
        with voice(tmp_path, jack) as process, controlled(process) as phone:
            phone.send(Device(generation=1, use="duplex"))
            phone.expect(DeviceState)
            local = phone.call(far).local[0]
            far.packets(0.2)
            jack.stop()
            assert phone.expect(DeviceState).state == "reopening"
            assert len(far.packets(0.5)) > 20, "the clock drives while the driver is given its time"
            with pytest.raises((EOFError, ConnectionError)):
                phone.expect(DeviceState, where=lambda report: report.state == "running")
            assert process.wait_for_end() == 75
        with voice(tmp_path, jack) as process, controlled(process) as phone:
            phone.send(Device(generation=1, use="duplex"))
            failed = phone.expect(DeviceState)
            assert (failed.state, failed.words) == (
                "failed",
                "There is no sound card called 'system' with speaker and microphone.",
            )
            phone.call(far, (local.rtp_port, local.rtcp_port))
            assert far.packets(0.3)
            with Jack(jack.folder) as again:
                assert again.server_name == jack.server_name
                phone.expect(DeviceState, where=lambda report: report.state == "running")
                assert len(far.packets(0.5)) > 20


def test_a_stopped_process_says_so_in_its_status(tmp_path: Path, jack: Jack) -> None:
    """SIGTERM in the middle of a stream closes PortAudio cleanly."""
    with voice(tmp_path, jack) as process, controlled(process) as phone:
        phone.send(Device(generation=1, use="duplex"))
        phone.expect(DeviceState)
        assert process.stop() == 0
    assert client_ports(jack) == ([], [])
