"""Playout decisions, one situation at a time, under a fake clock."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.rtp.packet import RtpPacket
from firmware.rtp.playout import MAX_AGE, MAX_CONCEALED, Conceal, Decision, Decode, Playout, Wait

CLOCK, FRAME = 8000, 160


def packet(n: int, *, extra: int = 0, marker: bool = False, ssrc: int = 7) -> RtpPacket:
    """The n-th packet; `extra` timestamp units of silence came before it."""
    return RtpPacket(0, n & 0xFFFF, n * FRAME + extra, ssrc, b"%d" % n, marker)


def running(count: int = 100) -> tuple[Playout, float]:
    """A playout of a perfect network in its stride: `count` packets came and were played; and the time."""
    playout = Playout(CLOCK)
    for n in range(count):
        playout.insert(packet(n), n * 0.02)
        if n:
            assert isinstance(playout.next(n * 0.02 + 0.001), Decode)
    assert isinstance(playout.next((count - 1) * 0.02 + 0.002), Decode)
    return playout, count * 0.02


def test_the_first_packet_waits_for_the_first_target() -> None:
    playout = Playout(CLOCK)
    assert playout.next(0.0) == Wait()
    playout.insert(packet(0), 1.0)
    assert playout.next(1.0) == Wait()
    assert playout.next(1.009) == Wait()
    assert playout.next(1.010) == Decode(packet(0))


def test_a_lost_packet_is_concealed_once_with_what_follows_it() -> None:
    playout, now = running()
    playout.insert(packet(101), now)
    assert playout.next(now) == Conceal(FRAME, packet(101).payload)
    decision = playout.next(now)
    assert isinstance(decision, Decode)
    assert decision.packet == packet(101)


def test_of_two_lost_packets_only_the_last_can_be_corrected() -> None:
    playout, now = running()
    playout.insert(packet(102), now)
    assert [playout.next(now) for _ in range(2)] == [Conceal(FRAME), Conceal(FRAME, packet(102).payload)]
    assert playout.next(now).packet == packet(102)  # type: ignore[union-attr]


def test_a_late_packet_is_waited_for_a_block_at_a_time_and_then_played() -> None:
    playout, now = running()
    assert playout.next(now) == Conceal(80)
    assert playout.next(now + 0.01) == Conceal(80)
    playout.insert(packet(100), now + 0.02)
    assert playout.next(now + 0.02).packet == packet(100)  # type: ignore[union-attr]
    assert playout.concealed == 160
    assert playout.buffer.late == 0


def test_concealment_counts_against_a_loss_found_out_later() -> None:
    """Two blocks were invented while packet 100 was awaited; it is lost, so 101 goes on without a gap."""
    playout, now = running()
    playout.next(now)
    playout.next(now + 0.01)
    playout.insert(packet(101), now + 0.02)
    assert playout.next(now + 0.02).packet == packet(101)  # type: ignore[union-attr]


def test_a_peer_that_falls_silent_is_concealed_for_a_moment_only() -> None:
    playout, now = running()
    blocks = 0
    while isinstance(playout.next(now + blocks * 0.01), Conceal):
        blocks += 1
    assert blocks == MAX_CONCEALED / 0.01
    assert playout.next(now + 1.0) == Wait()


@pytest.mark.parametrize("marker", [True, False])
def test_a_jump_of_the_timestamp_without_loss_is_silence(marker: bool) -> None:
    """RFC 3551 section 4.1, with and without the marker: nothing is concealed, the packet plays when due."""
    playout, now = running()
    silent = packet(100, extra=60 * FRAME, marker=marker)
    playout.insert(silent, now)  # far too early, by the clock of the sender
    assert playout.next(now) == Wait()
    assert playout.concealed == 0


def test_a_marker_makes_a_gap_silence_even_with_packets_lost() -> None:
    playout, now = running()
    playout.insert(packet(103, marker=True), now + 0.08)
    assert playout.next(now + 0.08).packet == packet(103, marker=True)  # type: ignore[union-attr]
    assert playout.concealed == 0


def test_a_long_gap_is_not_concealed_frame_by_frame() -> None:
    playout, now = running()
    playout.insert(packet(150), now)
    assert playout.next(now) == Wait()
    assert playout.concealed == 0


def test_too_much_delay_is_squeezed_out() -> None:
    playout, now = running()
    for n in range(100, 104):
        playout.insert(packet(n), now + (n - 100) * 0.02)
    late = playout.next(now + 0.06)
    assert isinstance(late, Decode)
    assert late.adjust == "accelerate"


def test_too_little_delay_is_stretched() -> None:
    """Before anything is known of the network, asking 2 ms after a packet's arrival is too soon."""
    playout = Playout(CLOCK)
    playout.insert(packet(0), 0.0)
    assert playout.next(0.020) == Decode(packet(0))
    playout.insert(packet(1), 0.020)
    assert playout.next(0.022) == Decode(packet(1), "expand")


def test_adjustments_are_spaced_unless_the_delay_is_far_off() -> None:
    playout, now = running()
    for n in range(100, 112):
        playout.insert(packet(n), now + (n - 100) * 0.02)
    later = now + 11 * 0.02
    adjusts = [playout.next(later).adjust for _ in range(12)]  # type: ignore[union-attr]
    assert adjusts[:7] == ["accelerate"] * 7  # more than 80 ms too long
    assert adjusts[8:].count("accelerate") <= 1


def test_after_a_stall_what_is_too_old_is_skipped() -> None:
    playout, now = running()
    for n in range(100, 160):
        playout.insert(packet(n), now + 1.2)
    decision = playout.next(now + 1.2)
    assert isinstance(decision, Decode)
    assert now + 1.2 - int(decision.packet.payload) * 0.02 <= MAX_AGE + 0.001
    assert playout.skipped == int(decision.packet.payload) - 100


def test_another_frame_length_is_learnt() -> None:
    playout = Playout(CLOCK, frame=0.02)
    for n in range(30):
        playout.insert(RtpPacket(0, n, n * 480, 7, b""), n * 0.06)
        playout.next(n * 0.06 + 0.03)
    playout.insert(RtpPacket(0, 31, 31 * 480, 7, b"31"), 1.80)
    assert playout.next(1.83) == Conceal(480, b"31")


def test_another_source_begins_anew_without_concealment() -> None:
    playout, now = running()
    playout.insert(packet(5, ssrc=8), now)
    playout.insert(packet(6, ssrc=8), now + 0.02)
    assert playout.next(now + 0.06).packet == packet(5, ssrc=8)  # type: ignore[union-attr]
    assert playout.concealed == 0


def test_flush_drops_what_waits() -> None:
    playout, now = running()
    playout.insert(packet(100), now)
    playout.flush()
    assert playout.next(now + 1) == Wait()


@given(
    st.integers(0, 2**32),
    st.sampled_from([8000, 16000, 48000]),
    st.sampled_from([0.0025, 0.005, 0.010, 0.020]),
)
def test_a_block_never_takes_endless_decisions(seed: int, clock_rate: int, block: float) -> None:
    """Whatever arrives, each decision but `Wait` gives sound or uses up a packet, in steps of 2.5 ms."""
    source, playout = random.Random(seed), Playout(clock_rate, block=block)
    now, sequence, timestamp, queued = 0.0, 0, 0, 0.0
    for _ in range(200):
        for _ in range(source.choice((0, 1, 1, 3))):
            sequence += source.choice((1, 1, 1, 2, 7, -3, 4000))
            timestamp += source.choice((160, 160, 0, 1, 7, 961, -160, 100_000, 2**31))
            incoming = RtpPacket(0, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 7, b"", source.random() < 0.1)
            playout.insert(incoming, now)
        queued = _fill(playout, now, queued, block, clock_rate)
        now += block


def _fill(playout: Playout, now: float, queued: float, block: float, clock_rate: int) -> float:
    for _ in range(400):
        if queued >= block:
            return queued - block
        decision: Decision = playout.next(now, queued)
        if isinstance(decision, Wait):
            return 0.0
        if isinstance(decision, Conceal):
            assert decision.duration > 0
            assert decision.duration % (clock_rate // 400) == 0
            queued += decision.duration / clock_rate
        # A decoded packet may be empty: the next decision must still come to an end.
    raise AssertionError("a block took more decisions than packets fit the buffer")
