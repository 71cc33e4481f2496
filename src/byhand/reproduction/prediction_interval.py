"""The 95 % prediction interval: where one more run of the same recipe would lie.

A source publishes one run. If it did what our recipe does, its figure is one more draw from the
distribution over our seeds. For n runs with mean m and sample standard deviation s, 95 of 100 such
draws lie within

    m - t s sqrt(1 + 1/n)  to  m + t s sqrt(1 + 1/n)

where t is the 97.5 % quantile of Student's distribution with n - 1 degrees of freedom. Runs are
assumed to be normally distributed.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

STUDENT = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""97.5 % quantiles of Student's distribution with 1 to 30 degrees of freedom."""

LEAST = 3
"""Number of runs below which there is no interval."""


def prediction_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the interval for 95 of 100 further values; None for fewer than `LEAST` values."""
    n = len(values)
    if n < LEAST:
        return None
    reach = student(n - 1) * statistics.stdev(values) * math.sqrt(1 + 1 / n)
    mean = statistics.fmean(values)
    return mean - reach, mean + reach


def student(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's distribution, to 0.003."""
    return STUDENT[degrees - 1] if degrees <= len(STUDENT) else 1.96 + 2.46 / degrees


def rank(values: Sequence[float], figure: float) -> float:
    """Return the fraction of values that a figure exceeds; equal ones count half."""
    below = sum(value < figure for value in values)
    equal = sum(value == figure for value in values)
    return (below + equal / 2) / len(values)
