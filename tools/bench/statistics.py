"""The few statistics that figures are made of."""

import math
from collections.abc import Sequence
from itertools import pairwise


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all are not above (nearest rank). Raises ValueError."""
    if not values:
        raise ValueError("no values")
    rank = max(1, math.ceil(percent / 100 * len(values)))
    return sorted(values)[rank - 1]


def median(values: Sequence[float]) -> float:
    """The middle one, the lower of two."""
    return percentile(values, 50)


def gaps(times: Sequence[float]) -> list[float]:
    """Between each time and the next."""
    return [later - earlier for earlier, later in pairwise(times)]
