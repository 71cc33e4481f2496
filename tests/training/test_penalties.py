"""Penalties: values computed by hand, and a gradient that is the slope of the value."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.network.parameters import NamedVector
from byhand.training.penalties import add_penalty_gradient, penalty


def network(weights, bias=3.0):
    """Return parameters with these weights and one bias, and a gradient of zeros."""
    shapes = {"W1": (len(weights), 1), "b1": (1,)}
    parameters = NamedVector(shapes, np.float64)
    gradients = NamedVector(shapes, np.float64, prefix="d")
    parameters["W1"][:, 0] = weights
    parameters["b1"][:] = bias
    return parameters, gradients


@pytest.mark.parametrize(
    ("l1", "l2", "value"), [(0.0, 0.0, 0.0), (0.5, 0.0, 1.5), (0.0, 0.2, 0.5), (0.5, 0.2, 2.0)]
)
def test_the_value_is_half_the_squares_and_the_sizes_of_the_weights(l1, l2, value):
    assert penalty(np.array([1.0, -2.0, 0.0]), l1, l2) == pytest.approx(value)


def test_float32_weights_are_summed_in_float64():
    assert penalty(np.full(3, 1e30, np.float32), 0.0, 2.0) == pytest.approx(3e60)


def test_the_gradient_is_the_slope_of_the_value(kernel_set):
    parameters, gradients = network([1.5, -0.7, 0.2])
    gradients.vector[:] = 1.0

    add_penalty_gradient(parameters, gradients, 0.3, 0.4)

    step = 1e-6
    for k, weight in enumerate(parameters["W1"][:, 0]):
        near = [parameters.weights.copy() for _ in range(2)]
        near[0].flat[k], near[1].flat[k] = weight - step, weight + step
        slope = (penalty(near[1], 0.3, 0.4) - penalty(near[0], 0.3, 0.4)) / (2 * step)
        assert gradients.weights.flat[k] - 1.0 == pytest.approx(slope, rel=1e-6)


def test_a_weight_of_zero_is_not_pushed(kernel_set):
    parameters, gradients = network([0.0, 2.0])

    add_penalty_gradient(parameters, gradients, 0.5, 0.0)

    np.testing.assert_array_equal(gradients.weights.ravel(), [0.0, 0.5])


def test_biases_are_not_penalised(kernel_set):
    parameters, gradients = network([1.0])

    add_penalty_gradient(parameters, gradients, 0.5, 0.5)

    assert gradients.vector.tolist() == [1.0, 0.0]
