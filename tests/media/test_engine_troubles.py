"""The engine under trouble and over time: faults, reports, floods, hand-overs and wrong clocks."""

import errno

import numpy as np
import pytest

from firmware.control import voice
from tests.media.network import RATE, Clock, call
from tests.media.pcm import delay, power, sine
from tests.media.voices import KEY, keys, packets_of, speech


def test_what_this_telephone_does_not_have_is_a_fault():
    _, alice, _, clock = call()
    alice.submit(voice.Tone, tone="siren")
    alice.submit(voice.Activate, stream="other")
    alice.configure("call", ("bob", 4000), codecs=())
    faults = alice.reports(voice.Fault)
    assert [fault.generation for fault in faults] == [5, 6, 7]
    assert all(fault.words.endswith(".") for fault in faults)
    clock.run(0.1)


def test_a_network_that_refuses_is_told_once():
    _, alice, _, clock = call()
    alice.pairs["call"].rtp.refuses = OSError(errno.ENETUNREACH, "Network is unreachable")
    clock.run(1)
    assert len(alice.reports(voice.Fault)) == 1
    alice.pairs["call"].rtp.refuses = None
    clock.run(0.1)
    alice.pairs["call"].rtp.refuses = OSError(errno.ENETUNREACH, "Network is unreachable")
    clock.run(0.1)
    assert len(alice.reports(voice.Fault)) == 2


def test_silence_of_the_peer_is_told_once_and_so_is_its_return():
    network, alice, _, clock = call()
    clock.run(1)
    network.lose = lambda datagram, address: address == ("alice", 4000)
    clock.run(8)
    network.lose = lambda datagram, address: False
    clock.run(0.5)
    seconds = [report.seconds for report in alice.reports(voice.Silence)]
    assert seconds == [pytest.approx(5, abs=0.1), 0]


def test_quality_is_told_every_five_seconds_and_at_the_end():
    network, alice, _, clock = call()
    clock.run(11.98, alice=speech(11))
    alice.submit(voice.Release, stream="call")
    clock.run(0.02)
    told = alice.reports(voice.Quality)
    assert [(report.final, round(report.seconds)) for report in told] == [(False, 5), (False, 10), (True, 12)]
    assert told[-1].sent == 599
    assert told[-1].codec == "PCMU"
    assert told[-1].round_trip_ms is not None
    assert alice.engine.reports[-1] == voice.Released(stream="call", generation=alice.generation)
    goodbye = [datagram for source, _, datagram in network.sent if source == ("alice", 4001)][-1]
    assert 203 in goodbye[1::4]
    assert not alice.engine.busy


def test_checkpoints_say_how_far_a_stream_has_come():
    _, alice, _, clock = call()
    clock.run(3.5)
    checkpoints = alice.reports(voice.Checkpoint)
    assert len(checkpoints) == 3
    assert checkpoints[0].ports == (4000, 4001)
    assert (checkpoints[2].send_sequence - checkpoints[1].send_sequence) & 0xFFFF == 50
    assert checkpoints[2].receive_sequence is not None


def test_rtcp_on_the_rtp_port():
    network, _, bob, clock = call(rtcp_mux=True)
    clock.run(9)
    assert not any(source == ("alice", 4001) for source, _, _ in network.sent)
    assert bob.engine.reports
    assert bob.reports(voice.Quality)[-1].discarded == 0


def test_stun_and_dtls_are_carried_to_the_phone_but_not_in_floods():
    network, alice, _, clock = call()
    clock.run(0.01)
    port = alice.pairs["call"].rtp
    port.waiting.extend([(b"\x00\x01" + bytes(18), ("eve", 9))] * 100)
    clock.run(0.01)
    relayed = alice.reports(voice.Relay)
    assert 0 < len(relayed) <= 8
    assert relayed[0] == voice.Relay(
        stream="call", remote=voice.TransportAddress("eve", 9), payload=b"\x00\x01" + bytes(18)
    )
    alice.engine.submit(voice.Relay(stream="call", remote=relayed[0].remote, payload=b"\x01\x01"))
    clock.run(0.01)
    assert (("alice", 4000), ("eve", 9), b"\x01\x01") in network.sent


def test_no_datagram_upsets_the_loop():
    """Everything of two to sixty octets that begins with each octet there is, at both ports."""
    _, alice, _, clock = call()
    for first in range(256):
        for length in (0, 1, 2, 11, 12, 13, 60):
            for port in (alice.pairs["call"].rtp, alice.pairs["call"].rtcp):
                port.waiting.append((bytes([first] * length), ("eve", 9)))
    clock.run(2, bob=speech(2))
    assert power(alice.sound()[-RATE // 2 :]) > 40


def test_after_a_hand_over_what_waited_is_not_heard():
    """The loop stood still for a second; the caller is not a second late afterwards."""
    _, alice, bob, clock = call()
    clock.run(1, bob=speech(1))
    only_bob = Clock(bob, now=clock.now)
    only_bob.run(1, bob=speech(1, 5))
    clock.now = only_bob.now
    alice.engine.hand_over(clock.now)
    alice.heard.clear()
    said = speech(1, 7)
    clock.run(1, bob=said)
    assert delay(said, alice.sound()) < 0.08 * RATE


@pytest.mark.parametrize("codec", ["PCMU", "OPUS"])
@pytest.mark.parametrize(("wished", "packet_ms"), [(5, 10), (10, 10), (30, 20), (40, 40), (1000, 60)])
def test_any_packet_time_that_a_peer_wishes_for_gives_whole_packets(codec: str, wished: int, packet_ms: int):
    network, _, bob, clock = call(codec, ptime_ms=wished)
    clock.run(1.2, alice=speech(1.2))
    assert len(packets_of(network, "alice")) == 1200 // packet_ms
    assert power(bob.sound()[-RATE // 2 :]) > 40


@pytest.mark.parametrize("hurry", [-0.001, 0.001])
def test_a_peer_whose_clock_is_wrong_is_followed(hurry: float):
    """At a thousandth off, ten times what cards are, nothing is made up or missing, however long."""
    _, alice, bob, _ = call()
    clocks = {alice: 1000.0, bob: 1000.0}
    said = np.tile(sine(400, 1, RATE), 30)
    for block in range(3000):
        part = memoryview(said[block % 100 * 480 : block % 100 * 480 + 480].tobytes())
        while clocks[bob] < clocks[alice]:
            bob.heard.append(bytes(bob.engine.tick(None, clocks[bob])))
            clocks[bob] += 0.01
        alice.engine.tick(part, clocks[alice])
        clocks[alice] += 0.01 * (1 + hurry)
    powers = [power(part) for part in np.split(bob.sound()[RATE : RATE * 29], 28 * 50)]
    assert min(powers) > max(powers) - 6
    quality = bob.reports(voice.Quality)[-1]
    assert quality.playout_ms < 60
    assert quality.lost == 0


def test_a_burst_of_losses_fades_and_the_call_goes_on():
    network, _, bob, clock = call()
    clock.run(1, alice=sine(400, 1, RATE))
    network.lose = lambda datagram, address: True
    clock.run(0.5, alice=sine(400, 1, RATE))
    network.lose = lambda datagram, address: False
    gone = power(bob.sound()[-RATE // 5 :])
    clock.run(1, alice=sine(400, 1, RATE))
    assert gone < 0
    assert power(bob.sound()[-RATE // 2 :]) > 40


def test_a_peer_of_a_family_without_a_socket_is_a_fault():
    _, alice, _, clock = call()
    alice.configure("call", ("2001:db8::1", 4000))
    clock.run(0.5)
    assert [fault.words for fault in alice.reports(voice.Fault)] == ["There is no socket for 2001:db8::1."]


def test_an_unfit_key_is_a_fault_and_changes_nothing():
    _, alice, bob, clock = call(srtp=keys(KEY, KEY))
    clock.run(0.5)
    alice.configure("call", ("bob", 4000), srtp=keys(b"short", KEY))
    clock.run(1, alice=speech(1))
    assert len(alice.reports(voice.Fault)) == 1
    assert power(bob.sound()[-RATE // 2 :]) > 40


def test_a_hand_over_without_a_pause_loses_nothing():
    """A card that is opened as a call is answered takes over while the caller speaks."""
    _, alice, _bob, clock = call()
    said = speech(1)
    clock.run(0.3, bob=said)
    alice.engine.hand_over(clock.now)
    clock.run(0.7, bob=said[round(0.3 * RATE) :])
    assert delay(said, alice.sound()) < 0.08 * RATE
    assert not [report for report in alice.engine.reports if getattr(report, "concealed_ms", 0)]
    quiet = [n for n, block in enumerate(alice.heard[10:80]) if not np.frombuffer(block, np.int16).any()]
    assert quiet == []
