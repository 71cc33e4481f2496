"""McNemar's and Welch's test agree with SciPy and with counting."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from byhand.errors import ArgumentError
from byhand.evaluation.significance import binomial_tail, mcnemar, student_p, welch

stats = pytest.importorskip("scipy.stats", reason="SciPy is the referee")


def answers(only_first, only_second, both=7, neither=3):
    first = [True] * only_first + [False] * only_second + [True] * both + [False] * neither
    second = [False] * only_first + [True] * only_second + [True] * both + [False] * neither
    return np.array(first), np.array(second)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (1, 0), (5, 1), (10, 10), (3, 17), (200, 260)])
def test_mcnemar_is_the_two_sided_binomial_test(b, c):
    found = mcnemar(*answers(b, c))

    assert (found.only_first, found.only_second, found.exact) == (b, c, True)
    expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert found.p == pytest.approx(expected, rel=1e-12)


def test_the_exact_p_is_a_count_of_coin_tosses():
    """Of the 2^6 results of six tosses, it counts those at least as uneven as 5 to 1."""
    uneven = [sum(coins) for coins in itertools.product((0, 1), repeat=6)]

    expected = sum(count <= 1 or count >= 5 for count in uneven) / 2**6

    assert mcnemar(*answers(5, 1)).p == expected


def test_large_counts_use_chi_squared_with_the_correction():
    found = mcnemar(*answers(620, 500))

    assert not found.exact
    assert found.p == pytest.approx(stats.chi2.sf((120 - 1) ** 2 / 1120, 1), rel=1e-9)
    assert found.p == pytest.approx(stats.binomtest(620, 1120).pvalue, rel=0.02)


def test_mcnemar_needs_answers_to_the_same_examples():
    with pytest.raises(ArgumentError, match=r"the same examples; got shapes \(2,\) and \(3,\)"):
        mcnemar(np.ones(2), np.ones(3))


@pytest.mark.parametrize("seed", range(20))
def test_welch_agrees_with_scipy(seed):
    rng = np.random.default_rng(seed)
    first = rng.normal(0, rng.uniform(0.1, 3), rng.integers(2, 20)).tolist()
    second = rng.normal(rng.uniform(-3, 3), rng.uniform(0.1, 3), rng.integers(2, 20)).tolist()

    found, expected = welch(first, second), stats.ttest_ind(first, second, equal_var=False)

    assert found.t == pytest.approx(expected.statistic, rel=1e-10)
    assert found.degrees == pytest.approx(expected.df, rel=1e-10)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)


@pytest.mark.parametrize("degrees", [1, 2, 2.5, 30, 1e4])
@pytest.mark.parametrize("t", [0, 1e-6, 0.5, 2, 12.7, 400])
def test_students_distribution_agrees_with_scipy(t, degrees):
    assert student_p(t, degrees) == pytest.approx(2 * stats.t.sf(t, degrees), rel=1e-8, abs=1e-300)


def test_without_any_spread_equal_means_are_equal_and_others_differ():
    assert welch([1.0, 1.0], [1.0, 1.0]).p == 1.0
    assert welch([1.0, 1.0], [2.0, 2.0]).p == 0.0
    assert welch([1.0, 1.0], [2.0, 2.0]).t == -math.inf


def test_welch_needs_two_values_on_each_side():
    with pytest.raises(ArgumentError, match="at least two values on each side; got 1 and 2"):
        welch([1.0], [1.0, 2.0])


@pytest.mark.parametrize(("hits", "of"), [(0, 10), (1, 10), (7, 10), (10, 10), (140, 900)])
@pytest.mark.parametrize("chance", [0.1, 0.15, 0.5, 0.9])
def test_the_tail_of_the_binomial_distribution_agrees_with_scipy(hits, of, chance):
    expected = stats.binom.sf(hits - 1, of, chance)

    assert binomial_tail(hits, of, chance) == pytest.approx(expected, rel=1e-8, abs=1e-300)
