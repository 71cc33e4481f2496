"""The conventions of learners' networks: examples in rows or columns, and the form of labels.

`find_rows_or_columns.py` tries all of them and keeps those that fit; `find_parameters.py` tells
weights of shape (in, out) from (out, in).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from byhand.arrays import Array

LABELS = ("numbers", "one-hot", "column")
"""Forms of labels: class numbers (n,), one-hot, or class numbers as a column."""


@dataclass(frozen=True)
class Convention:
    """The form in which examples and labels are given to the learner's functions.

    Args:
        columns: whether examples are columns.
        labels: one of `LABELS`.
        turned: whether the functions transpose the examples themselves, so that the layers' values
            are in columns although the examples are in rows.
        single: whether the functions take one example at a time; "numbers" is then one number.
        flat: whether a single example is a vector (d,) instead of a row or a column.
    """

    columns: bool
    labels: str
    turned: bool = False
    single: bool = False
    flat: bool = False

    @property
    def value_columns(self) -> bool:
        """Whether the examples are columns in the layers' values."""
        return self.columns != self.turned

    def inputs(self, X: Array) -> Array:
        """Return a batch in the form that the functions take."""
        if self.flat:
            return np.array(X[0])
        return np.ascontiguousarray(X.T) if self.columns else X.copy()

    def targets(self, labels: Array, classes: int) -> Array | np.int64:
        """Return labels in the form that the functions take."""
        if self.labels == "numbers":
            return np.int64(labels[0]) if self.single else labels.copy()
        if self.labels == "column":
            return labels.reshape(1, -1) if self.columns else labels.reshape(-1, 1)
        rows = np.eye(classes)[labels]
        if self.flat:
            return np.asarray(rows[0])
        return np.ascontiguousarray(rows.T) if self.columns else rows

    def fits(self, array: Array, examples: int, units: int) -> bool:
        """Return whether an array has the shape of a layer's values for a batch."""
        if self.single:
            return array.shape in ((units,), (units, 1), (1, units))
        return array.shape == ((units, examples) if self.value_columns else (examples, units))

    def rows(self, array: Array) -> Array:
        """Return a layer's values with examples in rows."""
        if self.single:
            return array.reshape(1, -1)
        return array.T if self.value_columns and array.ndim == 2 else array


SINGLE = tuple(
    Convention(columns, labels, single=True, flat=flat)
    for flat, columns in ((True, False), (False, True), (False, False))
    for labels in ("one-hot", "numbers")
)
"""The forms of one example: a vector, a column, a row."""


@dataclass
class View:
    """The numbers of a network in one convention.

    Args:
        convention: how examples and labels were given.
        values: arrays by name, such as "Z1", "dW2", "new W1"; also "loss".
        calls: the functions that were called, by piece.
        errors: the reason for each piece that failed.
        unknown: the reason for each piece that could not be called.
        facts: further observations, such as whether two forward passes agree.
    """

    convention: Convention
    values: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
