"""The confidence interval of an accuracy."""

from __future__ import annotations

import math
from statistics import NormalDist

from byhand.errors import ArgumentError


def wilson_interval(correct: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Return the confidence interval of an accuracy, as (low, high).

        centre = (p + z^2 / 2n) / (1 + z^2 / n)
        half   = z / (1 + z^2 / n) * sqrt(p (1 - p) / n + z^2 / 4 n^2)

    This is the score interval of Wilson (1927). It stays within 0..1 and is accurate near both
    bounds; Brown, Cai & DasGupta (2001) recommend it.

    Args:
        correct: number of correct predictions.
        total: number of predictions.
        level: probability with which such an interval contains the true accuracy.
    """
    if not 0 <= correct <= total or total < 1 or not 0 < level < 1:
        raise ArgumentError(
            "expected 0 <= correct <= total, total of at least 1 and a level between 0 and 1; got "
            f"{correct!r}, {total!r} and {level!r}."
        )
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, scale = correct / total, 1 + z * z / total
    centre = (p + z * z / (2 * total)) / scale
    half = z / scale * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return (centre - half if correct else 0.0), (centre + half if correct < total else 1.0)
