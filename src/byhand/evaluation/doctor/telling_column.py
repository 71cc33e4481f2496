"""Finds the column of the inputs that predicts the labels best, because it may give them away."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, IntArray

TELLING_ROWS = 100
"""With fewer examples, a column may predict the labels by chance."""


def telling_column(x: Array, labels: IntArray) -> tuple[int, float, float]:
    """Return the column that predicts labels best, its accuracy, and that of the next best.

    The rows are sorted by a column, equal values in random order. How often an example has the
    label of the next one measures how well the column predicts labels.
    """
    if len(x) < TELLING_ROWS:
        return -1, 0.0, 0.0
    order = np.random.default_rng(0).permutation(len(x))
    accuracies = np.array([_told(column, labels, order) for column in x.T])
    best = int(np.argmax(accuracies))
    others = np.delete(accuracies, best)
    return best, float(accuracies[best]), float(others.max(initial=0.0))


def _told(column: Array, labels: IntArray, order: IntArray) -> float:
    """Return the fraction of neighbours along a column that have the same label."""
    by_value = labels[order][np.argsort(column[order], kind="stable")]
    return float((by_value[1:] == by_value[:-1]).mean())
