"""The E-model's estimates, against values that G.107 and its Appendix give."""

import pytest

from firmware.media.quality import mean_opinion


def test_a_perfect_call_has_the_default_rating():
    """R 93.2 is MOS 4.41 (G.107 annex B)."""
    assert mean_opinion("PCMU", 0, 0) == pytest.approx(4.41, abs=0.01)


@pytest.mark.parametrize(("delay_ms", "expected"), [(100, 4.41), (150, 4.40), (250, 4.18), (400, 3.56)])
def test_delay_is_free_until_a_tenth_of_a_second(delay_ms: float, expected: float):
    assert mean_opinion("PCMA", 0, delay_ms) == pytest.approx(expected, abs=0.02)


def test_loss_hurts_more_and_more_down_to_the_worst():
    opinions = [mean_opinion("PCMU", lost, 50) for lost in (0, 1, 2, 5, 10, 20, 50, 100)]
    assert opinions == sorted(opinions, reverse=True)
    assert opinions[0] > 4.3
    assert mean_opinion("PCMU", 5, 50) == pytest.approx(3.9, abs=0.1)
    assert mean_opinion("PCMU", 100, 2000) == 1.0


def test_an_unknown_codec_is_rated_as_one_without_concealment():
    assert mean_opinion("", 5, 50) < mean_opinion("PCMU", 5, 50)
