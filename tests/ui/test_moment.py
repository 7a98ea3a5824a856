"""Clocks and timers: what they read, and exactly when they will read otherwise."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.moment import EARLY, Moment
from ui.texts import texts_of

WALL = datetime(2026, 11, 23, 14, 5, 20)

seconds = st.floats(0, 1e5, allow_nan=False)


def at(now: float) -> Moment:
    return Moment(now, WALL)


@pytest.mark.parametrize(
    ("ago", "text"),
    [(0, "0:00"), (59.9, "0:59"), (60, "1:00"), (727, "12:07"), (3599, "59:59"), (3727, "1:02:07")],
)
def test_timers_read_as_people_write_them(ago: float, text: str) -> None:
    assert at(ago).elapsed(0.0) == text


def test_a_beginning_in_the_future_reads_zero() -> None:
    """Two processes' clocks may be read a moment apart."""
    assert at(10.0).elapsed(10.2) == "0:00"


def test_a_countdown_rounds_up_and_ends_at_zero() -> None:
    assert [at(now).remaining(5.0) for now in (1.9, 2.0, 4.9, 5.0, 9.0)] == [4, 3, 1, 0, 0]


@given(seconds, st.floats(0.01, 5000, allow_nan=False))
def test_a_timer_is_right_until_it_says(now: float, since: float) -> None:
    """The same text just before, another one at the time said (timers may fire EARLY)."""
    moment = at(now + since)
    text = moment.elapsed(now)
    assert moment.until > now + since - EARLY
    assert at(max(moment.until - 3 * EARLY, now + since)).elapsed(now) == text
    assert at(moment.until).elapsed(now) != text


@given(seconds, st.floats(0.01, 5000, allow_nan=False))
def test_a_countdown_is_right_until_it_says(now: float, ahead: float) -> None:
    moment = at(now)
    left = moment.remaining(now + ahead)
    if left:
        assert at(max(now, moment.until - 3 * EARLY)).remaining(now + ahead) == left
        assert at(moment.until + EARLY).remaining(now + ahead) == left - 1


def test_the_clock_is_right_until_the_minute_is_over() -> None:
    moment = at(100.0)
    assert moment.time() == "14:05"
    assert moment.until == pytest.approx(140.0)


def test_the_first_of_several_changes_counts() -> None:
    moment = at(100.0)
    moment.time()
    moment.elapsed(99.5)
    moment.remaining(100.25)
    assert moment.until == pytest.approx(100.25)


def test_nothing_counts_while_nothing_is_asked() -> None:
    assert at(5.0).until == float("inf")


def test_the_date_is_in_the_words_of_the_language() -> None:
    assert at(0.0).date(texts_of("en")) == "Mon 23 November"


def test_the_time_of_something_past() -> None:
    assert at(100.0).time_of(100.0 - 3600) == "13:05"
