"""Checks for a learning rate that is too high."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    FIT,
    LEARNT,
    MUCH_BETTER,
    POOR_END,
    RATHER_BETTER,
    UNITS,
    best_trial,
    is_poor,
    is_restrained,
    last_loss,
    own_end,
    same_rate,
    trial_rows,
    tried,
    usual_loss,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, Trial

WORSE_THAN_NOTHING = 1.5
"""A run is lost if its loss stays above this multiple of the usual loss."""

WORSE_THAN_START = 1.2

HARDLY_MOVING = 1e-4
"""Steps below this fraction of the weights of every layer are not too long."""

SLOWER = 0.1
"""The best rate for a few steps may be too high for many; this fraction is the alternative."""

MANY_POINTS = 0.1


def rate_high(case: Case, rng: Rng) -> Case:
    """Set a learning rate far too high for the optimizer."""
    plain = case.optimizer.name in {"sgd", "momentum", "nesterov"}
    factor = np.exp(rng.uniform(*np.log((100, 400) if plain else (200, 1000))))
    rate = float(case.optimizer.learning_rate * factor)
    return replace(case, optimizer=replace(case.optimizer, learning_rate=rate))


@register_check(
    explains=("update_ratio", "diverged", *UNITS, *POOR_END, *FIT),
    faults={"rate too high": Fault(rate_high, harms=True, on_values=True)},
)
def learning_rate_high(seen: Observations) -> Finding | None:
    """A learning rate so high that a lower one learns in a few steps what the run never learned."""
    lower, usual = best_trial(seen, higher=False), usual_loss(seen)
    if lower is None or usual is None or not math.isfinite(lower.loss):
        return None
    lost = _has_lost_its_way(seen, usual)
    if not lost and (not _does_better(seen, lower, usual) or _penalties_did_it(seen, usual)):
        return None
    rate = seen.setup.learning_rate or math.nan
    evidence = f"{own_end(seen)}; {tried(lower, seen)}"
    if lost:
        evidence += f"; the loss of its last epochs, {last_loss(seen):.3g}, is above the "
        evidence += f"{usual:.3g} of {_knowing_nothing(seen)}"
    lower_rate = rate * lower.factor
    better, lowest = (
        Change("learning_rate", float(f"{value:.2g}"), was=f"{rate:.3g}")
        for value in (lower_rate, lower_rate * SLOWER)
    )
    return Finding(
        name="learning rate too high",
        severity="critical",
        evidence=f"{evidence}.",
        meaning="Steps are so long that they jump over the minimum.",
        advice=Advice((better, lowest)),
        numbers={"own_loss": seen.trial_loss, "trial_loss": lower.loss, "factor": lower.factor},
    )


def _does_better(seen: Observations, lower: Trial, usual: float) -> bool:
    """Return whether a trial with a lower rate has learned what the run has not.

    A rate that learns more in as many steps is not too high: the run has another fault.
    """
    own = same_rate(seen)
    if own is not None and own.loss < lower.loss:
        return False
    if lower.loss < MUCH_BETTER * seen.trial_loss and lower.loss < LEARNT * usual:
        return True
    rather = lower.loss < RATHER_BETTER * seen.trial_loss
    points = MANY_POINTS + 1 / math.sqrt(trial_rows(seen))  # with few rows, chance decides a lot
    return rather and is_poor(seen) and lower.accuracy > seen.trial_accuracy + points


def _has_lost_its_way(seen: Observations, usual: float) -> bool:
    """Return whether the loss started at its usual value and then rose, by steps that matter.

    With dropout, the loss in training is above that of the start without any step.
    """
    if seen.start is None or all(ratio < HARDLY_MOVING for ratio in seen.updates or (math.nan,)):
        return False
    return last_loss(seen) > max(WORSE_THAN_NOTHING * usual, WORSE_THAN_START * seen.start.loss)


def _penalties_did_it(seen: Observations, usual: float) -> bool:
    """Return whether the same rate does well without the penalties that the run had."""
    own = same_rate(seen)
    return (
        own is not None
        and is_restrained(seen)
        and own.loss < MUCH_BETTER * seen.trial_loss
        and own.loss < LEARNT * usual
    )


def _knowing_nothing(seen: Observations) -> str:
    return "an untrained network" if seen.values is None else "always predicting the mean"
