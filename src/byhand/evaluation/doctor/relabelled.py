"""One class of which many labels are wrong: its label and others are mixed at random where it lies.

Where classes only overlap, examples near the border have many neighbours of the other class, and
the rest have none. Where labels of a class were changed at random, all its examples have about the
same share of other neighbours: their numbers are binomial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import FloatArray, IntArray

FEWEST = 12
"""Smallest number of examples of a class for which this can be told."""

SHARE = 0.25
"""Smaller shares of wrong labels are not reported."""

MORE = 1.5
"""The share is at least this multiple of the share in the other classes."""

SPREAD = 2.2
"""Largest variance of the number of other neighbours, as a multiple of the binomial one. It is
about 1 for labels changed at random, and 2.5 to 6 where classes overlap."""

FEW, APART = 0.1, 0.4
"""At least the second fraction of the class that the labels were changed to has at most the first
fraction of neighbours of the relabelled class: it lies elsewhere."""


@dataclass(frozen=True)
class RelabelledClass:
    """A class of which many examples have the label of another class.

    Args:
        index: the class.
        share: fraction of its examples that have another label.
        instead: the commonest of the other labels.
        of_instead: fraction of the other labels that are this one.
    """

    index: int
    share: float
    instead: int
    of_instead: float


def relabelled_class(votes: IntArray, labels: IntArray) -> RelabelledClass | None:
    """Return the class of which many labels were changed; None if there is none.

    Args:
        votes: number of neighbours of each class, for each example (n, classes).
        labels: class of each example (n,).
    """
    classes, near = votes.shape[1], int(votes[0].sum())
    others = near - votes[np.arange(len(labels)), labels]
    shares = np.array([_mean(others[labels == k]) for k in range(classes)]) / near
    index = int(np.argmax([_suspicion(others[labels == k], near) for k in range(classes)]))
    own, share = others[labels == index], shares[index]
    if not _suspicion(own, near) or share < MORE * np.median(np.delete(shares, index)):
        return None
    counts = votes[labels == index].sum(axis=0)
    counts[index] = 0
    instead = int(counts.argmax())
    apart = votes[labels == instead, index] <= FEW * near
    if not apart.any() or apart.mean() < APART:
        return None
    return RelabelledClass(index, float(share), instead, float(counts[instead] / counts.sum()))


def _suspicion(others: IntArray, near: int) -> float:
    """Return the share of other neighbours of a class; 0 unless it is the same for its examples."""
    if len(others) < FEWEST:
        return 0.0
    share = _mean(others) / near
    binomial = near * share * (1 - share)
    return share if share >= SHARE and others.var(ddof=1) < SPREAD * binomial else 0.0


def _mean(values: IntArray | FloatArray) -> float:
    return float(values.mean()) if len(values) else 0.0
