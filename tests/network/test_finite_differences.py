"""Slopes from losses at offsets, and the error of a gradient beside them."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.network.finite_differences import OFFSETS, relative_error, slopes


@pytest.mark.parametrize(("points", "power"), [(2, 2), (4, 4)])
def test_slopes_of_polynomials_are_exact(points, power):
    """Two points are exact up to degree 2, four points up to degree 4."""
    at = np.array([0.5, -2.0])[:, None] + 0.1 * OFFSETS[points]

    found = slopes(at**power + 3 * at, 0.1)

    expected = power * np.array([0.5, -2.0]) ** (power - 1) + 3
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("points", [2, 4])
def test_the_error_falls_with_the_step(points):
    """For exp at 0, it falls as h to the power of the number of points."""
    errors = [abs(float(slopes(np.exp(h * OFFSETS[points]), h)) - 1) for h in (0.1, 0.05)]

    assert errors[0] / errors[1] == pytest.approx(2.0**points, rel=0.02)


def test_relative_error():
    """Differences are divided by both norms; rounding counts as equal."""
    gradient = np.array([3.0, 4.0])

    assert relative_error(gradient, -gradient, 0) == 1
    assert relative_error(gradient, gradient, 0) == 0
    assert relative_error(gradient * 1e-12, -gradient * 1e-12, 1e-9) == 0
