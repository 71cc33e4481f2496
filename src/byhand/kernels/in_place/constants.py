"""Small constant arrays that are cached, so that a step does not create them again."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from byhand.arrays import FloatArray, IntArray

REMEMBERED = 64
"""Number of arrays of each kind that are cached."""


@lru_cache(REMEMBERED)
def ones(n: int, dtype: np.dtype[Any]) -> FloatArray:
    """Return a cached vector of n ones."""
    return np.ones(n, dtype)


@lru_cache(REMEMBERED)
def row_starts(n: int, columns: int) -> IntArray:
    """Return 0, K, 2K, ...: the flat index at which each row of an (n, K) array starts."""
    return np.arange(0, n * columns, columns, dtype=np.intp)


@lru_cache(REMEMBERED)
def smooth_onehot(classes: int, smoothing: float, dtype: np.dtype[Any]) -> FloatArray:
    """Return (1 - s) I + s / K: row y is the target for class y."""
    return ((1 - smoothing) * np.eye(classes) + smoothing / classes).astype(dtype)
