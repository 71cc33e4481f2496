"""Mean and standard deviation of training data, in blocks, so that it may exceed memory.

`InputLayer` applies them: A0 = (x - mean) * factor, where factor = 1 / deviation.
"""

from __future__ import annotations

from collections.abc import Iterator

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
                f"the input contains NaN or infinity, first in row {row}; remove or replace it."
            )
    return low, high


def standardisation(
    x: Array, images: bool, rows: IntArray | None
) -> tuple[float | FloatArray, float | FloatArray]:
    """Return mean and 1 / deviation, of all pixels (images) or of each column.

    A column that never varies has the factor 1. The moments are those of z = (x - centre) / half in
    [-1, 1], where centre and half are the middle and half the width of the column's range. Far from
    0, E[x^2] - E[x]^2 would lose all digits, and squares of large or small numbers would leave the
    range of float64.
    """
    axis = None if images else 0
    chosen = np.arange(len(x)) if rows is None else rows
    low, high = _ranges(x, chosen, axis)
    centre, half = low / 2 + high / 2, high / 2 - low / 2
    varies = half > np.finfo(np.float64).tiny
    half = np.where(varies, half, 1.0)
    total = square = np.zeros_like(half)
    for block in _blocks(x, chosen):
        z = (block - centre) / half
        total = total + z.sum(axis=axis)
        square = square + (z * z).sum(axis=axis)
    count = len(chosen) * (x.shape[1] if images else 1)
    shift = total / count
    mean = np.where(varies, centre + half * shift, low)
    deviation = half * np.sqrt(np.maximum(square / count - shift * shift, 0))
    factor = 1 / np.where(varies, deviation, 1.0)
    return (float(mean), float(factor)) if images else (mean, factor)


def _ranges(x: Array, rows: IntArray, axis: int | None) -> tuple[FloatArray, FloatArray]:
    """Return the smallest and the largest value, of all columns together or of each."""
    extremes = [(block.min(axis=axis), block.max(axis=axis)) for block in _blocks(x, rows)]
    lows, highs = zip(*extremes, strict=True)
    return np.min(lows, axis=0), np.max(highs, axis=0)


def _blocks(x: Array, rows: IntArray) -> Iterator[FloatArray]:
    """Yield the given rows in blocks, as float64."""
    for start in range(0, len(rows), BLOCK_ROWS):
        yield x[rows[start : start + BLOCK_ROWS]].astype(np.float64)
