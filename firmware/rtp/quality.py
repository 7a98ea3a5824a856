"""How good a call sounds, estimated from its figures by the E-model (ITU-T G.107, simplified).

The rating R is on the narrowband scale also for wideband codecs, so that a figure can be compared with those
of other telephones. Codec impairments are those of ITU-T G.113 appendix I; where it has none (Opus), the
codec counts as transparent and as robust as its in-band error correction lets it be.
"""

from typing import NamedTuple

BEST_RATING = 93.2
"""R of a call with all defaults of G.107 and nothing lost or delayed."""

ECHO_KNEE = 0.1773
"""Seconds one way from which a conversation itself suffers (Cole and Rosenbluth, 2001)."""


class Impairment(NamedTuple):
    """What a codec costs: `equipment` (Ie) always, and more with loss, the less its `robustness` (Bpl)."""

    equipment: float
    robustness: float


IMPAIRMENTS = {
    "PCMU": Impairment(0.0, 25.1),
    "PCMA": Impairment(0.0, 25.1),
    "G722": Impairment(0.0, 13.0),
    "OPUS": Impairment(0.0, 30.0),
}
"""By name in SDP; G.711 with concealment as in its appendix I."""

UNKNOWN = Impairment(10.0, 10.0)
"""For a codec that is not in the table."""


def rating(codec: str, one_way: float, loss: float) -> float:
    """R, 0 to 93.2, of a codec by its SDP name, mouth-to-ear seconds and share of packets lost (0 to 1)."""
    impairment = IMPAIRMENTS.get(codec.upper(), UNKNOWN)
    percent = 100 * loss
    equipment = impairment.equipment
    equipment += (95 - equipment) * percent / (percent + impairment.robustness)
    delay = 24 * one_way + 110 * max(0.0, one_way - ECHO_KNEE)
    return max(0.0, BEST_RATING - delay - equipment)


def opinion_score(rating: float) -> float:
    """MOS, 1 to 4.5, of a rating (G.107 annex B)."""
    if rating <= 0:
        return 1.0
    if rating >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)
