"""Checks for validation or test data unlike the training data."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import FIT, POOR_END, curve
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import HeldOutFacts, LabelFacts, Observations
from byhand.readable import percent

SURPRISE = 1.95
"""sqrt(ln(1 / 0.0005) / 2): a distance of class fractions exceeds its mean by more than this, times
sqrt(1 / n + 1 / m), with a probability of at most 0.05 % (McDiarmid's inequality)."""

MEAN_SHIFT, SPREAD, CLASS_DISTANCE = 0.3, 1.5, 0.2
ELSEWHERE = 3.0
"""Parts whose means are so many standard deviations apart have hardly a number in common."""

COLUMN_SHIFT = 0.3
"""Columns whose means are so many of their deviations away, beyond chance, hold something else."""

ALIKE = 2.0
"""Accuracies of neighbours that differ by at most so many standard errors are alike."""

NEIGHBOURS_DIFFER, NEIGHBOURS_ERRORS = 0.25, 4.0
"""Neighbours must predict validation labels worse than training labels by this fraction, and this
many standard errors."""


def shifted(case: Case, rng: Rng) -> Case:
    """Validate on other classes (split after sorting), or on differently prepared data."""
    if rng.random() < 0.5:
        x, y = np.concatenate([case.x, case.x_held]), np.concatenate([case.y, case.y_held])
        train, held = np.split(np.argsort(y, kind="stable"), [len(case.x)])
        return case.on(x[train], y[train], x[held], y[held])
    if not case.data.images:
        return replace(case, x_held=case.x_held * np.float32(rng.uniform(2, 4)))
    return replace(case, x_held=255 - case.x_held if rng.random() < 0.5 else case.x_held // 3)


def relabelled(case: Case, rng: Rng) -> Case:
    """Validate with labels that start from another number, or on rotated images."""
    if case.data.images and rng.random() < 0.5:
        return replace(case, x_held=np.rot90(case.x_held, axes=(1, 2)).copy())
    return replace(case, y_held=(case.y_held + 1) % case.data.classes)


@register_check(
    explains=("class_imbalance", "learning_rate_low", *POOR_END, *FIT),
    faults={
        "held-out data differ": Fault(shifted, EXTRAS),
        "held-out labels differ": Fault(relabelled, EXTRAS),
    },
)
def validation_shift(seen: Observations) -> Finding | None:
    """Validation or test data prepared differently from the training data, or with other classes.

    The first part that differs is reported.
    """
    for name, facts in seen.held_out.items():
        reached = curve(seen, "val_accuracy")
        known = float(reached[-1]) if name == "validation" and len(reached) else 0.0
        reasons = _differences(facts, seen.labels, known)
        if reasons:
            return Finding(
                name=f"{name} data unlike the training data",
                severity="critical" if facts.mean_shift > ELSEWHERE else "warning",
                evidence=f"{name} ({facts.rows} examples): {'; '.join(reasons)}.",
                meaning="Figures measured there say little about the task that was learned.",
                advice=Advice(
                    (Change("validation", 0.1),),
                    "Prepare all parts in the same way, by the input layer, and split with "
                    "shuffling and stratification (the defaults).",
                ),
                numbers={
                    "mean_shift": facts.mean_shift,
                    "spread_ratio": facts.spread_ratio,
                    "class_distance": facts.class_distance,
                },
            )
    return None


def _differences(facts: HeldOutFacts, labels: LabelFacts | None, reached: float) -> list[str]:
    reasons = []
    if facts.mean_shift > MEAN_SHIFT + 2 / math.sqrt(facts.rows):
        reasons.append(f"its mean is {facts.mean_shift:.2g} standard deviations away")
    elif facts.column_shift > COLUMN_SHIFT and not _are_predicted_alike(facts, labels):
        reasons.append(
            f"the means of its columns are {facts.column_shift:.2g} of their standard deviations "
            "away, beyond chance"
        )
    if not 1 / SPREAD < facts.spread_ratio < SPREAD:
        reasons.append(f"its spread is {facts.spread_ratio:.2g} times that of the training data")
    if facts.class_distance - _class_chance(facts, labels) > CLASS_DISTANCE:
        reasons.append(f"its class frequencies differ by {percent(facts.class_distance)}")
    if labels is not None and _is_labelled_otherwise(facts, labels, reached):
        reasons.append(
            f"the nearest training examples predict {percent(facts.knn_accuracy)} of its labels, "
            f"and {percent(labels.knn_accuracy)} of the training labels"
        )
    return reasons


def _class_chance(facts: HeldOutFacts, labels: LabelFacts | None) -> float:
    """Return a distance of the class fractions that chance explains."""
    train = sum(labels.counts) if labels is not None else facts.rows
    spread = SURPRISE * math.sqrt(1 / max(train, 1) + 1 / max(facts.rows, 1))
    return facts.class_noise + max(facts.class_noise, spread)


def _are_predicted_alike(facts: HeldOutFacts, labels: LabelFacts | None) -> bool:
    """Return whether neighbours predict both parts about equally well.

    Other means then do no harm. Training images that were moved, for augmentation, have them.
    """
    if labels is None or math.isnan(labels.knn_accuracy) or math.isnan(facts.knn_accuracy):
        return False
    return labels.knn_accuracy - facts.knn_accuracy <= ALIKE * _error(facts, labels)


def _is_labelled_otherwise(facts: HeldOutFacts, labels: LabelFacts, reached: float) -> bool:
    """Return whether neighbours predict the labels much worse than those of the training data.

    Training examples that were repeated or augmented are neighbours of themselves, so it does not
    count if the network reaches a higher accuracy.
    """
    known, held_out = labels.knn_accuracy, facts.knn_accuracy
    if math.isnan(known) or math.isnan(held_out):
        return False
    return known - max(held_out, reached) > NEIGHBOURS_DIFFER + NEIGHBOURS_ERRORS * _error(
        facts, labels
    )


def _error(facts: HeldOutFacts, labels: LabelFacts) -> float:
    """Return the largest standard error of the difference of the two accuracies."""
    return math.sqrt(0.25 / facts.rows + 0.25 / max(labels.examined, 1))
