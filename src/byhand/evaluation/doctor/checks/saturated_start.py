"""Checks for units that are saturated from the start."""

from __future__ import annotations

from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import ANY_END, SLIGHTLY_POOR, is_behind
from byhand.evaluation.doctor.checks.describe_units import (
    ACTIVE_AT_END,
    FLAT,
    SQUASHING,
    least_active,
    saturated,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng, gain
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

ACTIVE_AT_START = 0.85


def huge_weights(case: Case, rng: Rng) -> Case:
    """Start with weights so large that tanh and sigmoid units are always saturated."""
    return replace(case, weight_init=gain(rng.uniform(20, 60)), output_init="glorot_uniform")


@register_check(
    explains=("exploding_gradients", "initial_loss", *ANY_END),
    faults={"saturated units": Fault(huge_weights, {"activations": SQUASHING})},
)
def saturated_start(seen: Observations) -> Finding | None:
    """Units (tanh, sigmoid) that are saturated before the first step."""
    worst = least_active(seen.start)
    if worst is None or worst.active >= ACTIVE_AT_START:
        return None
    mostly, ended = worst.active < ACTIVE_AT_END, seen.end is not None or seen.setup.diverged
    harmless = ended and not seen.setup.diverged and not is_behind(seen, SLIGHTLY_POOR)
    return Finding(
        name="units saturated from the start",
        severity="critical" if mostly else "note" if harmless else "warning",
        evidence=saturated(worst, "before the first step"),
        meaning=FLAT,
        advice=Advice(
            (Change("weight_init", "glorot_uniform"), Change("normalisation", "standardise")),
            "Inputs should have a size of about 1.",
        ),
        numbers={"layer": worst.number, "active": worst.active, "stuck": len(worst.silent)},
    )
