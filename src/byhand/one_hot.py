"""One-hot rows: for each example a row (classes,) with a single 1, in the column of its class."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from byhand.arrays import Array, FloatArray


def one_hot(labels: Array, classes: int, dtype: DTypeLike = np.float64) -> FloatArray:
    """Return rows (n, classes) with a 1 in the column of each label (n,): [2] -> [[0, 0, 1]]."""
    return np.eye(classes, dtype=dtype)[labels]


def is_one_hot(labels: Array) -> bool:
    """Return whether an array is (n, classes), each row a single 1 and otherwise 0."""
    if labels.ndim != 2 or 0 in labels.shape or labels.dtype.kind not in "iufb":
        return False
    return bool(((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all())
