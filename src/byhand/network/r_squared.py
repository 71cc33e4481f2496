"""R squared, the score of a regression: 1 for perfect predictions, 0 for those of the mean."""

from __future__ import annotations

import numpy as np

from byhand.arrays import FloatArray


def r2(residual: float, values: FloatArray) -> float:
    """Return the coefficient of determination, 1 - residual / sum (value - mean)^2.

    Args:
        residual: sum of the squared errors of all outputs.
        values: targets (n, outputs). If they are constant, the result is NaN.
    """
    spread = sum_of_squares(values - values.mean(axis=0))
    return 1 - residual / spread if spread else float("nan")


def sum_of_squares(x: FloatArray) -> float:
    """Return the sum of the squares of all entries, in float64."""
    return float(np.square(x, dtype=np.float64).sum())
