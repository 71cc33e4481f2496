"""Class weights and sample weights: how much each example counts in the loss.

`trainer.py` multiplies the losses by them, and `Network.backpropagate` the gradients; both are then
divided by the number of examples.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.checks import number
from byhand.errors import ArgumentError
from byhand.network.network import Network
from byhand.network.targets import CLASSES, Targets


def example_weights(
    net: Network,
    targets: Targets,
    rows: IntArray,
    class_weight: Mapping[int, float] | str | None,
    sample_weight: FloatArray | None,
) -> FloatArray | None:
    """Return class and sample weights multiplied into one factor for each example."""
    weights = None
    if sample_weight is not None:
        weights = _sample_weights(sample_weight, len(targets), net.dtype)
    if class_weight is None:
        return weights
    if targets.labels is None or targets.task != CLASSES:
        raise ArgumentError("class_weight needs one class label for each example.")
    factors = _class_factors(class_weight, targets.labels[rows], max(net.output_layer.units, 2))
    by_class = factors.astype(net.dtype)[targets.labels]
    return by_class if weights is None else weights * by_class


def _sample_weights(values: FloatArray, n: int, dtype: np.dtype[np.generic]) -> FloatArray:
    weights = np.asarray(values)
    if (
        weights.shape != (n,)
        or weights.dtype.kind not in "fiub"
        or not (np.isfinite(weights) & (weights >= 0)).all()
        or not weights.any()
    ):
        raise ArgumentError(
            f"sample_weight must be one finite number of at least 0 for each of the {n} "
            f"examples, not all 0; got {weights.dtype} of shape {weights.shape}."
        )
    return weights.astype(dtype)


def _class_factors(
    class_weight: Mapping[int, float] | str, labels: IntArray, classes: int
) -> FloatArray:
    if class_weight == "balanced":
        counts = np.bincount(labels, minlength=classes)
        return len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    if not isinstance(class_weight, Mapping):
        raise ArgumentError(
            "class_weight must be 'balanced' or a dictionary class -> factor; "
            f"got {class_weight!r}."
        )
    factors = np.ones(classes)
    for label, factor in class_weight.items():
        if label not in range(classes):
            raise ArgumentError(f"class_weight takes classes 0 to {classes - 1}; got {label!r}.")
        factors[int(label)] = number(f"class_weight of class {label}", factor, at_least=0)
    return factors
