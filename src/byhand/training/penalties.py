"""Penalties on the size of weights: L1 and L2 regularisation.

Training minimises mean(loss) + penalty(weights); the loss in the history is without the penalty
(`history.py`). Biases, and the scales of normalisation layers, are not penalised
(`NamedVector.weights`). Decoupled weight decay, which does not pass through the gradient, is in
`optimizers.py`; it does not touch biases either.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import FloatArray
from byhand.backend import overridable
from byhand.network.parameters import NamedVector


def penalty(weights: FloatArray, l1: float, l2: float) -> float:
    """Return l2/2 sum(w^2) + l1 sum(|w|)."""
    w = weights.astype(np.float64)
    return float(l2 / 2 * np.sum(w**2) + l1 * np.sum(np.abs(w)))


@overridable
def add_penalty_gradient(
    parameters: NamedVector, gradients: NamedVector, l1: float, l2: float
) -> None:
    """g += l2 w + l1 sign(w)."""
    w, g = parameters.weights, gradients.weights
    g += l2 * w + l1 * np.sign(w)
