"""How often a network is right, and where it is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.errors import ArgumentError
from byhand.evaluation.predictions import Predictions


def confusion_matrix(labels: IntArray, guesses: IntArray, classes: int) -> IntArray:
    """How many examples of each label (row) were said to be each class (column)."""
    cells = np.bincount(np.asarray(labels) * classes + guesses, minlength=classes * classes)
    if len(cells) > classes * classes:
        raise ArgumentError(f"labels and guesses must be whole numbers from 0 to {classes - 1}.")
    return cells.reshape(classes, classes)


def rates(matrix: IntArray) -> FloatArray:
    """Each row of a confusion matrix as shares of its sum; a class without examples has zeros."""
    shares: FloatArray = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return shares


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Scores of each class, all (classes,).

    0/0 is NaN, not 0: the precision of a class that was never said, the recall of a class
    without examples, and F1 where both hold.

    Args:
        precision: of those said to be the class, the share that are.
        recall: of those that are the class, the share said to be.
        f1: harmonic mean of the two, 2 TP / (2 TP + FP + FN).
        support: examples of the class.
    """

    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: IntArray

    def macro(self) -> dict[str, float]:
        """Means over the classes for which the score is defined, by name."""
        scores = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: _mean_of_defined(values) for name, values in scores.items()}


def class_scores(matrix: IntArray) -> ClassScores:
    """Precision, recall and F1 of each class of a confusion matrix."""
    right, support, said = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassScores(
        precision=_ratio(right, said),
        recall=_ratio(right, support),
        f1=_ratio(2 * right, support + said),
        support=support,
    )


def _ratio(part: IntArray, whole: IntArray) -> FloatArray:
    scores: FloatArray = np.full(len(part), np.nan)
    return np.divide(part, whole, out=scores, where=whole > 0)


def _mean_of_defined(values: FloatArray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def wilson_interval(right: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Where the true share of right answers lies, with the given confidence.

        centre = (p + z^2 / 2n) / (1 + z^2 / n)
        half   = z / (1 + z^2 / n) * sqrt(p (1 - p) / n + z^2 / 4 n^2)

    The score interval of Wilson (1927), which stays within 0..1 and is right near the ends too;
    Brown, Cai & DasGupta (2001) recommend it.

    Args:
        right: right answers.
        total: answers.
        level: how often such intervals hold the true share.
    """
    if not 0 <= right <= total or total < 1 or not 0 < level < 1:
        raise ArgumentError(
            "an interval needs 0 <= right <= total, at least one answer and a level between 0 and "
            f"1; got {right!r}, {total!r} and {level!r}."
        )
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, scale = right / total, 1 + z * z / total
    centre = (p + z * z / (2 * total)) / scale
    half = z / scale * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return (centre - half if right else 0.0), (centre + half if right < total else 1.0)


# --- mistakes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """One wrong answer.

    Args:
        row: number of the example.
        said: name of the class that was guessed.
        was: name of the label.
        confidence: the output for the guess, a probability if `calibrated`.
        calibrated: whether it claims to be one.
    """

    row: int
    said: str
    was: str
    confidence: float
    calibrated: bool = True

    def __str__(self) -> str:
        sure = f"{percent(self.confidence)} sure" if self.calibrated else f"{self.confidence:.2f}"
        return f"said {self.said}, was {self.was}, {sure}"


def percent(share: float) -> str:
    """A share in per cent, whole; nearly all is 99.5 % and more, and only 1 is 100 %."""
    if 0.995 <= share < 1:
        return f"{math.floor(1000 * share) / 10:.1f} %"
    return f"{100 * share:.0f} %"


def worst_mistakes(said: Predictions, count: int = 20) -> list[Mistake]:
    """The wrong answers that the network was most sure of, surest first."""
    wrong = np.flatnonzero(~said.right)
    order = wrong[np.argsort(-said.confidence[wrong], kind="stable")][:count]
    return [_mistake(said, int(row)) for row in order]


def _mistake(said: Predictions, row: int) -> Mistake:
    names = said.class_names
    return Mistake(
        row,
        names[said.guesses[row]],
        names[said.labels[row]],
        float(said.confidence[row]),
        said.calibrated,
    )


def common_confusions(matrix: IntArray, count: int = 10) -> list[tuple[int, int, int]]:
    """The cells beside the diagonal that hold most: (label, guess, examples), most first."""
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    cells = [np.unravel_index(place, matrix.shape) for place in order]
    return [(int(i), int(j), int(matrix[i, j])) for i, j in cells if wrong[i, j]]
