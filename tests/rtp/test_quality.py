"""The E-model: known points, and that worse is worse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.rtp.quality import BEST_RATING, opinion_score, rating


@pytest.mark.parametrize(
    ("value", "mos"),
    [
        (-5, 1.0),
        (0, 1.0),
        (50, 2.58),
        (60, 3.10),
        (70, 3.60),
        (80, 4.02),
        (90, 4.34),
        (93.2, 4.41),
        (120, 4.5),
    ],
)
def test_scores_of_known_ratings(value: float, mos: float) -> None:
    """ITU-T G.107 annex B, table B.1."""
    assert opinion_score(value) == pytest.approx(mos, abs=0.01)


def test_a_perfect_call_and_a_lossy_one() -> None:
    assert rating("PCMU", 0.0, 0.0) == BEST_RATING
    assert rating("PCMU", 0.1, 0.0) == pytest.approx(90.8)
    assert rating("pcma", 0.0, 0.05) == pytest.approx(93.2 - 95 * 5 / 30.1)
    assert rating("NOSUCH", 0.0, 0.0) == pytest.approx(83.2)


CODECS = st.sampled_from(["PCMU", "G722", "OPUS", "X"])
SHARES = st.floats(0, 0.5)


@given(CODECS, st.floats(0, 2), st.floats(0, 1), SHARES, SHARES)
def test_more_delay_or_loss_is_never_better(
    codec: str, delay: float, loss: float, longer: float, more: float
) -> None:
    better, worse = rating(codec, delay, loss), rating(codec, delay + longer, min(loss + more, 1.0))
    assert 0 <= worse <= better <= BEST_RATING
    assert 1 <= opinion_score(worse) <= opinion_score(better) <= 4.5
