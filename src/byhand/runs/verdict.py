"""The results of two trainings on the same examples, and whether they differ beyond chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.evaluation.doctor import Change, as_recipe

if TYPE_CHECKING:
    from byhand.mlp import MultiLayerPerceptron

VERDICTS = ("helps", "lower loss", "no difference", "harms")
"""Verdicts on a change, the best first."""

HELPFUL = VERDICTS[:2]
"""Verdicts on a change that is worth making."""

LOWER = 0.9
"""A loss of at most this fraction of the former loss is lower if chance cannot explain it."""

SURE = 2.0
"""Number of standard errors that chance does not explain."""

R2_POINT = 0.01
"""A change of r2 that counts. It has no standard error here."""

LEAST_PROBABILITY = 1e-7
"""Probabilities below this count as this one, so that one example cannot decide the mean."""

BY_RECALL = frozenset({"class_imbalance"})
"""Checks whose advice helps rare classes. Each class counts the same there, since the accuracy
depends on the frequent ones."""


@dataclass(frozen=True)
class Outcome:
    """The result of a training.

    The losses do not depend on the loss function of the training, which a change may replace.

    Args:
        correct: 1 or 0 for each validation example; only r2 in regression; NaN if it diverged.
        losses: -ln of the probability of each example's class, or its squared error in regression;
            infinite if training diverged.
        labels: classes of these examples; None in regression.
    """

    correct: Array
    losses: FloatArray
    labels: Array | None = None

    @property
    def score(self) -> float:
        """Accuracy or r2."""
        return float(self.correct.mean())

    @property
    def loss(self) -> float:
        """Mean of the losses."""
        return float(self.losses.mean())

    def by_recall(self) -> Outcome:
        """Weigh the examples so that each class counts the same: `score` is the mean recall."""
        if self.labels is None:
            return self
        _, of, counts = np.unique(self.labels, return_inverse=True, return_counts=True)
        weights = len(of) / (len(counts) * counts[of])
        return Outcome(self.correct * weights, self.losses * weights, self.labels)


def judged(net: MultiLayerPerceptron, x: Array, y: Array, *, is_regression: bool) -> Outcome:
    """Return the outcome of a network on examples."""
    outputs = net.predict_proba(x).astype(np.float64)
    if is_regression:
        errors = (outputs - np.reshape(y, outputs.shape)) ** 2
        return Outcome(np.array([net.evaluate(x, y)["r2"]]), errors.mean(axis=1))
    correct = np.asarray(net.predict(x) == y, np.float64)
    return Outcome(correct, _log_losses(outputs, y), y)


def _log_losses(outputs: FloatArray, labels: Array) -> FloatArray:
    """Return -ln of the probability of each label (n,); one output is that of class 1."""
    if outputs.shape[1] == 1:
        outputs = np.concatenate([1 - outputs, outputs], axis=1)
    of_labels = outputs[np.arange(len(labels)), labels]
    result: FloatArray = -np.log(np.clip(of_labels, LEAST_PROBABILITY, 1))
    return result


def diverged(y: Array, *, is_regression: bool) -> Outcome:
    """Return the outcome of a training that diverged."""
    endless = np.full(len(y), math.inf)
    if is_regression:
        return Outcome(np.array([math.nan]), endless)
    return Outcome(np.full(len(y), math.nan), endless, y)


@dataclass(frozen=True)
class Remedy:
    """A change of one option, and its effect.

    Args:
        check: the check whose finding advised it.
        change: the change, with the value that was tried.
        score: the measure on the validation examples; NaN if training diverged.
        gain: difference to the score without the change; positive is better.
        error: standard error of the gain; NaN in regression.
        loss: mean loss on these examples, as a multiple of the loss without the change.
        loss_error: standard error of this multiple.
        measure: "accuracy", "r2", or "mean recall" of the classes.
    """

    check: str
    change: Change
    score: float
    gain: float
    error: float
    loss: float = 1.0
    loss_error: float = 0.0
    measure: str = "accuracy"

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`: whether the change makes a difference beyond chance.

        The score counts if it changes by more than two standard errors, or a hundredth of r2. If it
        does not, a loss that falls by a tenth or more, beyond chance, still means a better fit.
        """
        least = R2_POINT if math.isnan(self.error) else SURE * self.error
        if self.gain > least:
            return "helps"
        if not self.gain >= -least:
            return "harms"
        is_lower = self.loss <= LOWER and self.loss + SURE * self.loss_error < 1
        return "lower loss" if is_lower else "no difference"

    def as_dict(self) -> dict[str, Any]:
        """All fields as JSON can hold them."""
        return {
            "check": self.check,
            "change": as_recipe(self.change),
            "measure": self.measure,
            "score": self.score,
            "gain": self.gain,
            "loss_ratio": self.loss,
            "verdict": self.verdict,
        }


def compare(check: str, change: Change, before: Outcome, after: Outcome) -> Remedy:
    """Compare two trainings example by example, as McNemar's test does."""
    measure = "accuracy" if after.labels is not None else "r2"
    if check in BY_RECALL and after.labels is not None:
        measure, before, after = "mean recall", before.by_recall(), after.by_recall()
    former = np.nan_to_num(before.correct)  # a diverged training gets nothing right
    difference = after.correct - former
    if math.isnan(before.score) and math.isnan(after.score):
        difference = np.zeros_like(former)  # neither is better
    error = _standard_error(difference)
    loss, loss_error = _relative(before, after)
    gain = float(difference.mean())
    return Remedy(check, change, after.score, gain, error, loss, loss_error, measure)


def _relative(before: Outcome, after: Outcome) -> tuple[float, float]:
    """Return the loss as a multiple of the former one, with its standard error."""
    if not (0 < before.loss < math.inf and math.isfinite(after.loss)):
        return 1.0, 0.0
    error = _standard_error(after.losses - before.losses) / before.loss
    return after.loss / before.loss, 0.0 if math.isnan(error) else error


def _standard_error(values: Array) -> float:
    """Return the standard error of the mean; NaN for a single value."""
    n = len(values)
    return float(values.std() / math.sqrt(n)) if n > 1 else math.nan
