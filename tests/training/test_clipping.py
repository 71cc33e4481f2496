"""Gradients are clipped by value and by norm."""

from __future__ import annotations

import numpy as np
import pytest
from tests.training.small_training import one_step

from byhand.network.parameters import NamedVector
from byhand.training.clipping import clip_by_norm


def test_clipping_by_norm_shortens_and_does_not_turn(kernel_set):
    plain, _ = one_step()
    length = np.linalg.norm(plain)

    clipped, _ = one_step(clip_norm=length / 3)
    free, _ = one_step(clip_norm=length * 3)

    np.testing.assert_allclose(clipped, plain / 3, atol=1e-14)
    np.testing.assert_array_equal(free, plain)


def test_clipping_by_value_limits_each_number(kernel_set):
    plain, _ = one_step()
    limit = float(np.median(np.abs(plain)))

    clipped, _ = one_step(clip_value=limit)

    np.testing.assert_allclose(clipped, np.clip(plain, -limit, limit), atol=1e-14)


@pytest.mark.parametrize("limit", [0.5, 5.0])
@pytest.mark.parametrize("scale", [1.0, 1e10, 1e25, 1e38])
def test_a_gradient_whose_squares_overflow_is_clipped_to_the_limit(scale, limit):
    gradients = NamedVector({"W1": (3, 4), "b1": (4,)}, np.float32)
    direction = np.linspace(-3, 3, 16)
    gradients.vector[:] = direction * scale

    with np.errstate(over="ignore"):  # as in fit
        clip_by_norm(gradients, limit)

    unit = direction / np.linalg.norm(direction)
    np.testing.assert_allclose(gradients.vector, limit * unit, rtol=1e-5)
