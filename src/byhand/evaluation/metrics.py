"""Accuracy, scores of each class, and the most confident mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.errors import ArgumentError
from byhand.notebook import block, table
from byhand.readable import percent

if TYPE_CHECKING:
    from byhand.evaluation.predictions import Predictions


def confusion_matrix(labels: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """Count the examples of each label (row) that were predicted as each class (column)."""
    cells = np.bincount(np.asarray(labels) * classes + predicted, minlength=classes * classes)
    if len(cells) > classes * classes:
        raise ArgumentError(
            f"expected labels and predicted classes as integers from 0 to {classes - 1}."
        )
    return cells.reshape(classes, classes)


def row_fractions(matrix: IntArray) -> FloatArray:
    """Divide each row of a confusion matrix by its sum; a class without examples keeps zeros."""
    fractions: FloatArray = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return fractions


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Precision, recall and F1 of each class; all arrays are (classes,).

    0/0 is NaN, not 0: the precision of a class that was never predicted, the recall of a class
    without examples, and F1 where both are undefined.

    Args:
        precision: fraction of the examples predicted as the class that belong to it,
            TP / (TP + FP).
        recall: fraction of the class's examples that were predicted as it, TP / (TP + FN).
        f1: harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).
        support: number of examples of the class.
        class_names: names of the classes; empty if they are not known.
    """

    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: IntArray
    class_names: Sequence[str] = ()

    def macro(self) -> dict[str, float]:
        """Return the mean of each score over the classes for which it is defined."""
        scores = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: _mean_of_defined(values) for name, values in scores.items()}

    def _repr_html_(self) -> str:
        columns = (self.precision, self.recall, self.f1)
        rows: list[list[object]] = [
            [
                self.class_names[k] if self.class_names else k,
                *(percent(float(values[k]), 2) for values in columns),
                f"{support:,}",
            ]
            for k, support in enumerate(self.support)
        ]
        means = [percent(mean, 2) for mean in self.macro().values()]
        rows.append(["mean", *means, f"{int(self.support.sum()):,}"])
        headings = ["class", "precision", "recall", "F1", "examples"]
        return block("Scores of each class", table(headings, rows))


def class_scores(matrix: IntArray, class_names: Sequence[str] = ()) -> ClassScores:
    """Return precision, recall and F1 of each class, from a confusion matrix."""
    correct, support, predicted = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassScores(
        precision=_ratio(correct, predicted),
        recall=_ratio(correct, support),
        f1=_ratio(2 * correct, support + predicted),
        support=support,
        class_names=class_names,
    )


def _ratio(part: IntArray, whole: IntArray) -> FloatArray:
    scores: FloatArray = np.full(len(part), np.nan)
    return np.divide(part, whole, out=scores, where=whole > 0)


def _mean_of_defined(values: FloatArray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def wilson_interval(correct: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Return the confidence interval of an accuracy, as (low, high).

        centre = (p + z^2 / 2n) / (1 + z^2 / n)
        half   = z / (1 + z^2 / n) * sqrt(p (1 - p) / n + z^2 / 4 n^2)

    This is the score interval of Wilson (1927). It stays within 0..1 and is accurate near both
    bounds; Brown, Cai & DasGupta (2001) recommend it.

    Args:
        correct: number of correct predictions.
        total: number of predictions.
        level: probability with which such an interval contains the true accuracy.
    """
    if not 0 <= correct <= total or total < 1 or not 0 < level < 1:
        raise ArgumentError(
            "expected 0 <= correct <= total, total of at least 1 and a level between 0 and 1; got "
            f"{correct!r}, {total!r} and {level!r}."
        )
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, scale = correct / total, 1 + z * z / total
    centre = (p + z * z / (2 * total)) / scale
    half = z / scale * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return (centre - half if correct else 0.0), (centre + half if correct < total else 1.0)


# --- mistakes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """One wrong prediction.

    Args:
        row: number of the example.
        predicted: name of the predicted class.
        label: name of the true class.
        confidence: output for the predicted class; a probability if `calibrated`.
        calibrated: whether the outputs are meant as probabilities.
    """

    row: int
    predicted: str
    label: str
    confidence: float
    calibrated: bool = True

    def __str__(self) -> str:
        confidence = percent(self.confidence) if self.calibrated else f"{self.confidence:.2f}"
        return f"predicted {self.predicted}, label {self.label}, confidence {confidence}"


def worst_mistakes(predictions: Predictions, count: int = 20) -> list[Mistake]:
    """Return the wrong predictions with the highest confidence, the highest first."""
    wrong = np.flatnonzero(~predictions.correct)
    order = wrong[np.argsort(-predictions.confidence[wrong], kind="stable")][:count]
    return [_mistake(predictions, int(row)) for row in order]


def _mistake(predictions: Predictions, row: int) -> Mistake:
    names = predictions.class_names
    return Mistake(
        row,
        names[predictions.predicted[row]],
        names[predictions.labels[row]],
        float(predictions.confidence[row]),
        predictions.calibrated,
    )


def common_confusions(matrix: IntArray, count: int = 10) -> list[tuple[int, int, int]]:
    """Return the most frequent confusions as (label, predicted class, examples), most first."""
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    cells = [np.unravel_index(place, matrix.shape) for place in order]
    return [(int(i), int(j), int(matrix[i, j])) for i, j in cells if wrong[i, j]]
