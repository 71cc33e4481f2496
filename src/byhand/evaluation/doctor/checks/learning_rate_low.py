"""Checks for a learning rate that is too low."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    FEW_STEPS,
    MUCH_BETTER,
    POOR,
    POOR_END,
    RATHER_BETTER,
    SURE,
    best_trial,
    has_r2,
    is_poor,
    is_too_narrow,
    own_end,
    reachable,
    same_rate,
    standard_error,
    trial_rows,
    tried,
    usual_loss,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, Trial

FASTER, STUCK_GAIN = 3.0, 0.2
POINTS = 0.04
GAIN = 0.03
HARDLY_MOVING, AIM = 3e-4, 3e-3
"""An update ratio so small that no layer moves, and the ratio to aim at."""


def rate_low(case: Case, rng: Rng) -> Case:
    """Set a learning rate so low that nothing moves."""
    factor = 1 / np.exp(rng.uniform(*np.log((200, 2000))))
    rate = float(case.optimizer.learning_rate * factor)
    return replace(case, optimizer=replace(case.optimizer, learning_rate=rate))


@register_check(
    explains=("update_ratio", *POOR_END),
    faults={"rate too low": Fault(rate_low, harms=True, on_values=True)},
)
def learning_rate_low(seen: Observations) -> Finding | None:
    """A learning rate so low that a higher one learns in a few steps what took the run many."""
    higher = best_trial(seen, higher=True)
    if higher is None or (seen.setup.steps or 0) < FEW_STEPS:
        return None
    if is_too_narrow(seen) and higher.accuracy < reachable(seen) - POOR:
        return None  # a higher rate cannot replace missing units
    moving = max((r for r in seen.updates if math.isfinite(r)), default=math.nan)
    if _is_faster(seen, higher):
        factor, evidence = higher.factor, tried(higher, seen)
    elif 0 < moving < HARDLY_MOVING and is_poor(seen):  # 0 has other causes, such as dead units
        factor = AIM / moving
        evidence = f"one step changes no layer by more than {moving:.1e} of its weights"
    else:
        return None
    rate = seen.setup.learning_rate or math.nan
    better = Change("learning_rate", float(f"{rate * factor:.2g}"), was=f"{rate:.3g}")
    return Finding(
        name="learning rate too low",
        severity=_severity(seen, higher),
        evidence=f"{own_end(seen)} after {seen.setup.steps} steps; {evidence}.",
        meaning="Every step goes in the right direction, but the steps are so short that training "
        "ends long before the minimum.",
        advice=Advice((better, Change("epochs", direction="larger number of"))),
        numbers={"own_loss": seen.trial_loss, "trial_loss": higher.loss, "factor": factor},
    )


def _is_faster(seen: Observations, higher: Trial) -> bool:
    """Return whether a trial with a higher rate got much further than the run itself."""
    own, usual = same_rate(seen), usual_loss(seen)
    if own is None or usual is None or seen.start is None:
        return False
    if own.loss * 1.2 < seen.trial_loss:
        return False  # more steps ended worse than the trial: the run has another fault
    gain, own_gain = seen.start.loss - higher.loss, seen.start.loss - seen.trial_loss
    halved = higher.loss < MUCH_BETTER * seen.trial_loss
    lower = higher.loss < RATHER_BETTER * seen.trial_loss
    if halved or (lower and higher.accuracy > seen.trial_accuracy + POINTS):
        return True
    return gain > FASTER * own_gain and gain > STUCK_GAIN * usual


def _severity(seen: Observations, higher: Trial) -> str:
    """Return a note if the run learned well all the same, or if chance may explain the gain."""
    if is_poor(seen):
        return "critical"
    gain = higher.accuracy - seen.trial_accuracy
    return "warning" if gain > max(GAIN, _gain_by_chance(seen, higher)) else "note"


def _gain_by_chance(seen: Observations, higher: Trial) -> float:
    """Return the largest gain that chance explains.

    If a trial is right on k more of n examples, and wrong on none that the run has right, the gain
    k / n has a standard error of sqrt(k) / n.
    """
    rows = trial_rows(seen)
    if has_r2(seen):
        return SURE * standard_error(seen, higher.accuracy, rows)
    return SURE**2 / rows
