"""Checks for target values on a scale that the initial weights cannot reach."""

from __future__ import annotations

from byhand.evaluation.doctor.advice import Advice
from byhand.evaluation.doctor.checks.common import ANY_END, SLIGHTLY_POOR, is_poor, shortfall
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng, is_regression
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

LARGE, SMALL, FAR = 10.0, 0.02, 10.0
"""Hard to learn are deviations outside this range, and means this many deviations from 0."""


def large_values(case: Case, rng: Rng) -> Case:
    """Measure the target values in much smaller units, or far from 0."""
    if rng.random() < 0.5:
        factor, shift = float(10 ** rng.uniform(2.5, 5)), 0.0
    else:
        factor, shift = 1.0, float(case.y.std() * 10 ** rng.uniform(2, 3.5))
    return case.on(case.x, case.y * factor + shift, case.x_held, case.y_held * factor + shift)


@register_check(
    explains=("initial_loss", "dead_start", "exploding_gradients", *ANY_END),
    faults={
        "values on another scale": Fault(
            large_values, {"data": is_regression}, harms=True, on_values=True
        )
    },
)
def target_scale(seen: Observations) -> Finding | None:
    """Target values whose size is far from 1, which initialisers and learning rates assume."""
    values = seen.values
    if values is None or seen.setup.output != "identity" or not values.deviation:
        return None
    distance = abs(values.mean) / values.deviation
    if SMALL <= values.deviation <= LARGE and distance < FAR:
        return None
    return Finding(
        name="target values on the wrong scale",
        severity=_severity(seen),
        evidence=f"the target values have a mean of {values.mean:.3g} and a standard deviation of "
        f"{values.deviation:.3g} (0 and 1 are easy to learn).",
        meaning="The last layer must grow to that size first, with gradients as large or as small "
        "as the values.",
        advice=Advice(
            text="Train on (y - y.mean()) / y.std(), with mean and deviation of the training data, "
            "and undo it after predict."
        ),
        numbers={"mean": values.mean, "deviation": values.deviation},
    )


def _severity(seen: Observations) -> str:
    if seen.setup.diverged or is_poor(seen):
        return "critical"
    return "warning" if shortfall(seen) > SLIGHTLY_POOR else "note"
