"""Finds one class with many wrong labels: its label and others are mixed at random in its region.

If classes only overlap, examples near the border have many neighbours of the other class, and the
rest have none. If labels of a class were changed at random, all its examples have about the same
share of other neighbours: their numbers are binomial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, IntArray

FEWEST = 12
"""Smallest number of examples that a class needs for a verdict."""

RARE = 0.25
"""A class with less than this fraction of the median number of examples gets no verdict: most of
its neighbours are of other classes simply because there are so many of those."""

SHARE = 0.25
"""Smaller shares of wrong labels are not reported."""

MORE, MORE_OF_TWO = 1.5, 1.3
"""The share is at least this multiple of the median share of the other classes. The second number
is for two classes, where the changed labels raise the other share, too."""

SPREAD = 2.0
"""Largest variance of the number of other neighbours, as a multiple of the binomial one. It is
about 1 for labels changed at random, and 2.5 to 6 where classes overlap."""

FEW = 0.1
"""Examples lie elsewhere if at most this fraction of their neighbours has the relabelled class."""

APART, APART_OF_MIDDLE = 0.45, 0.6
"""Smallest fraction of the class of the changed labels that lies elsewhere. The second number is
for a class between two others."""

MIDDLE = (0.4, 0.6)
"""A class lies between two others if a fraction in this range of its other neighbours belongs to
one of them."""


@dataclass(frozen=True)
class RelabelledClass:
    """A class with many examples that have the label of another class.

    Args:
        index: the class.
        share: fraction of its examples that have another label.
        instead: the most frequent of the other labels.
        of_instead: the fraction of the other labels that it makes up.
    """

    index: int
    share: float
    instead: int
    of_instead: float


def relabelled_class(votes: IntArray, labels: IntArray) -> RelabelledClass | None:
    """Return the class with many changed labels; None if there is none.

    Args:
        votes: number of neighbours of each class, for each example (n, classes).
        labels: class of each example (n,).
    """
    classes, near = votes.shape[1], int(votes[0].sum())
    others = near - votes[np.arange(len(labels)), labels]
    shares = np.array([_mean(others[labels == k]) for k in range(classes)]) / near
    fewest = max(FEWEST, RARE * float(np.median(np.bincount(labels, minlength=classes))))
    suspicions = [_suspicion(others[labels == k], near, fewest) for k in range(classes)]
    index = int(np.argmax(suspicions))
    share = shares[index]
    more = MORE_OF_TWO if classes == 2 else MORE
    if not suspicions[index] or share < more * np.median(np.delete(shares, index)):
        return None
    counts = votes[labels == index].sum(axis=0)
    counts[index] = 0
    instead, most = int(counts.argmax()), float(counts.max() / counts.sum())
    apart = APART_OF_MIDDLE if MIDDLE[0] < most < MIDDLE[1] else APART
    if _mean(votes[labels == instead, index] <= FEW * near) < apart:
        return None
    return RelabelledClass(index, float(share), instead, most)


def _suspicion(others: IntArray, near: int, fewest: float) -> float:
    """Return a class's share of other neighbours; 0 unless all its examples have about the same."""
    if len(others) < fewest:
        return 0.0
    share = _mean(others) / near
    binomial = near * share * (1 - share)
    return share if share >= SHARE and others.var(ddof=1) < SPREAD * binomial else 0.0


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else 0.0
