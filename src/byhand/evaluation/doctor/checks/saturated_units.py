"""Checks for units that training has saturated."""

from __future__ import annotations

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import POOR_END, SLIGHTLY_POOR, is_behind
from byhand.evaluation.doctor.checks.describe_units import (
    ACTIVE_AT_END,
    FLAT,
    least_active,
    saturated,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

HARDLY_ACTIVE = 0.1


@register_check(explains=POOR_END)
def saturated_units(seen: Observations) -> Finding | None:
    """Units (tanh, sigmoid) that training has saturated."""
    worst = least_active(seen.end)
    if worst is None or worst.active >= ACTIVE_AT_END:
        return None
    hurts = is_behind(seen, SLIGHTLY_POOR) or worst.active < HARDLY_ACTIVE
    return Finding(
        name="saturated units",
        severity="warning" if hurts else "note",
        evidence=saturated(worst, "after training"),
        meaning=FLAT,
        advice=Advice(
            (
                Change("learning_rate", direction="lower"),
                Change("l2", 1e-4),
                Change("batch_norm", worst.activation),
            )
        ),
        numbers={"layer": worst.number, "active": worst.active, "stuck": len(worst.silent)},
    )
