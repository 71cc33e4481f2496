"""Calibration: does a confidence of 98 % mean that 98 of 100 predictions are correct?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError, DataError
from byhand.evaluation.predictions import Predictions


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence and accuracy of predictions, in bins of equal width.

    Args:
        edges: edges of the bins (bins + 1,), from 0 to 1. A bin includes its upper edge.
        counts: number of examples in each bin (bins,).
        confidence: mean confidence in each bin (bins,), NaN in an empty bin.
        accuracy: fraction of correct predictions in each bin (bins,), NaN in an empty bin.
    """

    edges: FloatArray
    counts: IntArray
    confidence: FloatArray
    accuracy: FloatArray

    @property
    def gaps(self) -> FloatArray:
        """Accuracy minus confidence in each bin (bins,); negative where confidence is too high."""
        return self.accuracy - self.confidence

    @property
    def ece(self) -> float:
        """Expected calibration error, sum over bins of counts / n * |accuracy - confidence|.

        Naeini, Cooper & Hauskrecht (2015); Guo et al. (2017).
        """
        filled = self.counts > 0
        fractions = self.counts[filled] / self.counts.sum()
        return float(fractions @ np.abs(self.gaps[filled]))


def reliability(confidence: FloatArray, correct: Array, bins: int = 15) -> Reliability:
    """Sort predictions into bins by confidence and compare confidence and accuracy in each.

    Args:
        confidence: probability of each predicted class (n,), from 0 to 1.
        correct: whether each prediction is correct (n,).
        bins: number of bins, of equal width from 0 to 1.
    """
    confidence, correct = np.asarray(confidence, np.float64), np.asarray(correct)
    if bins < 1 or confidence.shape != correct.shape or confidence.ndim != 1 or not len(correct):
        raise ArgumentError(
            "expected at least one bin and two arrays (n,) of the same length; got "
            f"{bins!r}, {confidence.shape} and {correct.shape}."
        )
    if not ((confidence >= 0) & (confidence <= 1 + 1e-6)).all():
        raise DataError(
            f"expected confidences from 0 to 1; got {confidence.min():g} to {confidence.max():g}."
        )
    # A float32 softmax may exceed 1 by one rounding.
    places = np.clip(np.ceil(np.minimum(confidence, 1) * bins).astype(np.intp) - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    return Reliability(
        np.linspace(0, 1, bins + 1),
        counts,
        _means(places, confidence, counts),
        _means(places, correct, counts),
    )


def _means(places: IntArray, values: Array, counts: IntArray) -> FloatArray:
    sums = np.bincount(places, weights=values, minlength=len(counts))
    means: FloatArray = np.full(len(counts), np.nan)
    return np.divide(sums, counts, out=means, where=counts > 0)


def reliability_of(predictions: Predictions, bins: int = 15) -> Reliability:
    """Return the reliability of a network's predictions.

    Raises:
        DataError: the outputs are not probabilities.
    """
    if not predictions.calibrated:
        raise DataError(
            "calibration needs outputs that are probabilities: softmax or sigmoid as the "
            "activation of the last layer."
        )
    return reliability(predictions.confidence, predictions.correct, bins)
