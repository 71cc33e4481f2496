"""Every activation has values and derivatives in place, finite where those of its formula are."""

from __future__ import annotations

import numpy as np
import pytest
from tests.kernels.cases import ENTRIES, Numbers, buffers_of

from byhand import ACTIVATIONS, DenseLayer, leaky_relu
from byhand.kernels.in_place import activations
from byhand.kernels.in_place.activations import DERIVATIVES, VALUES

pytestmark = pytest.mark.usefixtures("plain")


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
    "activation",
    [*ENTRIES, leaky_relu(0.0)],
    ids=lambda entry: f"{entry.name} {'' if entry.slope is None else entry.slope}",
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
