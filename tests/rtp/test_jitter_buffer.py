"""The jitter buffer: order, duplicates, restarts, and what a hostile peer cannot do to it."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.rtp.delay import FIRST_TARGET, MAX_PACKETS, MAX_TARGET, WINDOW, DelayDistribution
from firmware.rtp.jitter_buffer import MAX_BUFFERED, JitterBuffer
from firmware.rtp.packet import RtpPacket

CLOCK = 8000


def packet(n: int, *, ssrc: int = 7, first: int = 0, timestamp: int | None = None) -> RtpPacket:
    """The n-th packet of a stream whose sequence numbers begin at `first`."""
    stamp = n * 160 if timestamp is None else timestamp
    return RtpPacket(0, (first + n) & 0xFFFF, stamp & 0xFFFFFFFF, ssrc, n.to_bytes(4, "big", signed=True))


def contents(buffer: JitterBuffer) -> list[int]:
    played = []
    while buffer.head is not None:
        played.append(int.from_bytes(buffer.pop().packet.payload, "big", signed=True))
    return played


@given(st.permutations(range(30)), st.sampled_from([0, 1, 0x7FF0, 0xFFF0, 0xFFFF]))
def test_any_order_of_arrival_is_played_in_order_over_any_wrap(order: list[int], first: int) -> None:
    buffer = JitterBuffer(CLOCK)
    for n in order:
        assert buffer.insert(packet(n, first=first), 1.0) == "stored"
    assert contents(buffer) == list(range(30))


def test_timestamps_may_wrap() -> None:
    buffer = JitterBuffer(CLOCK)
    for n in range(10):
        assert buffer.insert(packet(n, timestamp=0xFFFFFF00 + n * 160), n * 0.02) == "stored"
    stamps = [buffer.pop().timestamp for _ in range(10)]
    assert [b - a for a, b in pairwise(stamps)] == [160] * 9


def test_duplicates_are_refused_waiting_or_played() -> None:
    buffer = JitterBuffer(CLOCK)
    for n in range(3):
        buffer.insert(packet(n), n * 0.02)
    assert buffer.insert(packet(1), 0.06) == "duplicate"
    contents(buffer)
    assert buffer.insert(packet(1), 0.06) == "duplicate"
    assert (buffer.duplicates, buffer.late) == (2, 0)


def test_a_packet_whose_time_has_passed_is_late() -> None:
    buffer = JitterBuffer(CLOCK)
    for n in (0, 1, 3):
        buffer.insert(packet(n), n * 0.02)
    contents(buffer)
    assert buffer.insert(packet(2), 0.08) == "late"
    assert buffer.late == 1


@pytest.mark.parametrize(
    "jump",
    [
        {"ssrc": 8},
        {"first": 20_000},
        {"first": -20_000},
        {"timestamp": 10 * 160 + 100 * CLOCK},
        {"timestamp": 10 * 160 - 100 * CLOCK},
    ],
)
def test_one_strange_packet_is_suspect_and_two_are_a_new_stream(jump: dict[str, int]) -> None:
    """Another SSRC, sequence or time line: what waits is kept for the first packet, dropped at the second."""
    buffer = JitterBuffer(CLOCK)
    for n in range(10):
        buffer.insert(packet(n), n * 0.02)
    assert buffer.insert(packet(10, **jump), 0.20) == "suspect"
    assert len(buffer) == 10
    if "timestamp" in jump:
        jump["timestamp"] += 160
    assert buffer.insert(packet(11, **jump), 0.22) == "stored"
    assert buffer.restarts == 1
    assert contents(buffer) == [10, 11]


def test_a_stray_packet_between_good_ones_costs_nothing() -> None:
    buffer = JitterBuffer(CLOCK)
    for n in range(20):
        buffer.insert(packet(n, ssrc=99), n * 0.02) if n % 2 else buffer.insert(packet(n), n * 0.02)
    assert buffer.restarts == 0
    assert contents(buffer) == list(range(0, 20, 2))


def test_what_waits_is_bounded() -> None:
    buffer = JitterBuffer(CLOCK)
    for n in range(1000):
        buffer.insert(packet(n, timestamp=0), 0.0)
    assert len(buffer) == MAX_BUFFERED
    assert buffer.overflowed == 1000 - MAX_BUFFERED


def test_flushed_packets_are_late_when_they_come_again() -> None:
    buffer = JitterBuffer(CLOCK)
    for n in (0, 1, 3):
        buffer.insert(packet(n), n * 0.02)
    buffer.flush()
    assert buffer.head is None
    assert buffer.insert(packet(2), 0.07) == "late"


def test_random_packets_never_break_it_and_stay_cheap() -> None:
    """10^4 packets of random numbers; each bounded in CPU time."""
    source, buffer, worst = random.Random(1), JitterBuffer(CLOCK), 0.0
    for n in range(10_000):
        sequence, timestamp = source.getrandbits(16), source.getrandbits(32)
        if source.random() < 0.7:
            sequence, timestamp = n & 0xFFFF, n * 160 + source.choice((0, 2**31, -1, 7999 * CLOCK))
        strange = RtpPacket(0, sequence, timestamp & 0xFFFFFFFF, source.choice((7, 7, 7, 8)), b"")
        started = time.process_time()
        buffer.insert(strange, n * 0.02)
        worst = max(worst, time.process_time() - started)
        assert len(buffer) <= MAX_BUFFERED
        if source.random() < 0.5 and buffer.head is not None:
            buffer.pop()
    assert worst < 0.005


def test_the_target_covers_all_but_the_latest_packets() -> None:
    """Of 500 packets one in 50 comes 40 ms late: the target lets them in; one in 500 it does not."""
    often, rarely = DelayDistribution(), DelayDistribution()
    for n in range(500):
        often.add(0.1 + (0.04 if n % 50 == 0 else 0.0), n * 0.02)
        rarely.add(0.1 + (0.04 if n == 250 else 0.0), n * 0.02)
    assert often.target == pytest.approx(0.04)
    assert rarely.target == pytest.approx(0.0)


def test_the_target_starts_careful_and_is_capped() -> None:
    delay = DelayDistribution()
    delay.add(5.0, 0.0)
    assert delay.target == FIRST_TARGET
    for n in range(100):
        delay.add(5.0 + n, 0.1)
    assert delay.target == MAX_TARGET


def test_a_route_change_is_forgotten_after_the_window() -> None:
    delay = DelayDistribution()
    for n in range(1200):
        delay.add(0.05 if n < 600 else 0.15, n * 0.02)
    assert delay.floor == pytest.approx(0.15)
    assert delay.target == pytest.approx(0.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_the_floor_is_the_least_of_the_window(transits: list[float]) -> None:
    delay = DelayDistribution()
    for n, transit in enumerate(transits):
        delay.add(transit, n * 0.3)
    begin = (len(transits) - 1) * 0.3 - WINDOW
    assert delay.floor == min(t for n, t in enumerate(transits) if n * 0.3 >= begin)


def test_the_window_is_bounded_however_dense() -> None:
    delay = DelayDistribution()
    for n in range(3 * MAX_PACKETS):
        delay.add(float(n), 0.0)
    assert delay.floor == 2 * MAX_PACKETS
