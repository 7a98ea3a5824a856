"""Counters that wrap, and the memory of which were seen."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.rtp.sequence import REPLAY_WINDOW, ReplayWindow, extend


@given(st.integers(0, 2**48), st.integers(-0x8000, 0x7FFF))
def test_extension_finds_the_nearest_number(reference: int, distance: int) -> None:
    true = reference + distance
    assert extend(true & 0xFFFF, reference, 16) == true


def test_extension_goes_over_the_wrap_both_ways() -> None:
    assert extend(1, 0xFFFF, 16) == 0x10001
    assert extend(0xFFFF, 0x10001, 16) == 0xFFFF
    assert extend(5, 0xFFFF_FFFF, 32) == 0x1_0000_0005


@given(st.lists(st.integers(0, 400), max_size=300))
def test_nothing_is_new_twice(indices: list[int]) -> None:
    """Against a plain set: the window never takes what was marked, and refuses only what is old."""
    window, seen = ReplayWindow(), set()
    for index in indices:
        if window.is_new(index):
            assert index not in seen
            window.mark(index)
            seen.add(index)
        else:
            assert index in seen or index <= max(seen) - REPLAY_WINDOW


def test_a_jump_of_any_size_is_cheap_and_empties_the_window() -> None:
    window = ReplayWindow()
    window.mark(1)
    window.mark(2**48)
    assert not window.is_new(1)
    assert window.is_new(2**48 - 1)
    assert not window.is_new(2**48 - REPLAY_WINDOW)
