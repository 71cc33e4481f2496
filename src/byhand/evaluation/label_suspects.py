"""Labels that are probably wrong, found by confident learning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.errors import DataError


@dataclass(frozen=True, eq=False)
class LabelSuspects:
    """Examples whose label is probably wrong, the least probable label first.

    Args:
        rows: row numbers of the examples (k,).
        suggested: the class that the network predicts with confidence (k,).
        label_probability: probability that the network gives to the label (k,).
        joint: number of confident examples by label (row) and likely class (column).
    """

    rows: IntArray
    suggested: IntArray
    label_probability: FloatArray
    joint: IntArray

    @property
    def wrong_fraction(self) -> float:
        """Estimated fraction of wrong labels among the confident examples."""
        return 1 - float(np.trace(self.joint)) / max(int(self.joint.sum()), 1)


def label_suspects(labels: IntArray, probabilities: FloatArray) -> LabelSuspects:
    """Find labels that are probably wrong, by confident learning (Northcutt et al. 2021).

    The threshold of class k is the mean probability of k over the examples labelled k. An example
    is confidently k if its probability of k reaches the threshold; if several classes reach
    theirs, the most probable one counts. An example that is confidently another class than its
    label is a suspect.

    The probabilities should come from a network that was not trained on these labels: a network
    that has memorised them predicts every label with confidence.

    Args:
        labels: label of each example (n,).
        probabilities: probability of every class (n, classes).
    """
    labels = np.asarray(labels)
    if probabilities.ndim != 2 or len(labels) != len(probabilities):
        raise DataError(
            "expected labels (n,) and probabilities (n, classes) of the same examples; got "
            f"{labels.shape} and {probabilities.shape}."
        )
    each, classes = np.arange(len(labels)), probabilities.shape[1]
    given = probabilities[each, labels]
    thresholds = _thresholds(labels, given, classes)
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    confident, likely = reached.max(axis=1) >= 0, reached.argmax(axis=1)
    joint = np.zeros((classes, classes), np.intp)
    np.add.at(joint, (labels[confident], likely[confident]), 1)
    rows = np.flatnonzero(confident & (likely != labels))
    rows = rows[np.argsort(given[rows], kind="stable")]
    return LabelSuspects(rows, likely[rows], given[rows], joint)


def _thresholds(labels: IntArray, given: FloatArray, classes: int) -> FloatArray:
    """Return the mean probability of each class over its examples; infinity if it has none."""
    counts = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, weights=given, minlength=classes)
    means: FloatArray = np.full(classes, np.inf)
    return np.divide(sums, counts, out=means, where=counts > 0)
