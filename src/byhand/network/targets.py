"""Labels and target values, checked once and converted to the form that losses take.

Categorical cross-entropy takes class numbers; it makes one-hot rows of them (`one_hot.py`) and
smooths them (`losses.py`). Whether the labels of a file are classes or values is decided before, in
`data/labels.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.errors import DataError
from byhand.network.losses import Loss
from byhand.one_hot import is_one_hot, one_hot

CLASSES, MULTI_LABEL, REGRESSION = "classification", "multi-label", "regression"


@dataclass(frozen=True)
class Targets:
    """Targets that the outputs of a network are compared with.

    Args:
        values: argument of the loss: class numbers (n,), or values (n, units).
        labels: class numbers (n,) in classification; 0 or 1 for each output (n, units) in
            multi-label classification; None in regression.
    """

    values: Array
    labels: IntArray | None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def task(self) -> str:
        """The kind of task: "classification", "multi-label" or "regression"."""
        if self.labels is None:
            return REGRESSION
        return CLASSES if self.labels.ndim == 1 else MULTI_LABEL


def encode_targets(
    y: Array,
    n: int,
    units: int,
    loss: Loss,
    dtype: np.dtype[np.generic],
    class_names: list[str] | None = None,
    task: str | None = None,
) -> Targets:
    """Check y for n examples and `units` outputs, and convert it to the form of the loss.

    Integers (n,) are class labels: 0 to units - 1, or 0 and 1 for a single sigmoid output. One-hot
    rows of any type are class labels, too, and so are strings if the network has class names. With
    a loss that is fused with sigmoid, rows of 0 and 1 are labels of a multi-label task; one-hot
    rows only count as such if the task is known to be multi-label. Everything else is a target
    value, of shape (n, units), or (n,) for one output.
    """
    y = np.asarray(y)
    if y.ndim == 0:
        raise DataError(f"expected an array of {n} labels or target values; got {y.item()!r}.")
    if len(y) != n:
        raise DataError(f"expected one target for each of the {n} examples; got {len(y)}.")
    if y.dtype.kind in "UOST":
        y = _from_names(y, class_names, max(units, 2))
    if y.ndim == 2 and y.shape[1] == 1 and units == 1 and y.dtype.kind in "iub":
        y = y[:, 0]
    if task != MULTI_LABEL and is_one_hot(y) and y.shape[1] == units > 1:
        y = y.argmax(axis=1)
    is_quantity = units == 1 and loss.fused_with in {None, "exp"}  # regression on integers
    if y.dtype.kind in "iub" and y.ndim == 1 and not is_quantity:
        return _from_labels(y.astype(np.intp), units, loss, dtype)
    if loss.takes_labels:
        raise DataError(
            f"{loss.name} takes class labels, integers (n,) from 0 to {units - 1}; got "
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
        raise DataError(f"the targets contain NaN or infinity, first in row {row}.")
    loss.check_targets(values)
    several = units > 1 and loss.fused_with == "sigmoid" and bool(((y == 0) | (y == 1)).all())
    return Targets(values, values.astype(np.intp) if several else None)


def _from_names(y: Array, class_names: list[str] | None, classes: int) -> IntArray:
    """Return the class numbers of labels that are class names."""
    names = [str(name) for name in y.reshape(len(y), -1)[:, 0]]
    if class_names is None or y.ndim != 1:
        raise DataError(
            f"labels must be integers from 0 to {classes - 1}, or class names if the "
            f"network has class_names=[...]; got {y.dtype}, beginning with {names[:1]}."
        )
    number = {name: k for k, name in enumerate(class_names)}
    unknown = next((row for row, name in enumerate(names) if name not in number), None)
    if unknown is not None:
        raise DataError(
            f"label {names[unknown]!r} in row {unknown} is not one of the network's classes: "
            f"{', '.join(class_names)}."
        )
    return np.array([number[name] for name in names], np.intp)


def _from_labels(labels: IntArray, units: int, loss: Loss, dtype: np.dtype[np.generic]) -> Targets:
    classes = max(units, 2)
    if len(labels) and (labels.min() < 0 or labels.max() >= classes):
        wrong = int(np.argmax((labels < 0) | (labels >= classes)))
        raise DataError(
            f"labels must be integers from 0 to {classes - 1}, one class for each output; got "
            f"{labels[wrong]} in row {wrong}. Give the last layer {int(labels.max()) + 1} units, "
            "or renumber the labels from 0."
        )
    if loss.takes_labels:
        return Targets(labels, labels)
    if units == 1:
        return Targets(labels[:, None].astype(dtype), labels)
    return Targets(one_hot(labels, units, dtype), labels)
