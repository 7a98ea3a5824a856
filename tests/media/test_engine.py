"""Engines back to back in memory: what is said at one is heard at the other, and nothing else is."""

from itertools import pairwise

import numpy as np
import pytest

from firmware.control import voice
from tests.media.network import RATE, Clock, Network, Telephone, call, spec
from tests.media.pcm import delay, power, sine, spectrum_peaks
from tests.media.voices import KEY, OTHER_KEY, keys, packets_of, speech


@pytest.mark.parametrize("codec", ["PCMU", "PCMA", "G722", "OPUS"])
def test_what_is_said_is_heard_soon(codec: str):
    """Both ways at once, each hearing only the other. From microphone to ear: a packet, the engine's block,
    the filters, and 20 ms of caution of a jitter buffer that does not know the network yet."""
    _, alice, bob, clock = call(codec)
    hers, his = speech(2, 1), speech(2, 2)
    clock.run(2, alice=hers, bob=his)
    for said, ear in ((hers, bob.sound()), (his, alice.sound())):
        late = delay(said, ear)
        assert late / RATE < 0.065
        assert power(ear[RATE:]) == pytest.approx(power(said[RATE:]), abs=1.5)
        if codec != "OPUS":
            aligned, clean = ear[RATE : 2 * RATE].astype(float), said[RATE - late : 2 * RATE - late]
            assert np.corrcoef(aligned, clean)[0, 1] > 0.9


def test_a_packet_leaves_for_every_packet_time_of_captured_sound():
    network, _, _, clock = call()
    clock.run(1)
    packets = packets_of(network, "alice")
    assert len(packets) == 50
    assert all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in pairwise(packets))
    assert all((b.timestamp - a.timestamp) & 0xFFFFFFFF == 160 for a, b in pairwise(packets))
    assert {len(packet.payload) for packet in packets} == {160}


def test_mute_is_certain():
    """From the block after the request on, no packet carries anything but silence, on any stream."""
    network, alice, bob, clock = call()
    clock.run(0.5, alice=speech(1))
    alice.submit(voice.Device, use="duplex", muted=True)
    clock.run(0.04, alice=speech(1))  # what was captured before may still be on its way
    before = len(packets_of(network, "alice"))
    clock.run(1, alice=speech(1))
    after = packets_of(network, "alice")[before:]
    assert len(after) == 50
    assert {packet.payload for packet in after} == {b"\xff" * 160}
    assert not bob.sound()[-RATE // 2 :].any()
    alice.submit(voice.Device, use="duplex")
    clock.run(0.5, alice=speech(1))
    assert power(bob.sound()[-RATE // 4 :]) > 40


def test_an_output_only_device_is_never_heard():
    network, alice, _, clock = call()
    alice.submit(voice.Device, use="output")
    clock.run(0.5, alice=speech(1))
    assert {packet.payload for packet in packets_of(network, "alice")} == {b"\xff" * 160}


def test_while_no_card_calls_back_the_call_goes_on_in_silence():
    network, alice, bob, clock = call()
    for _ in range(50):
        alice.engine.tick(None, clock.now)
        bob.engine.tick(None, clock.now)
        clock.now += 0.01
    assert len(packets_of(network, "alice")) == 25
    assert bob.reports(voice.Fault) == []


def conference() -> tuple[Network, Telephone, Telephone, Telephone, Clock]:
    """Alice joins her calls with Bob and Carol."""
    network = Network()
    alice, bob, carol = (Telephone(network, host) for host in ("alice", "bob", "carol"))
    for port, other in ((4000, bob), (5000, carol)):
        alice.open(other.host, port)
        alice.configure(other.host, (other.host, 4000))
        other.open("call")
        other.configure("call", ("alice", port), "PCMU")
        other.talk("call")
    alice.talk("bob", "carol")
    return network, alice, bob, carol, Clock(alice, bob, carol)


TONES = {"alice": 440, "bob": 1000, "carol": 1760}


def test_in_a_conference_everybody_hears_all_but_themselves():
    _, alice, bob, carol, clock = conference()
    clock.run(2, **{host: sine(tone, 2, RATE, 6000) for host, tone in TONES.items()})
    for telephone in (alice, bob, carol):
        others = sorted(tone for host, tone in TONES.items() if host != telephone.host)
        assert spectrum_peaks(telephone.sound()[RATE : 2 * RATE], RATE) == others


def test_a_stream_outside_the_mix_neither_hears_nor_is_heard():
    """It goes on with packets of silence, so that the path through a NAT stays open."""
    network, alice, _, carol, clock = conference()
    alice.submit(voice.Mix, streams=("bob",))
    clock.run(1, **{host: sine(tone, 1, RATE, 6000) for host, tone in TONES.items()})
    assert spectrum_peaks(alice.sound()[RATE // 2 :], RATE) == [TONES["bob"]]
    assert not carol.sound().any()
    to_carol = packets_of(network, "alice", 5000)
    assert len(to_carol) == 50
    assert {packet.payload for packet in to_carol} == {b"\xff" * 160}


def test_hold_stops_sending_and_resuming_goes_on_with_the_same_source():
    """Sequence numbers go on without a gap, timestamps with one as long as the hold (RFC 3551, 4.1)."""
    network, alice, bob, clock = call()
    clock.run(1, alice=speech(1), bob=speech(1))
    alice.configure("call", ("bob", 4000), send=False, receive=False)
    clock.run(1, alice=speech(1), bob=speech(1))
    held = packets_of(network, "alice")
    assert len(held) == 50
    assert not alice.sound()[-RATE // 2 :].any()
    alice.configure("call", ("bob", 4000))
    clock.run(1, alice=speech(1), bob=speech(1))
    resumed = packets_of(network, "alice")[50:]
    assert len(resumed) == 50
    assert resumed[0].ssrc == held[-1].ssrc
    assert (resumed[0].sequence - held[-1].sequence) & 0xFFFF == 1
    assert (resumed[0].timestamp - held[-1].timestamp) & 0xFFFFFFFF == 8000 + 160
    assert resumed[0].marker
    assert power(bob.sound()[-RATE // 2 :]) > 40
    assert power(alice.sound()[-RATE // 2 :]) > 40


def test_an_inactive_stream_is_silent_and_nothing_that_came_meanwhile_is_heard_later():
    network, alice, bob, clock = call()
    clock.run(0.5)
    alice.submit(voice.Activate, stream="call", active=False)
    clock.run(1, alice=speech(1), bob=sine(1000, 1, RATE))
    assert len(packets_of(network, "alice")) == 25
    assert not alice.sound().any()
    bob.submit(voice.Device, use="duplex", muted=True)
    clock.run(0.1)
    alice.submit(voice.Activate, stream="call")
    clock.run(1, bob=sine(1000, 1, RATE))
    assert not alice.sound().any()


def test_another_codec_takes_over_with_the_next_packet():
    network, alice, bob, clock = call("PCMU")
    clock.run(1, alice=speech(1))
    both = (spec("G722"), spec("PCMU"))
    alice.configure("call", ("bob", 4000), codecs=both)
    bob.configure("call", ("alice", 4000), codecs=both)
    clock.run(1, alice=speech(1))
    packets = packets_of(network, "alice")
    assert [packet.payload_type for packet in packets[48:54]].count(9) >= 3
    assert len({packet.ssrc for packet in packets}) == 1
    assert all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in pairwise(packets))
    assert power(bob.sound()[-RATE // 2 :]) > 40


def test_a_peer_may_use_any_agreed_codec_even_of_another_clock():
    _, alice, bob, clock = call("PCMU")
    bob.configure("call", ("alice", 4000), codecs=(spec("PCMU"), spec("OPUS"), spec("PCMA")))
    for codec in ("PCMA", "OPUS", "PCMU"):
        alice.configure("call", ("bob", 4000), codec)
        bob.heard.clear()
        clock.run(1, alice=speech(1))
        assert power(bob.sound()[RATE // 4 :]) > 40, codec


def test_losses_are_concealed_and_told():
    """Every tenth packet lost: the tone goes on, never quieter than half."""
    network, alice, bob, clock = call()
    network.lose = lambda datagram, address: address == ("bob", 4000) and datagram[3] % 10 == 0
    clock.run(6, alice=sine(400, 6, RATE))
    powers = [power(part) for part in np.split(bob.sound()[RATE : 5 * RATE], 400)]
    assert min(powers) > max(powers) - 6
    quality = bob.reports(voice.Quality)[-1]
    assert quality.lost == pytest.approx(25, abs=3)
    assert quality.concealed_ms == pytest.approx(500, abs=100)
    assert 3.0 < quality.mos < 4.2
    assert alice.reports(voice.Quality)[-1].mos > 4.3


def test_srtp_carries_speech_and_nobody_else_can_put_any_in():
    network, alice, bob, clock = call(secure_only=True, srtp=None)
    clock.run(0.2, alice=speech(1))
    assert packets_of(network, "alice") == []
    for one, other, mine, theirs in ((alice, "bob", KEY, OTHER_KEY), (bob, "alice", OTHER_KEY, KEY)):
        one.configure("call", (other, 4000), secure_only=True, srtp=keys(mine, theirs))
    clock.run(1, alice=speech(1))
    assert power(bob.sound()[-RATE // 2 :]) > 40
    mallory = Telephone(network, "mallory")
    mallory.open("call")
    mallory.configure("call", ("bob", 4000))
    mallory.talk("call")
    alice.submit(voice.Device, use="duplex", muted=True)
    both = Clock(alice, bob, mallory, now=clock.now)
    both.run(1, mallory=speech(1))
    assert not bob.sound()[-RATE // 2 :].any()


def test_new_keys_in_a_call_are_not_heard():
    """Bob's answer installs his half a little later than Alice's; nothing is lost in between."""
    _, alice, bob, clock = call(srtp=keys(KEY, KEY))
    clock.run(1, alice=sine(400, 1, RATE))
    bob.configure("call", ("alice", 4000), srtp=keys(OTHER_KEY, OTHER_KEY))
    clock.run(0.1, alice=sine(400, 0.1, RATE))
    alice.configure("call", ("bob", 4000), srtp=keys(OTHER_KEY, OTHER_KEY))
    clock.run(1, alice=sine(400, 1, RATE))
    powers = [power(part) for part in np.split(bob.sound()[RATE // 2 :], 16)]
    assert min(powers) > max(powers) - 6


def test_early_dialogs_on_one_socket_are_told_apart():
    """Two branches of a forked call send to the same port; the stream of each gets its own."""
    network = Network()
    alice, bob, carol = (Telephone(network, host) for host in ("alice", "bob", "carol"))
    alice.open("bob")
    alice.open("carol", shares="bob")
    for other in (bob, carol):
        alice.configure(other.host, (other.host, 4000))
        other.open("call")
        other.configure("call", ("alice", 4000))
        other.talk("call")
    alice.talk("bob", "carol")
    alice.submit(voice.Mix, streams=("carol",))
    clock = Clock(alice, bob, carol)
    clock.run(1, bob=sine(1000, 1, RATE), carol=sine(1760, 1, RATE))
    assert spectrum_peaks(alice.sound()[RATE // 2 :], RATE) == [1760]
    alice.submit(voice.Release, stream="carol")
    alice.submit(voice.Mix, streams=("bob",))
    alice.heard.clear()
    clock.run(1, bob=sine(1000, 1, RATE), carol=sine(1760, 1, RATE))
    assert spectrum_peaks(alice.sound()[RATE // 2 :], RATE) == [1000]


def test_digits_go_as_telephone_events_and_are_heard_here():
    network, alice, bob, clock = call()
    clock.run(0.5)
    alice.submit(voice.SendDigits, stream="call", digits="15#")
    clock.run(1)
    assert [(digit.digit, digit.duration_ms) for digit in bob.reports(voice.Digit)] == [
        ("1", 100),
        ("5", 100),
        ("#", 100),
    ]
    assert {packet.payload_type for packet in packets_of(network, "alice")} == {0, 101}
    assert alice.sound().any()
    assert not bob.sound().any()


def test_digits_go_in_band_where_no_telephone_event_was_agreed():
    network, alice, bob, clock = call(telephone_event=None)
    clock.run(0.5)
    alice.submit(voice.SendDigits, stream="call", digits="5", duration_ms=300)
    clock.run(0.5, alice=speech(1))
    loud = bob.sound()[round(0.65 * RATE) : round(0.75 * RATE)]
    assert [round(peak, -1) for peak in spectrum_peaks(loud, RATE)] == [770, 1340]
    assert {packet.payload_type for packet in packets_of(network, "alice")} == {0}


def test_odd_digits_are_a_fault():
    _, alice, _, clock = call()
    alice.submit(voice.SendDigits, stream="call", digits="1x")
    clock.run(0.1)
    assert len(alice.reports(voice.Fault)) == 1


def test_a_tone_is_heard_at_its_volume_and_ends_without_a_click():
    alice = Telephone(Network(), "alice")
    clock = Clock(alice)
    assert not alice.engine.busy
    alice.submit(voice.Tone, tone="dial", country="us")
    assert alice.engine.busy
    clock.run(1)
    assert spectrum_peaks(alice.sound()[RATE // 2 :], RATE) == [350, 440]
    loud = power(alice.sound()[RATE // 2 :])
    alice.submit(voice.Device, use="duplex", volume_db=-12.0)
    clock.run(1)
    assert power(alice.sound()[-RATE // 2 :]) == pytest.approx(loud - 12, abs=0.1)
    alice.submit(voice.Tone, tone=None)
    clock.run(0.5)
    assert not alice.sound()[-RATE // 4 :].any()
    assert not alice.engine.busy
    steepest = 2 * np.pi * 440 / RATE * 0.2 * 32767
    assert np.abs(np.diff(alice.sound().astype(int))).max() < 1.3 * steepest


def test_the_ringer_has_a_volume_of_its_own():
    alice = Telephone(Network(), "alice")
    clock = Clock(alice)
    alice.submit(voice.Tone, tone="ring", country="us", output="ringer")
    clock.run(1)
    loud = power(alice.sound())
    alice.submit(voice.Device, use="output", volume_db=-60.0, ringer_volume_db=-20.0)
    clock.run(0.1)
    alice.heard.clear()
    clock.run(0.9)
    assert power(alice.sound()) == pytest.approx(loud - 20, abs=1)


def test_dial_tone_begins_with_the_very_next_block():
    alice = Telephone(Network(), "alice")
    alice.submit(voice.Tone, tone="dial", country="gb")
    Clock(alice).run(0.01)
    assert alice.sound().any()


def test_a_call_waiting_tone_is_mixed_into_the_call():
    _, alice, _, clock = call()
    alice.submit(voice.Tone, tone="call-waiting", country="us")
    clock.run(0.3, bob=sine(1000, 1, RATE, 3000))
    assert spectrum_peaks(alice.sound()[round(0.15 * RATE) : round(0.25 * RATE)], RATE) == [440, 1000]


def test_the_first_words_of_a_call_are_heard_although_they_came_before_the_stream_was_active():
    _network, alice, bob, clock = call()
    alice.open("late", port=5000)
    bob.open("late", port=5000)
    bob.configure("late", ("alice", 5000), "PCMU")
    bob.talk("late")
    said = speech(0.6)
    clock.run(0.1, bob=said)
    alice.configure("late", ("bob", 5000), "PCMU")
    alice.talk("late")
    clock.run(0.5, bob=said[round(0.1 * RATE) :])
    heard = alice.sound()
    shift, onset = round(delay(said, heard)), round(0.08 * RATE)
    assert shift / RATE < 0.16
    assert np.corrcoef(said[:onset], heard[shift : shift + onset])[0, 1] > 0.5


def test_only_the_last_moments_before_the_first_activation_are_kept():
    _network, alice, bob, clock = call()
    alice.open("late", port=5000)
    bob.open("late", port=5000)
    bob.configure("late", ("alice", 5000), "PCMU")
    bob.talk("late")
    clock.run(5, bob=sine(1000, 5, RATE))
    bob.submit(voice.Device, use="duplex", muted=True)
    alice.configure("late", ("bob", 5000), "PCMU")
    alice.talk("late")
    before = len(alice.sound())
    clock.run(1)
    assert not alice.sound()[before + round(0.4 * RATE) :].any()
