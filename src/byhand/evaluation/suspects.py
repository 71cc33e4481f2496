"""Examples to check by eye: copies shared by two data sets, and doubtful labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import DataError

BLOCK_ROWS = 1024
"""Number of rows read at a time."""


def shared_examples(train: Array, test: Array) -> IntArray:
    """Find the test examples that also occur in the training data, equal in every number.

    A network can memorise such examples, so they make its test accuracy too high.

    Returns:
        (pairs, 2): for each test row found in train, the first equal row of train and the test
        row.
    """
    if train.shape[1:] != test.shape[1:] or train.dtype != test.dtype:
        raise DataError(
            "expected two sets of examples of the same shape and dtype; got "
            f"{train.dtype} {train.shape[1:]} and {test.dtype} {test.shape[1:]}."
        )
    known, wanted = _digests(train), _digests(test)
    order = np.argsort(known, kind="stable")  # of equal rows the first comes first
    places = np.searchsorted(known, wanted, sorter=order)
    nearest = order[np.minimum(places, len(order) - 1)] if len(order) else order
    found = np.flatnonzero(known[nearest] == wanted) if len(order) else order
    return np.stack([nearest[found], found], axis=1)


def repeated_examples(x: Array) -> list[IntArray]:
    """Return groups of rows that are equal in every number, each of at least two rows."""
    digests = _digests(x)
    order = np.argsort(digests, kind="stable")
    changes = np.flatnonzero(np.diff(digests[order])) + 1
    starts, ends = np.append(0, changes), np.append(changes, len(order))
    several = np.flatnonzero(ends - starts > 1)
    groups = [order[starts[one] : ends[one]] for one in several]
    return sorted(groups, key=lambda rows: int(rows[0]))


def _digests(x: Array) -> NDArray[np.uint64]:
    """Hash the bytes of each row (n,); a few bytes each, because the rows may not fit into memory.

    Different rows have the same 64 bits of BLAKE2 with probability n^2 / 2^65: 10^-7 for 2 million.
    """
    digests = np.empty(len(x), np.uint64)
    for start in range(0, len(x), BLOCK_ROWS):
        rows = np.ascontiguousarray(x[start : start + BLOCK_ROWS])
        hashes = b"".join(hashlib.blake2b(row.data, digest_size=8).digest() for row in rows)
        digests[start : start + len(rows)] = np.frombuffer(hashes, np.uint64)
    return digests


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
