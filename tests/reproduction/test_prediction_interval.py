"""The interval contains 95 of 100 further runs for any number of runs, and agrees with SciPy."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.reproduction.prediction_interval import prediction_interval, rank, student


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 19, 30, 31, 40, 60, 120, 1000])
def test_the_quantiles_are_those_of_students_distribution(degrees):
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")

    assert student(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=3e-3)


@pytest.mark.parametrize("n", [3, 5, 20, 50])
def test_95_of_100_further_values_are_inside(n):
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(4000):
        low, high = prediction_interval(rng.normal(0.9, 0.01, n).tolist())
        inside += low <= rng.normal(0.9, 0.01) <= high

    assert inside / 4000 == pytest.approx(0.95, abs=0.012)


def test_two_values_have_no_interval():
    assert prediction_interval([0.9, 0.91]) is None


def test_the_rank_is_the_fraction_of_runs_below():
    assert rank([1.0, 2.0, 3.0, 4.0], 2.5) == 0.5
    assert rank([1.0, 2.0, 3.0, 4.0], 2.0) == 0.375
    assert rank([1.0], 0.0) == 0.0
