"""Whether two networks, or two recipes, differ by more than chance explains."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array
from byhand.errors import ArgumentError

EXACT = 1000
"""Number of examples on which two networks differ, up to which McNemar's test is exact."""


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of two networks on the same examples.

    Args:
        only_first: number of examples that only the first network gets right.
        only_second: number of examples that only the second gets right.
        p: probability of such a difference, or a larger one, between equally good networks.
        exact: whether p is exact, or that of the chi-squared approximation.
    """

    only_first: int
    only_second: int
    p: float
    exact: bool


def mcnemar(first: Array, second: Array) -> McNemar:
    """Return McNemar's test: do two networks make equally many mistakes on the same examples?

    Only the n = b + c examples count that one network gets right and the other wrong. For equally
    good networks each of these is like the toss of a coin, so with k = min(b, c)

        p = 2 P(X <= k),  X ~ Binomial(n, 1/2)

    For n above 1,000 p is that of chi-squared = (|b - c| - 1)^2 / n with one degree of freedom.
    Source: McNemar (1947), "Note on the sampling error of the difference between correlated
    proportions"; with the continuity correction of Edwards (1948).

    Args:
        first: whether the first network is right on each example (n,).
        second: the same for the second network (n,).
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    if first.shape != second.shape or first.ndim != 1:
        raise ArgumentError(
            "expected one prediction of each network for the same examples; got shapes "
            f"{first.shape} and {second.shape}."
        )
    b, c = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    return McNemar(b, c, mcnemar_p(b, c), exact=b + c <= EXACT)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Return the p-value of McNemar's test, from the two counts b and c; see `mcnemar`."""
    b, c = only_first, only_second
    n = b + c
    if n > EXACT:
        chi_squared = (abs(b - c) - 1) ** 2 / n if b != c else 0.0
        return math.erfc(math.sqrt(chi_squared / 2))
    tail = sum(math.comb(n, k) for k in range(min(b, c) + 1))
    return min(1.0, 2 * tail / (1 << n))


@dataclass(frozen=True)
class Welch:
    """Welch's t-test of two means.

    Args:
        difference: mean of the first sample minus mean of the second.
        t: the statistic.
        degrees: degrees of freedom.
        p: probability of such a difference, or a larger one, between equal means.
    """

    difference: float
    t: float
    degrees: float
    p: float


def welch(first: Sequence[float], second: Sequence[float]) -> Welch:
    """Return Welch's t-test: do two samples, which may vary differently, have the same mean?

        t = (m1 - m2) / sqrt(v1 + v2),  v = s^2 / n
        degrees = (v1 + v2)^2 / (v1^2 / (n1 - 1) + v2^2 / (n2 - 1))

    Source: Welch (1947), "The generalization of 'Student's' problem when several different
    population variances are involved".

    Args:
        first: at least two values.
        second: at least two values.
    """
    if min(len(first), len(second)) < 2:
        raise ArgumentError(
            f"expected at least two values on each side; got {len(first)} and {len(second)}."
        )
    difference = statistics.fmean(first) - statistics.fmean(second)
    v1, v2 = (statistics.variance(values) / len(values) for values in (first, second))
    if v1 + v2 == 0:  # no spread at all: every difference is significant
        t = math.copysign(math.inf, difference) if difference else 0.0
        return Welch(difference, t, math.inf, 1.0 if difference == 0 else 0.0)
    degrees = (v1 + v2) ** 2 / (v1**2 / (len(first) - 1) + v2**2 / (len(second) - 1))
    t = difference / math.sqrt(v1 + v2)
    return Welch(difference, t, degrees, student_p(t, degrees))


def student_p(t: float, degrees: float) -> float:
    """Return the two-sided probability of Student's t: P(|T| >= |t|) = I_x(degrees / 2, 1 / 2).

    x = degrees / (degrees + t^2), and I is the regularised incomplete beta function.
    """
    whole = degrees + t * t
    return _incomplete_beta(degrees / 2, 0.5, degrees / whole, t * t / whole)


def binomial_tail(hits: int, of: int, chance: float) -> float:
    """Return the probability of at least `hits` hits: P(X >= hits) = I_chance(hits, of - hits + 1).

    Args:
        hits: number of hits.
        of: number of tries.
        chance: probability of a hit in each.
    """
    return _incomplete_beta(hits, of - hits + 1, chance, 1 - chance) if hits > 0 else 1.0


def _incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """Return I_x(a, b) by its continued fraction, evaluated as Lentz (1976) does; y is 1 - x.

    Source: Press et al., "Numerical Recipes", section 6.4.
    """
    if x <= 0 or y <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly
        return 1 - _incomplete_beta(b, a, y, x)
    tiny = 1e-300
    c, d = 1.0, 1 / _away_from_0(1 - (a + b) * x / (a + 1), tiny)
    fraction = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_0(1 + term * d, tiny)
            c = _away_from_0(1 + term / c, tiny)
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    log_front += a * math.log(x) + b * math.log(y)
    return math.exp(log_front) * fraction / a


def _away_from_0(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
