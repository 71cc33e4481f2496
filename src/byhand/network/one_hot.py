"""One-hot rows: class k becomes a row of zeros with a 1 in column k."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from byhand.arrays import Array, FloatArray


def one_hot(labels: Array, classes: int, dtype: DTypeLike = np.float64) -> FloatArray:
    """Return rows (n, classes) with a 1 in the column of each label (n,): [2] -> [[0, 0, 1]]."""
    return np.eye(classes, dtype=dtype)[labels]


def is_one_hot(rows: Array) -> bool:
    """Return whether every row (n, classes) has a single 1 and zeros elsewhere."""
    return bool(len(rows)) and bool(
        ((rows == 0) | (rows == 1)).all() and (rows.sum(axis=1) == 1).all()
    )
