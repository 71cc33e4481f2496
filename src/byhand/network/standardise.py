"""Mean and standard deviation of training data, in blocks, so that it may exceed memory.

`InputLayer` applies them: A0 = x * factor - offset.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import DataError

BLOCK_ROWS = 4096
"""Number of rows to read at a time."""


def value_range(x: Array) -> tuple[float, float]:
    """Return the smallest and largest value of rows x; raise for NaN, infinity or no rows."""
    if not len(x):
        raise DataError("expected at least one example; got an array with no rows.")
    low, high = np.inf, -np.inf
    for start in range(0, len(x), BLOCK_ROWS):
        block = x[start : start + BLOCK_ROWS]
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        if not (np.isfinite(low) and np.isfinite(high)) or np.isnan(block.min()):
            row = start + int(np.argmax(~np.isfinite(block).all(axis=1)))
            raise DataError(
                f"the input holds NaN or infinity, first in row {row}; remove or replace it."
            )
    return low, high


def standardisation(
    x: Array, images: bool, rows: IntArray | None
) -> tuple[float | FloatArray, float | FloatArray]:
    """Return 1 / deviation and mean / deviation, of all pixels (images) or of each column."""
    axis = None if images else 0
    chosen = np.arange(len(x)) if rows is None else rows
    # E[x^2] - E[x]^2 loses all digits far from 0, so the moments are about an estimate of the mean.
    estimate = x[chosen[:BLOCK_ROWS]].astype(np.float64).mean(axis=axis)
    total = square = np.zeros_like(estimate)
    for start in range(0, len(chosen), BLOCK_ROWS):
        block = x[chosen[start : start + BLOCK_ROWS]].astype(np.float64) - estimate
        total = total + block.sum(axis=axis)
        square = square + (block * block).sum(axis=axis)
    count = len(chosen) * (x.shape[1] if images else 1)
    shift = total / count
    mean = estimate + shift
    deviation = np.sqrt(np.maximum(square / count - shift * shift, 0))
    deviation = np.where(deviation > 1e-12 * np.maximum(np.abs(mean), 1), deviation, 1.0)
    factor, offset = 1 / deviation, mean / deviation
    return (float(factor), float(offset)) if images else (factor, offset)
