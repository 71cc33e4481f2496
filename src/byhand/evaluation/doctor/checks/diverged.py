"""Checks for training that diverged."""

from __future__ import annotations

import math

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import FIT, POOR_END, UNITS, best_trial
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.training.optimizers import resolve_optimizer


@register_check(explains=("update_ratio", *UNITS, *POOR_END, *FIT))
def diverged(seen: Observations) -> Finding | None:
    """Training whose loss became NaN or infinity."""
    if not seen.setup.diverged:
        return None
    done = len(seen.curves.get("loss", ()))
    return Finding(
        name="training diverged",
        severity="critical",
        evidence=f"the loss became NaN or infinity in epoch {done + 1}; the weights of that moment "
        "cannot be used.",
        meaning="Some number grew without bound, most often because steps are too long.",
        advice=Advice(
            (_lower_rate(seen), Change("clip_norm", 1.0)),
            "Usual learning rates are 0.1 for sgd and 0.001 for adam.",
        ),
        numbers={"epochs": done},
    )


def _lower_rate(seen: Observations) -> Change:
    """Return a lower learning rate: one with which a trial stayed finite, or the usual one."""
    rate, lower = seen.setup.learning_rate, best_trial(seen, higher=False)
    was = None if rate is None else f"{rate:.3g}"
    if rate is None or lower is None or not math.isfinite(lower.loss):
        usual = (
            resolve_optimizer(seen.setup.optimizer).learning_rate if seen.setup.optimizer else None
        )
        if rate is None or usual is None or usual >= rate:
            return Change("learning_rate", direction="lower", was=was)
        return Change("learning_rate", usual, was=was)
    return Change("learning_rate", float(f"{rate * lower.factor:.2g}"), was=was)
