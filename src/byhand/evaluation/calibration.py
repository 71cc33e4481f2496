"""Is a network that says "98 % sure" right 98 times of 100?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError, DataError
from byhand.evaluation.predictions import Predictions


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence beside accuracy, in bins of equal width.

    Args:
        edges: of the bins (bins + 1,), from 0 to 1; a bin holds its upper edge.
        counts: examples in each bin (bins,).
        confidence: their mean confidence (bins,), NaN in an empty bin.
        accuracy: their share of right answers (bins,), NaN in an empty bin.
    """

    edges: FloatArray
    counts: IntArray
    confidence: FloatArray
    accuracy: FloatArray

    @property
    def gaps(self) -> FloatArray:
        """Accuracy minus confidence in each bin (bins,): below 0 the network is too sure."""
        return self.accuracy - self.confidence

    @property
    def ece(self) -> float:
        """Expected calibration error, sum over bins of counts / n * |accuracy - confidence|.

        Naeini, Cooper & Hauskrecht (2015); Guo et al. (2017).
        """
        filled = self.counts > 0
        shares = self.counts[filled] / self.counts.sum()
        return float(shares @ np.abs(self.gaps[filled]))


def reliability(confidence: FloatArray, right: Array, bins: int = 15) -> Reliability:
    """Sort answers into bins by confidence and compare with how many were right.

    Args:
        confidence: probability of each guess (n,), from 0 to 1.
        right: whether each guess was right (n,).
        bins: how many, of equal width from 0 to 1.
    """
    confidence, right = np.asarray(confidence, np.float64), np.asarray(right)
    if bins < 1 or confidence.shape != right.shape or confidence.ndim != 1 or not len(right):
        raise ArgumentError(
            "reliability needs at least one bin and two arrays (n,) of the same length; got "
            f"{bins!r}, {confidence.shape} and {right.shape}."
        )
    if not ((confidence >= 0) & (confidence <= 1 + 1e-6)).all():
        raise DataError(
            "confidences must be probabilities from 0 to 1; got "
            f"{confidence.min():g} to {confidence.max():g}."
        )
    # the outputs of a float32 softmax may be one rounding above 1
    places = np.clip(np.ceil(np.minimum(confidence, 1) * bins).astype(np.intp) - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    return Reliability(
        np.linspace(0, 1, bins + 1),
        counts,
        _means(places, confidence, counts),
        _means(places, right, counts),
    )


def _means(places: IntArray, values: Array, counts: IntArray) -> FloatArray:
    sums = np.bincount(places, weights=values, minlength=len(counts))
    means: FloatArray = np.full(len(counts), np.nan)
    return np.divide(sums, counts, out=means, where=counts > 0)


def reliability_of(said: Predictions, bins: int = 15) -> Reliability:
    """The reliability of a network's predictions; raises where they are not probabilities."""
    if not said.calibrated:
        raise DataError(
            "calibration needs outputs that are probabilities: softmax or sigmoid as the "
            "activation of the last layer."
        )
    return reliability(said.confidence, said.right, bins)
