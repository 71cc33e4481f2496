"""Checks for a schedule that lowers the learning rate to almost nothing too early."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    POOR_END,
    RATES,
    RATHER_BETTER,
    SLIGHTLY_POOR,
    is_behind,
    same_rate,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.training.schedules import Exponential

FADED, EARLY = 0.01, 0.5
"""The learning rate has faded if it is below the first fraction of its largest value. That is early
before the second fraction of the training."""

AT_ONCE = 0.1
"""Before this fraction of the training nearly all of it is wasted, whatever was learned until then,
unless the loss had already become small."""


def fading(case: Case, rng: Rng) -> Case:
    """Divide the learning rate by about ten after every epoch."""
    schedule = Exponential(float(rng.uniform(0.05, 0.15)))
    options = {"schedule": schedule}
    batch, rate = 4 * case.batch, case.optimizer.learning_rate / 5
    slower = replace(case.optimizer, learning_rate=rate)
    return replace(
        case, options=options, optimizer=slower, batch=batch, epochs=3 * case.epochs, patience=0
    )


@register_check(
    explains=(*RATES, *POOR_END),
    faults={"rate fades": Fault(fading, harms=True, on_values=True)},
)
def fading_rate(seen: Observations) -> Finding | None:
    """A schedule that lowers the learning rate to almost nothing in the first half of training."""
    rates = np.array(seen.curves.get("learning_rate", ()), float)
    if len(rates) < 4 or not rates.max() > 0:
        return None
    faded = rates < FADED * rates.max()
    at_work = len(rates) - int(faded[::-1].cumprod().sum())  # epochs before it stays faded
    if at_work > EARLY * len(rates):
        return None
    own = same_rate(seen)
    is_better = own is not None and own.loss < RATHER_BETTER * seen.trial_loss
    behind = any(is_behind(seen, SLIGHTLY_POOR, on_others=others) for others in (False, True))
    wasted = at_work < AT_ONCE * len(rates) and seen.trials  # they are made if the loss ended high
    if not (behind or wasted or is_better):
        return None
    return Finding(
        name="learning rate fades too early",
        severity="critical" if is_better else "warning",
        evidence=f"after {at_work} of {len(rates)} epochs the learning rate is below "
        f"{100 * FADED:.0f} % of its largest, {rates.max():.2g}; it ends at {rates[-1]:.2g}.",
        meaning="For most of the training the steps are too small to change anything.",
        advice=Advice(
            (Change("schedule", "cosine"), Change("schedule", "constant")),
            "Cosine lowers the learning rate over the whole training.",
        ),
        numbers={"epochs": at_work, "largest": float(rates.max()), "last": float(rates[-1])},
    )
