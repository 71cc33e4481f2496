"""Examples that deserve a second look: copies that leak, labels that may be wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import DataError


def shared_examples(train: Array, test: Array) -> IntArray:
    """Pairs (row of train, row of test) of examples that are equal in every number: (pairs, 2).

    For each test row that occurs in train there is one pair, with its first occurrence. A network
    may know those by heart, so they make its test score look better than it is.
    """
    if train.shape[1:] != test.shape[1:] or train.dtype != test.dtype:
        raise DataError(
            "only examples of the same shape and type can be equal; got "
            f"{train.dtype} {train.shape[1:]} and {test.dtype} {test.shape[1:]}."
        )
    seen: dict[bytes, int] = {}
    for row, digest in enumerate(_digests(train)):
        seen.setdefault(digest, row)
    pairs = [(seen[key], row) for row, key in enumerate(_digests(test)) if key in seen]
    return np.array(pairs, np.intp).reshape(-1, 2)


def repeated_examples(x: Array) -> list[IntArray]:
    """Groups of rows that are equal in every number, each of at least two rows."""
    groups: dict[bytes, list[int]] = {}
    for row, digest in enumerate(_digests(x)):
        groups.setdefault(digest, []).append(row)
    return [np.array(rows, np.intp) for rows in groups.values() if len(rows) > 1]


def _digests(x: Array) -> list[bytes]:
    """A hash of each row's bytes; 16 bytes of BLAKE2 meet by chance once in 2^64 rows."""
    rows = np.ascontiguousarray(x).reshape(len(x), -1)
    return [hashlib.blake2b(row.data, digest_size=16).digest() for row in rows]


@dataclass(frozen=True, eq=False)
class LabelSuspects:
    """Examples whose label the network doubts, the most doubtful first.

    Args:
        rows: their numbers (k,).
        suggested: the class that the network would give instead (k,).
        truth: the probability that it leaves to the given label (k,).
        joint: counts of confident examples, given label (row) by likely class (column).
    """

    rows: IntArray
    suggested: IntArray
    truth: FloatArray
    joint: IntArray

    @property
    def share(self) -> float:
        """The estimated share of wrong labels among the confident examples."""
        return 1 - float(np.trace(self.joint)) / max(int(self.joint.sum()), 1)


def label_suspects(labels: IntArray, probabilities: FloatArray) -> LabelSuspects:
    """Labels that are probably wrong, by the confident joint  (Northcutt, Jiang & Chuang 2021).

    The threshold of class k is the mean probability of k over the examples labelled k: what the
    network usually says of that class. An example is confidently k if its probability of k
    reaches the threshold; where several do, the most probable one counts. Those that are
    confidently another class than their label are suspects.

    The probabilities should come from a network that was not trained on these very labels, as
    a network that knows them by heart doubts none.

    Args:
        labels: given classes (n,).
        probabilities: of every class (n, classes).
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
    """Mean probability of each class over its own examples; of a class without, none reaches it."""
    counts = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, weights=given, minlength=classes)
    means: FloatArray = np.full(classes, np.inf)
    return np.divide(sums, counts, out=means, where=counts > 0)
