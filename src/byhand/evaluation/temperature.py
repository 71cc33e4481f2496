"""Temperature scaling: one number that turns confidences into probabilities  (Guo et al. 2017).

    p = softmax(z / T)

T is chosen so that the mean cross-entropy on examples that were not trained on is smallest. T above
1 lowers every confidence, T below 1 raises it; the predicted classes stay the same. Since z = A W
+ b in the last layer, it is enough to divide its W and b by T.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.checks import number
from byhand.errors import ArgumentError, DataError
from byhand.evaluation.predictions import predictions
from byhand.mlp import MultiLayerPerceptron

N = TypeVar("N", bound=MultiLayerPerceptron)

LOWEST, HIGHEST = 1 / 20, 20.0
"""Limits of a temperature; beyond them the examples cannot determine the best one."""

HALVINGS = 60


def fit_temperature(net: MultiLayerPerceptron, x: Array, y: Array) -> float:
    """Return the temperature with the smallest mean cross-entropy on examples.

    Args:
        net: a classifier with softmax or sigmoid outputs.
        x: raw inputs that it was not trained on, (n, ...).
        y: class labels (n,).

    Raises:
        DataError: the outputs are not probabilities, or the targets not classes.
    """
    predicted = predictions(net, x, y)
    if not predicted.calibrated:
        raise DataError(
            "temperature scaling needs outputs that are probabilities: softmax or sigmoid as the "
            "activation of the last layer."
        )
    tiny = float(np.finfo(np.float32).tiny)
    z = np.log(np.maximum(predicted.probabilities.astype(np.float64), tiny))
    return best_temperature(z - z.max(axis=1, keepdims=True), predicted.labels)


def best_temperature(z: FloatArray, labels: Array) -> float:
    """Return the temperature T of logits z (n, classes) with the smallest mean cross-entropy.

    The cross-entropy is convex in u = 1/T, and its slope is mean(sum_k p_k z_k - z_y).
    """
    right = z[np.arange(len(z)), labels]

    def slope(u: float) -> float:
        p = np.exp(u * z)
        p /= p.sum(axis=1, keepdims=True)
        return float(((p * z).sum(axis=1) - right).mean())

    low, high = 1 / HIGHEST, 1 / LOWEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 2 / (low + high)


def with_temperature(net: N, value: float) -> N:
    """Return a copy of a network whose outputs are softmax(z / T).

    Args:
        net: a network with softmax or sigmoid outputs.
        value: the temperature T, above 0.
    """
    number("the temperature", value, above=0)
    scaled = net.copy()
    if scaled is net:
        raise ArgumentError("an average has no last layer; scale its networks instead.")
    last = scaled.stack[-1]
    for array in last.parameters:
        array /= value
    scaled.facts["temperature"] = float(net.facts.get("temperature", 1.0)) * value
    scaled.facts.pop("doubt", None)  # its limit belongs to the old confidences
    return scaled
