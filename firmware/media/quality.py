"""How good a call sounds, estimated by the E-model (ITU-T G.107) from what the network does to it."""

from math import log2

DEFAULT_RATING = 93.2
"""R with every parameter at its default (G.107 section 7.7)."""

IMPAIRMENTS = {"PCMU": (0.0, 25.1), "PCMA": (0.0, 25.1), "G722": (0.0, 25.1), "OPUS": (0.0, 40.0)}
"""Equipment impairment Ie and loss robustness Bpl by codec. G.711's are those of G.113 with concealment;
on this narrow-band scale a wide-band codec cannot be better, Opus only more robust for its correction."""


def mean_opinion(codec: str, lost_percent: float, delay_ms: float) -> float:
    """The estimated MOS, 1 to 4.5; `delay_ms` is one way, mouth to ear, with echo perfectly cancelled."""
    impairment, robustness = IMPAIRMENTS.get(codec, (0.0, 10.0))
    loss = impairment + (95 - impairment) * lost_percent / (lost_percent + robustness)
    return _opinion(DEFAULT_RATING - loss - _delay_impairment(delay_ms))


def _delay_impairment(delay_ms: float) -> float:
    """Idd of G.107 section 7.4.3."""
    if delay_ms <= 100:
        return 0.0
    x = log2(delay_ms / 100)
    return float(25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2))


def _opinion(rating: float) -> float:
    """MOS of R, G.107 annex B."""
    if rating <= 0:
        return 1.0
    rating = min(rating, 100.0)
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)
