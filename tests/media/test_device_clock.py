"""When blocks are due: absolute deadlines, drift, bursts and what is skipped after a long delay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.media.devices.base import PERIOD
from firmware.media.devices.clock import MOST_BEHIND, BlockClock


def run(blocks: BlockClock, start: float, seconds: float) -> list[float]:
    """The times of all blocks when the clock is asked at exactly its deadlines."""
    times: list[float] = []
    while blocks.deadline() < start + seconds:
        now = blocks.deadline()
        times += [now] * blocks.due(now)
    return times


def test_no_block_is_due_before_its_deadline_and_one_is_due_at_it() -> None:
    blocks = BlockClock(100.0)
    assert blocks.deadline() == pytest.approx(100.0 + PERIOD)
    assert blocks.due(100.0 + PERIOD / 2) == 0
    assert blocks.due(blocks.deadline()) == 1
    assert blocks.due(blocks.deadline() - 1e-4) == 0


@given(lateness=st.lists(st.floats(0, 0.05), min_size=1, max_size=200))
def test_lateness_never_adds_up(lateness: list[float]) -> None:
    """However late the clock is asked, the number of blocks is that of the time gone by."""
    blocks, now, delivered = BlockClock(0.0), 0.0, 0
    for late in lateness:
        now = max(now, blocks.deadline()) + late
        delivered += blocks.due(now)
    assert blocks.skipped == 0
    assert delivered == pytest.approx(now / PERIOD, abs=1.0)


@pytest.mark.parametrize("drift", [-200.0, 0.0, 100.0])
def test_drift_shows_as_more_or_fewer_blocks_in_the_same_time(drift: float) -> None:
    hour = len(run(BlockClock(0.0, drift_ppm=drift), 0.0, 3600.0))
    assert hour == pytest.approx(360_000 * (1 + drift / 1e6), abs=2)


def test_a_burst_delivers_several_blocks_at_once_then_none_for_as_long() -> None:
    times = run(BlockClock(0.0, burst=4), 0.0, 1.0)
    assert times[:8] == pytest.approx([0.04] * 4 + [0.08] * 4)


def test_after_a_long_delay_old_blocks_are_skipped_and_counted() -> None:
    blocks = BlockClock(0.0)
    assert blocks.due(1.0) == MOST_BEHIND
    assert blocks.skipped == 100 - MOST_BEHIND
    assert blocks.deadline() == pytest.approx(1.01)
