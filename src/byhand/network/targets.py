"""Labels and target values, checked once and brought to the one form that losses take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.errors import DataError
from byhand.network.losses import Loss


@dataclass(frozen=True)
class Targets:
    """What a network should say.

    Args:
        values: what the loss compares with: class numbers (n,), or values (n, units).
        labels: class numbers (n,) where the task is classification, else None.
    """

    values: Array
    labels: IntArray | None

    def __len__(self) -> int:
        return len(self.values)


def encode_targets(
    y: Array, n: int, units: int, loss: Loss, dtype: np.dtype[np.generic]
) -> Targets:
    """Check y against n examples and `units` outputs and bring it to the form of the loss.

    Whole numbers (n,) are class labels: 0 to units - 1, or 0 and 1 for a single sigmoid output.
    Rows of one-hot whole numbers are taken as labels too. Everything else is values of shape
    (n, units), or (n,) for one output.
    """
    y = np.asarray(y)
    if y.ndim == 0:
        raise DataError(f"expected an array of {n} labels or target values; got {y.item()!r}.")
    if len(y) != n:
        raise DataError(f"expected one target for each of the {n} examples; got {len(y)}.")
    if y.ndim == 2 and y.shape[1] == units and units > 1 and _is_one_hot(y):
        y = y.argmax(axis=1)
    is_quantity = units == 1 and loss.fused_with is None  # a regression on whole numbers
    if y.dtype.kind in "iub" and y.ndim == 1 and not is_quantity:
        return _from_labels(y.astype(np.intp), units, loss, dtype)
    if y.dtype.kind not in "fiub":
        raise DataError(
            f"labels must be whole numbers from 0 to {max(units, 2) - 1}; got {y.dtype}. Map names "
            "to numbers first, as in np.unique(names, return_inverse=True)."
        )
    if loss.takes_labels:
        raise DataError(
            f"{loss.name} takes class labels, whole numbers (n,) from 0 to {units - 1}; got "
            f"{y.dtype} of shape {y.shape}."
        )
    values = y.reshape(n, -1).astype(dtype)
    if values.shape != (n, units):
        raise DataError(
            f"the network has {units} outputs and needs targets of shape ({n}, {units}); "
            f"got {y.shape}."
        )
    if not np.isfinite(values).all():
        row = int(np.argmax(~np.isfinite(values).all(axis=1)))
        raise DataError(f"the targets hold NaN or infinity, first in row {row}.")
    return Targets(values, None)


def _is_one_hot(y: Array) -> bool:
    return y.dtype.kind in "iub" and bool(
        ((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all()
    )


def _from_labels(labels: IntArray, units: int, loss: Loss, dtype: np.dtype[np.generic]) -> Targets:
    classes = max(units, 2)
    if len(labels) and (labels.min() < 0 or labels.max() >= classes):
        wrong = int(np.argmax((labels < 0) | (labels >= classes)))
        raise DataError(
            f"labels must be whole numbers from 0 to {classes - 1}, one class for each output; got "
            f"{labels[wrong]} in row {wrong}. Give the last layer {int(labels.max()) + 1} units, "
            "or renumber the labels from 0."
        )
    if loss.takes_labels:
        return Targets(labels, labels)
    if units == 1:
        return Targets(labels[:, None].astype(dtype), labels)
    return Targets(np.eye(units, dtype=dtype)[labels], labels)
