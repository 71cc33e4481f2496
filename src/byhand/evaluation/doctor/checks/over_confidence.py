"""Checks for over-confidence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import SURE, curve, is_poor, usual_loss
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Data, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent
from byhand.training.optimizers import Adam

RISE, RISE_OF_USUAL, OUT_OF_PROPORTION = 1.3, 0.06, 3.0

FEW = 20
"""With fewer examples of each class the data are too few: over-confidence follows from that."""


def overconfident(case: Case, rng: Rng) -> Case:  # noqa: ARG001
    """Keep training long after everything has been learned."""
    n = 100 * case.data.classes
    few = case.on(case.x[:n], case.y[:n], widths=(128,), epochs=250, patience=0)
    return replace(few, batch=min(case.batch, 32), optimizer=Adam(5e-3))


def _is_never_learnt_fully(data: Data) -> bool:
    return data.images and data.name not in {"digits", "mnist-14x14", "mnist-6-to-9"}


@register_check(
    faults={
        "over-confidence": Fault(
            overconfident,
            {"data": _is_never_learnt_fully},
            ("over_fitting", "saturated_units"),  # large weights have both effects
        )
    }
)
def over_confidence(seen: Observations) -> Finding | None:
    """A validation loss that rises while the validation accuracy does not fall."""
    losses, accuracies = curve(seen, "val_loss"), curve(seen, "val_accuracy")
    usual = usual_loss(seen)
    if usual is None or len(losses) < 3 or len(accuracies) != len(losses):
        return None
    if seen.setup.diverged or not np.isfinite(losses).all() or is_poor(seen):
        return None
    best = int(np.argmin(losses))
    rise = losses[-1] - losses[best]
    least = max(RISE, 1 + SURE * _relative_error(seen, accuracies[-1]))
    if losses[-1] < least * losses[best] or rise < RISE_OF_USUAL * usual:
        return None
    if _falls_with_it(seen, accuracies[best], accuracies[-1], losses[-1] / losses[best]):
        return None
    return Finding(
        name="more and more confident in wrong predictions",
        severity="note" if _has_few_examples(seen) else "warning",
        evidence=f"the validation loss rose from {losses[best]:.3g} in epoch {best + 1} to "
        f"{losses[-1]:.3g}, while the accuracy went from {percent(accuracies[best])} to "
        f"{percent(accuracies[-1])}.",
        meaning="It predicts no worse, but with probabilities that are too close to 1, for wrong "
        "predictions as well.",
        advice=Advice(
            (
                Change("l2", 1e-4),
                Change("label_smoothing", 0.05),
                Change("early_stopping", {"patience": 5}),
            ),
            "Early stopping by val_loss gives the best probabilities, but may cost accuracy.",
        ),
        numbers={"lowest": float(losses[best]), "last": float(losses[-1]), "epoch": best + 1},
    )


def _relative_error(seen: Observations, accuracy: float) -> float:
    """Return the standard error of the validation loss, relative to its size.

    Nearly all of the loss comes from the k wrong predictions. Their losses vary by about as much as
    they are large, so the mean varies by 1 / sqrt(k) of itself.
    """
    rows = seen.held_out["validation"].rows if "validation" in seen.held_out else 1000
    return 1 / math.sqrt(max((1 - accuracy) * rows, 1.0))


def _has_few_examples(seen: Observations) -> bool:
    examples, classes = seen.setup.examples, seen.setup.classes
    return bool(examples and classes and examples < FEW * classes)


def _falls_with_it(seen: Observations, before: float, after: float, growth: float) -> bool:
    """Return whether the accuracy fell, beyond chance, in proportion to the growth of the loss."""
    rows = seen.held_out["validation"].rows if "validation" in seen.held_out else 1000
    error = max(math.sqrt(before * (1 - before) / rows), 0.002)
    more_wrong = (before - after) / max(1 - before, 1 / rows)
    return before - after > error and OUT_OF_PROPORTION * more_wrong > growth - 1
