"""Loss and jitter as RFC 3550's appendices count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.rtp.reception import Reception


def feed(reception: Reception, sequences: list[int], start: int = 0) -> None:
    for sequence in sequences:
        reception.count(sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, sequence * 0.02 + start)


def test_loss_is_what_was_expected_but_never_came_even_over_the_wrap() -> None:
    reception = Reception(7, 8000)
    feed(reception, [n for n in range(0xFFF0, 0x10010) if n % 4])
    assert (reception.received, reception.lost) == (24, 7)  # the first one missing was never expected


def test_the_fraction_is_that_since_the_last_report() -> None:
    reception = Reception(7, 8000)
    feed(reception, list(range(100)))
    assert reception.report(2.0).fraction_lost == 0
    feed(reception, [n for n in range(100, 200) if n % 2])
    report = reception.report(4.0)
    assert (report.fraction_lost, report.lost) == (128, 50)
    assert report.highest_sequence == 199
    assert reception.report(6.0).fraction_lost == 0


def test_duplicates_make_the_loss_negative_and_its_fraction_zero() -> None:
    reception = Reception(7, 8000)
    feed(reception, [1, 2, 2, 2, 3])
    report = reception.report(1.0)
    assert (report.lost, report.fraction_lost) == (-2, 0)


def test_jitter_follows_the_formula() -> None:
    """RFC 3550 appendix A.8 by hand: one packet 16 ms late, then one as much early again."""
    reception = Reception(7, 8000)
    for sequence, arrival in ((0, 0.0), (1, 0.020), (2, 0.056), (3, 0.060)):
        reception.count(sequence, sequence * 160, arrival)
    assert reception.jitter * 8000 == pytest.approx(8 + (128 - 8) / 16)


def test_a_new_time_line_is_no_jitter_and_loses_nothing() -> None:
    reception = Reception(7, 8000)
    feed(reception, list(range(50)))
    reception.count(30_000, 3_000_000_000, 1.0)
    reception.count(30_001, 3_000_000_160, 1.02)
    assert reception.lost == 0
    assert reception.jitter < 0.001


def test_the_sender_report_is_told_back_with_the_time_since() -> None:
    reception = Reception(7, 8000)
    reception.count(1, 0, 0.0)
    assert reception.report(1.0).last_report == 0
    reception.sender_reported(0x0123456789ABCDEF, 10.0)
    report = reception.report(11.5)
    assert (report.last_report, report.delay) == (0x456789AB, 98304)


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)), min_size=1, max_size=60))
def test_any_numbers_make_a_report_that_can_be_sent(packets: list[tuple[int, int]]) -> None:
    reception = Reception(7, 8000)
    for n, (sequence, timestamp) in enumerate(packets):
        reception.count(sequence, timestamp, n * 0.02)
        assert len(bytes(reception.report(n * 0.02))) == 24
