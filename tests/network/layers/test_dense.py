"""The dense layer: a matrix product, a bias and an activation."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ACTIVATIONS, ArgumentError, DenseLayer
from byhand.network.layers import PlacedLayer


def test_a_dense_layer_is_a_matrix_product_a_bias_and_an_activation(kernel_set):
    layer = DenseLayer(2, "relu")
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    W, b = np.array([[1.0, -1], [2, 0]]), np.array([0.5, 2])
    buffers = layer.new_buffers(x)

    layer.forward(PlacedLayer(layer, 1, 2, layer.units, (W, b), (), ()), buffers, False, None)

    np.testing.assert_array_equal(buffers.z, [[5.5, 1], [11.5, -1]])
    np.testing.assert_array_equal(buffers.a, [[5.5, 1], [11.5, 0]])


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_starting_from_dz_skips_only_the_derivative(name, kernel_set, bench_of):
    bench = bench_of(DenseLayer(3, name))
    expected, expected_dx = bench.backward()
    dx = np.empty_like(bench.x)

    bench.layer.backward_from_dz(bench.placed, bench.buffers, dx)

    np.testing.assert_allclose(dx, expected_dx, atol=1e-14)
    for gradient, other in zip(bench.gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, other, atol=1e-14)


@pytest.mark.parametrize("units", [0, -1, 2.0, True, "10", None])
def test_units_are_integers_of_at_least_one(units):
    with pytest.raises(ArgumentError, match="units must be an integer of at least 1; got"):
        DenseLayer(units, "relu")


def test_a_derived_layer_computes_its_own_gradients(kernel_set, bench_of):
    class Doubled(DenseLayer):
        def backward_from_dz(self, placed, buffers, dx):
            super().backward_from_dz(placed, buffers, dx)
            for gradient in placed.gradients:
                gradient *= 2

    (dW, db), dx = bench_of(DenseLayer(3, "relu")).backward()

    (doubled_dW, doubled_db), same_dx = bench_of(Doubled(3, "relu")).backward()

    np.testing.assert_allclose(doubled_dW, 2 * dW, atol=1e-14)
    np.testing.assert_allclose(doubled_db, 2 * db, atol=1e-14)
    np.testing.assert_allclose(same_dx, dx, atol=1e-14)
