"""Compares a result with the correct one: how close numbers must be to count as right."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array

TOLERANCE = 1e-6
"""Largest relative error of a correct result; an exercise may state another."""


def same(got: Array, expected: Array, tolerance: float = TOLERANCE) -> bool:
    """Return whether two arrays have the same shape and numbers, including NaN and infinity."""
    if got.shape != expected.shape:
        return False
    finite = np.abs(expected[np.isfinite(expected)])
    scale = float(finite.max()) if finite.size else 1.0
    return bool(np.allclose(got, expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True))
