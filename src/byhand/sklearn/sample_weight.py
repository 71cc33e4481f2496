"""Checks `sample_weight`; `byhand.training.example_weights` turns it into factors of the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.errors import ArgumentError


def checked_weights(values: Any, n: int) -> FloatArray | None:
    """Return sample weights (n,) as float64; a single number stands for n equal weights."""
    if values is None:
        return None
    weights = np.asarray(values, np.float64)
    if weights.ndim == 0:
        weights = np.full(n, weights)
    if weights.shape != (n,):
        raise ArgumentError(
            f"sample_weight must hold one number for each of the {n} examples; got the shape "
            f"{weights.shape}."
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ArgumentError("sample_weight must hold finite numbers of at least 0.")
    if not weights.any():
        raise ArgumentError("sample_weight must not be zero for all examples.")
    return weights
