"""Checks for units that are dead from the start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from byhand.arrays import FloatArray
from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import ANY_END
from byhand.evaluation.doctor.checks.describe_units import (
    DEAD_UNITS,
    LOST,
    MOSTLY_DEAD,
    most_silent,
    never_on,
    silent_fraction,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.evaluation.significance import binomial_tail

DEAD_AT_START = 0.6

CHANCE = 0.005
"""Where inputs hardly vary, each unit is dead with a probability of one half, which seldom does
harm. So many dead units must be less likely than this there in any of the layers."""


def dead(case: Case, rng: Rng) -> Case:
    """Start with biases so far below 0 that most relu units never fire."""
    low, classes = 3 * rng.uniform(4, 8), case.data.classes

    def biases(rng: Rng, n_in: int, n_out: int) -> FloatArray:
        off = (rng.random((n_in, n_out)) < 0.85) & (n_out > classes)  # not in the last layer
        return np.where(off, -low, 0.0)

    return replace(case, bias_init=biases)


@register_check(
    explains=("vanishing_gradients", "initial_loss", *ANY_END),
    faults={"dead units": Fault(dead, {"activations": ("relu",)})},
)
def dead_start(seen: Observations) -> Finding | None:
    """Units (relu and its relatives) that no example activates before the first step."""
    worst = most_silent(seen.start)
    if worst is None or len(worst.silent) < DEAD_UNITS or silent_fraction(worst) <= DEAD_AT_START:
        return None
    fraction, layers = silent_fraction(worst), len(seen.start.layers) if seen.start else 1
    if layers * binomial_tail(len(worst.silent), worst.units, 0.5) > CHANCE:
        return None
    return Finding(
        name="units dead from the start",
        severity="critical" if fraction > MOSTLY_DEAD else "warning",
        evidence=never_on(seen.start, worst, "before the first step"),
        meaning=LOST,
        advice=Advice(
            (
                Change("bias_init", "zeros"),
                Change("bias_init", "small_constant"),
                Change("weight_init", "he_initialization"),
            )
        ),
        numbers={"layer": worst.number, "dead": len(worst.silent), "fraction": fraction},
    )
