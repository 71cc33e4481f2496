"""Checks for units that died in training.

`network_state.py` decides which units are silent; `describe_units.py` has the limits that several
checks share.
"""

from __future__ import annotations

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import POOR_END, SLIGHTLY_POOR, is_behind
from byhand.evaluation.doctor.checks.describe_units import (
    DEAD_UNITS,
    LOST,
    MOSTLY_DEAD,
    most_silent,
    never_on,
    silent_fraction,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

DEAD_AT_END = 0.75


@register_check(explains=("update_ratio", *POOR_END))
def dead_units(seen: Observations) -> Finding | None:
    """Units (relu and its relatives) that no example activates after training."""
    worst = most_silent(seen.end)
    if worst is None or not worst.silent:
        return None
    fraction = silent_fraction(worst)
    many = fraction > DEAD_AT_END and len(worst.silent) >= DEAD_UNITS
    severe = many and is_behind(seen, SLIGHTLY_POOR)  # what learns well can spare them
    return Finding(
        name="dead units",
        severity=("critical" if fraction > MOSTLY_DEAD else "warning") if severe else "note",
        evidence=never_on(seen.end, worst, "after training"),
        meaning=LOST if severe else "Silent units that do no harm only cost computing time.",
        advice=Advice(
            (Change("learning_rate", direction="lower"), Change("activation", "leaky_relu")),
            "leaky_relu always keeps a gradient.",
        ),
        numbers={"layer": worst.number, "dead": len(worst.silent), "fraction": fraction},
    )
