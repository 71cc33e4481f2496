"""Wrong predictions: the most confident ones, and the classes that are confused most often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import IntArray
from byhand.readable import percent

if TYPE_CHECKING:
    from byhand.evaluation.predictions import Predictions


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
