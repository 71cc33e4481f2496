"""The formulas without temporary arrays give the numbers of the formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from tests.kernels.cases import (
    ENTRIES,
    Numbers,
    assert_equal_to_the_formula,
    buffers_of,
    cases_of,
    dtypes,
    seeds,
    shapes,
)

from byhand import ACTIVATIONS, CategoricalCrossEntropy, DenseLayer
from byhand.kernels import activations, in_place
from byhand.kernels.activations import DERIVATIVES, VALUES
from byhand.kernels.in_place import OVERRIDES
from byhand.network.losses import LossBuffers

pytestmark = pytest.mark.usefixtures("plain")
quickly = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("case", cases_of(OVERRIDES), ids=str)
@quickly
@given(shapes, dtypes, seeds)
def test_an_override_equals_its_formula(case, shape, dtype, seed):
    assert_equal_to_the_formula(case, OVERRIDES[case.entry], seed, dtype, shape)


def test_every_built_in_activation_is_computed_in_place():
    """A user's own activation needs no entry."""
    elsewhere = {"leaky_relu"}  # has a slope
    whole_rows = {"softmax"}  # has a Jacobian, not a derivative

    assert set(VALUES) == set(ACTIVATIONS) - elsewhere
    assert set(DERIVATIVES) == set(ACTIVATIONS) - elsewhere - whole_rows


def activate(z, activation):
    buffers = buffers_of(DenseLayer(z.shape[1], activation), Numbers(0, z.dtype), z.shape)
    buffers.z[...] = z
    activations.activate(activation, buffers)
    return buffers


@pytest.mark.parametrize(
    "activation", ENTRIES, ids=lambda entry: f"{entry.name} {entry.slope or ''}"
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_give_the_same_finite_numbers(activation, dtype):
    z = np.array([[-1e4, -50, -0.0, 0.0, 50, 1e4]], dtype)
    dA = np.arange(1, 7, dtype=dtype)[None]

    buffers = activate(z, activation)
    buffers.da[...] = dA
    activations.activation_backward(activation, buffers)

    assert np.isfinite(buffers.a).all()
    tolerance = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(buffers.a, activation(z), **tolerance)
    np.testing.assert_allclose(buffers.dz, activation.backward(dA, z, activation(z)), **tolerance)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_stay_visible(name, bad):
    """Training finds the step at which it diverged by its first NaN or infinity."""
    z, activation = np.array([[1.0, bad, -1.0]]), ACTIVATIONS[name]

    with np.errstate(all="ignore"):
        result, expected = activate(z, activation).a, activation(z)

    assert not (np.isfinite(result) & ~np.isfinite(expected)).any()


def test_the_first_of_equal_logits_is_predicted():
    z = np.zeros((3, 4))
    buffers = LossBuffers(np.empty(3), np.full(3, 7), np.empty((3, 4)))

    loss, labels = CategoricalCrossEntropy(), np.array([0, 1, 2])
    in_place.cross_entropy(loss, z, ACTIVATIONS["softmax"](z), labels, buffers, False)

    assert (buffers.predictions == 0).all()


@pytest.mark.parametrize("make", [in_place.ones, in_place.row_starts, in_place.smooth_onehot])
def test_constant_arrays_are_cached(make):
    arguments = {
        in_place.ones: (5, np.dtype("f4")),
        in_place.row_starts: (3, 4),
        in_place.smooth_onehot: (4, 0.1, np.dtype("f8")),
    }[make]

    assert make(*arguments) is make(*arguments)
    assert make.cache_info().maxsize == in_place.REMEMBERED


def test_label_smoothing_is_a_row_of_the_smoothed_identity():
    table = in_place.smooth_onehot(4, 0.2, np.dtype("f8"))

    np.testing.assert_allclose(table, CategoricalCrossEntropy(0.2).smoothed(np.arange(4), table))
