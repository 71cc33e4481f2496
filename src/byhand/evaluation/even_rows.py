"""Row numbers spread evenly over a data set, for measures that need only some of the rows."""

from __future__ import annotations

import numpy as np

from byhand.arrays import IntArray


def even_rows(n: int, wanted: int) -> IntArray:
    """Return at most `wanted` row numbers, evenly spaced over n rows."""
    return np.unique(np.linspace(0, n - 1, min(n, wanted)).astype(np.intp))
