"""R squared, for one output and for several."""

from __future__ import annotations

import math

import numpy as np
import pytest

from byhand.network.r_squared import r2, sum_of_squares


@pytest.mark.parametrize("outputs", [1, 3])
def test_r_squared_is_that_of_scikit_learn(outputs):
    rng = np.random.default_rng(0)
    metrics = pytest.importorskip("sklearn.metrics", reason="the referee is scikit-learn")
    values = rng.normal(5, 2, (40, outputs)) * np.arange(1, outputs + 1)
    predicted = values + rng.normal(0, 1, values.shape)

    found = r2(sum_of_squares(predicted - values), values)

    weighted = metrics.r2_score(values, predicted, multioutput="variance_weighted")
    assert found == pytest.approx(weighted, rel=1e-12)


def test_perfect_predictions_have_one_those_of_the_mean_zero_and_constant_values_none():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(20, 2))
    mean = np.broadcast_to(values.mean(axis=0), values.shape)

    assert r2(0.0, values) == 1
    assert r2(sum_of_squares(mean - values), values) == pytest.approx(0, abs=1e-12)
    assert math.isnan(r2(1.0, np.ones((5, 2))))


def test_squares_are_summed_in_double_precision():
    x = np.full(1 << 20, 1e-3, dtype=np.float32)

    assert sum_of_squares(x) == pytest.approx(float(x[0]) ** 2 * len(x), rel=1e-12)
    assert sum_of_squares(np.full(2, 1e30, dtype=np.float32)) == pytest.approx(2e60, rel=1e-6)
