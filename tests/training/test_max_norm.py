from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.network.parameters import NamedVector
from byhand.training.max_norm import limit_norms


def test_long_columns_are_shortened_and_short_ones_left_alone():
    parameters = NamedVector({"W1": (2, 3), "b1": (3,)}, np.float64)
    parameters["W1"] = np.array([[3.0, 0.3, 0.0], [4.0, 0.4, 2.0]])
    parameters["b1"] = np.array([9.0, 9.0, 9.0])

    limit_norms(parameters, 1.0)

    np.testing.assert_allclose(parameters["W1"], [[0.6, 0.3, 0], [0.8, 0.4, 1]])
    assert parameters["b1"].tolist() == [9, 9, 9]


def test_a_column_of_zeros_stays():
    parameters = NamedVector({"W1": (2, 2)}, np.float32)
    parameters["W1"] = np.array([[0.0, 5.0], [0.0, 0.0]])

    limit_norms(parameters, 2.0)

    assert parameters["W1"].tolist() == [[0, 2], [0, 0]]


@pytest.mark.parametrize("limit", [0.3, 1.0])
def test_no_unit_of_a_trained_network_has_longer_weights(limit, kernel_set):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 6)).astype(np.float32), rng.integers(0, 3, 100)
    net = MultiLayerPerceptron([InputLayer(6), DenseLayer(8), DenseLayer(3, "softmax")], seed=0)

    net.fit(x, y, epochs=5, learning_rate=0.1, max_norm=limit, verbose=0)

    norms = np.concatenate([np.linalg.norm(net.parameters[w], axis=0) for w in ("W1", "W2")])
    assert norms.max() <= limit * (1 + 1e-5)
    assert norms.max() >= limit * (
        1 - 1e-5
    )  # the limit was reached; otherwise the test would show nothing


@pytest.mark.parametrize("limit", [0, -1, np.nan, "3"])
def test_an_impossible_limit_is_refused(limit):
    net = MultiLayerPerceptron([InputLayer(2), DenseLayer(2, "softmax")])

    with pytest.raises(ArgumentError, match="max_norm"):
        net.fit(np.eye(2), [0, 1], max_norm=limit, verbose=0)
