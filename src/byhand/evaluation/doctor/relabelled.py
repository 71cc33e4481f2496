"""Finds one class with many wrong labels: even what looks most like it often has another label.

If two classes overlap, the examples that look most like the one still have its label. If labels of
a class were changed at random, the examples that look most like it have another label as often as
all of its examples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.evaluation.doctor.class_scores import class_scores
from byhand.evaluation.significance import binomial_tail

FEWEST = 12
"""Smallest number of examples that a class needs for a verdict."""

RARE = 0.25
"""A class with less than this fraction of the median number of examples gets no verdict: most of
its neighbours are of other classes simply because there are so many of those."""

RARER = 0.15
"""The same, as a fraction of the examples of the class whose label is met instead."""

SHARE, SHARE_OF_MIDDLE = 0.25, 0.4
"""Smaller shares of wrong labels are not reported. The second number is for a class between two
others, which it may overlap on both sides."""

MIDDLE = (0.4, 0.7)
"""A class lies between two others if a fraction in this range of its other labels belongs to one
of them."""

CORE, CORE_ROWS = 0.25, 40
"""The examples that look most like a class are this fraction of those with its label, and at least
so many, but not more than half."""

USUAL, MORE, BACK = 0.1, 1.5, 3.0
"""Another label is usual among them with the first probability. It is the second number times the
median share of the other classes, if that is more: wrong labels in all classes accuse none. It is
the third number times the share in the opposite direction, if that is more: changed labels mix two
classes in the region of one of them, and overlap mixes them in both."""

CHANCE = 0.003
"""A class is reported if so many other labels, in any of the classes, are less likely by chance."""


@dataclass(frozen=True)
class RelabelledClass:
    """A class with many examples that have the label of another class.

    Args:
        index: the class.
        share: fraction of its examples that have another label.
        instead: the most frequent of the other labels.
        of_instead: the fraction of the other labels that it makes up.
        accuracy: fraction of all labels that the scores predict behind the verdict.
    """

    index: int
    share: float
    instead: int
    of_instead: float
    accuracy: float = math.nan


def relabelled_class(
    x: FloatArray, labels: IntArray, neighbours: FloatArray
) -> RelabelledClass | None:
    """Return the class with many changed labels; None if there is none.

    Args:
        x: examples (n, units), with comparable columns.
        labels: class of each example (n,).
        neighbours: for each class, the fraction of the neighbours of its examples that have another
            label (classes,). A class needs this witness, too.
    """
    classes = len(neighbours)
    counts = np.bincount(labels, minlength=classes)
    suspects = (neighbours >= SHARE) & (counts >= max(FEWEST, RARE * float(np.median(counts))))
    if not suspects.any() or not np.isfinite(x).all():
        return None
    scores = class_scores(x, labels, classes)
    others = np.array([_other_labels(scores, labels, index) for index in range(classes)])
    cores = np.array([_core(count) for count in counts])
    shares = others.sum(axis=1) / np.maximum(others.sum(axis=1) + cores, 1)
    chances = [_chance(shares, others, cores, index) for index in range(classes)]
    index = int(np.argmin(np.where(suspects, chances, np.inf)))
    share, instead = float(shares[index]), int(others[index].argmax())
    of_instead = float(others[index, instead] / max(others[index].sum(), 1))
    least = SHARE_OF_MIDDLE if MIDDLE[0] < of_instead < MIDDLE[1] else SHARE
    is_rare = counts[index] < RARER * counts[instead]
    if chances[index] * classes > CHANCE or share < least or is_rare:
        return None
    accuracy = float((scores.argmax(axis=1) == labels).mean())
    return RelabelledClass(index, share, instead, of_instead, accuracy)


def _core(count: int) -> int:
    """Return how many of a class's examples count as those that look most like it."""
    return min(max(math.ceil(CORE * count), CORE_ROWS), math.ceil(count / 2))


def _other_labels(scores: FloatArray, labels: IntArray, index: int) -> IntArray:
    """Count the examples of each other class that look as much like a class as its core (classes,).

    Each class is compared on its own, by the difference of two scores: an example that resembles
    both of two classes, and has the label of a third one, says nothing about the two.
    """
    own, counts = scores[labels == index], np.zeros(scores.shape[1], np.intp)
    core = _core(len(own))
    for other in range(len(counts)):
        if other != index and core:
            rows = scores[labels == other]
            limit = np.sort(own[:, index] - own[:, other])[-core]
            counts[other] = int((rows[:, index] - rows[:, other] > limit).sum())
    return counts


def _chance(shares: FloatArray, others: IntArray, cores: IntArray, index: int) -> float:
    """Return the probability of at least so many other labels in a class's core by chance."""
    count, instead = _counted(others[index]), int(others[index].argmax())
    back = others[instead, index] / max(others[instead, index] + cores[instead], 1)
    usual = max(USUAL, MORE * float(np.median(np.delete(shares, index))), BACK * float(back))
    return binomial_tail(count, count + int(cores[index]), min(usual, 1.0))


def _counted(others: IntArray) -> int:
    """Return how many of the other labels speak against overlap, given their counts by class.

    A class may overlap with one neighbour on each side. So the labels count that became one class,
    or those that became any but the two most frequent.
    """
    *rest, _, most = np.sort(others)
    return max(int(most), int(sum(rest)))
