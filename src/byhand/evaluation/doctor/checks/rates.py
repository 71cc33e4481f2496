"""Checks of the steps: the learning rate, and the size of the updates."""

from __future__ import annotations

import math

import numpy as np

from byhand.evaluation.doctor.checks.common import (
    LEARNT,
    POOR,
    best_trial,
    curve,
    is_poor,
    is_restrained,
    is_too_narrow,
    own_end,
    reachable,
    same_rate,
    usual_loss,
)
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, Trial
from byhand.evaluation.doctor.trials import HELD_BACK

MUCH_BETTER = 0.5
"""A trial is much better where its loss is below this share of the run's."""

WORSE_THAN_NOTHING = 1.5
"""A run has lost its way where its loss stays above this multiple of ln(classes)."""

WORSE_THAN_START = 1.2
FASTER, STUCK_GAIN = 3.0, 0.2
RATHER_BETTER, POINTS, MANY_POINTS = 0.85, 0.04, 0.1
"""Another rate is better, too, where it leaves less loss and gets so much more right."""

FEW_STEPS = 100
GAIN = 0.03
HARDLY_MOVING, AIM = 3e-4, 3e-3
"""Update ratios with which no layer moves, and one to aim at."""

RATIO_NOTE, RATIO_WARNING = (1e-4, 1e-1), (1e-5, 0.5)


def diverged(seen: Observations) -> Finding | None:
    """Training that left the finite numbers."""
    if not seen.setup.diverged:
        return None
    done = len(seen.curves.get("loss", ()))
    return Finding(
        "diverged",
        "training diverged",
        "critical",
        f"the loss became NaN or infinite in epoch {done + 1}; no weights of that moment can be "
        "used.",
        "Some number grew without bound, most often because steps are too long.",
        f"{_lower_rate(seen)}, or clip_norm=1.0.",
        {"epochs": done},
    )


def _lower_rate(seen: Observations) -> str:
    """What to do about a rate, with a number where one was found that stays finite."""
    rate, lower = seen.setup.learning_rate, best_trial(seen, higher=False)
    if rate is None or not rate > 0:
        return "A lower learning_rate"
    if lower is None or not math.isfinite(lower.loss):
        usual = "0.1 for sgd and 1e-3 for adam are usual"
        return f"A far lower learning_rate (it was {rate:.3g}; {usual})"
    return f"learning_rate={rate * lower.factor:.2g} (it was {rate:.3g})"


# --- too high -------------------------------------------------------------------------------------


def learning_rate_high(seen: Observations) -> Finding | None:
    """A lower rate does in a few steps what the run did not do at all."""
    lower, usual = best_trial(seen, higher=False), usual_loss(seen)
    if lower is None or usual is None or not math.isfinite(lower.loss):
        return None
    lost = _has_lost_its_way(seen, usual)
    if not lost and (not _does_better(seen, lower, usual) or _penalties_did_it(seen, usual)):
        return None
    rate = seen.setup.learning_rate or math.nan
    evidence = f"{own_end(seen)}; {_tried(lower, seen)}"
    if lost:
        evidence += f"; the loss of its last epochs, {_last_loss(seen):.3g}, is above the "
        evidence += f"ln({seen.setup.classes}) = {usual:.3g} of a network that knows nothing"
    return Finding(
        "learning_rate_high",
        "learning rate too high",
        "critical",
        f"{evidence}.",
        "Steps jump over the valley that they are to descend into.",
        f"learning_rate={rate * lower.factor:.2g} (it was {rate:.3g}).",
        {"own_loss": seen.trial_loss, "trial_loss": lower.loss, "factor": lower.factor},
    )


def _does_better(seen: Observations, lower: Trial, usual: float) -> bool:
    """Whether a trial with a lower rate has learnt what the run has not."""
    if lower.loss < MUCH_BETTER * seen.trial_loss and lower.loss < LEARNT * usual:
        return True
    rather = lower.loss < RATHER_BETTER * seen.trial_loss
    judges = seen.start.rows / HELD_BACK if seen.start else 1.0
    points = MANY_POINTS + 1 / math.sqrt(judges)  # few judges, much luck
    return rather and is_poor(seen) and lower.accuracy > seen.trial_accuracy + points


def _has_lost_its_way(seen: Observations, usual: float) -> bool:
    """Whether training led away from a start that was as good as any."""
    if seen.start is None:
        return False
    return _last_loss(seen) > max(WORSE_THAN_NOTHING * usual, WORSE_THAN_START * seen.start.loss)


def _last_loss(seen: Observations) -> float:
    """The training loss in the last quarter of the epochs; nan without a history."""
    losses = curve(seen, "loss")
    return float(np.median(losses[-max(1, len(losses) // 4) :])) if len(losses) else math.nan


def _penalties_did_it(seen: Observations, usual: float) -> bool:
    """Whether the same rate does well without the penalties that the run had."""
    own = same_rate(seen)
    return (
        own is not None
        and is_restrained(seen)
        and own.loss < MUCH_BETTER * seen.trial_loss
        and own.loss < LEARNT * usual
    )


# --- too low --------------------------------------------------------------------------------------


def learning_rate_low(seen: Observations) -> Finding | None:
    """A higher rate does in a few steps what the run did not do in many."""
    higher = best_trial(seen, higher=True)
    if higher is None or (seen.setup.steps or 0) < FEW_STEPS:
        return None
    if is_too_narrow(seen) and higher.accuracy < reachable(seen) - POOR:
        return None  # a higher rate does not make a layer wider
    moving = max((r for r in seen.updates if math.isfinite(r)), default=math.nan)
    if _is_faster(seen, higher):
        factor, evidence = higher.factor, _tried(higher, seen)
    elif 0 < moving < HARDLY_MOVING and is_poor(seen):  # 0 has other causes, such as dead units
        factor = AIM / moving
        evidence = f"one step changes no layer by more than {moving:.1e} of its weights"
    else:
        return None
    rate = seen.setup.learning_rate or math.nan
    return Finding(
        "learning_rate_low",
        "learning rate too low",
        _gravity(seen, higher),
        f"{own_end(seen)} after {seen.setup.steps} steps; {evidence}.",
        "Every step goes the right way, but so short a way that training ends long before the "
        "valley.",
        f"learning_rate={rate * factor:.2g} (it was {rate:.3g}), or several times the epochs.",
        {"own_loss": seen.trial_loss, "trial_loss": higher.loss, "factor": factor},
    )


def _is_faster(seen: Observations, higher: Trial) -> bool:
    """Whether a trial with a higher rate got much further than the run itself."""
    own, usual = same_rate(seen), usual_loss(seen)
    if own is None or usual is None or seen.start is None:
        return False
    if own.loss * 1.2 < seen.trial_loss:
        return False  # with more steps the run ended worse than the trial: something else holds it
    gain, own_gain = seen.start.loss - higher.loss, seen.start.loss - seen.trial_loss
    halved = higher.loss < MUCH_BETTER * seen.trial_loss
    lower = higher.loss < RATHER_BETTER * seen.trial_loss
    if halved or (lower and higher.accuracy > seen.trial_accuracy + POINTS):
        return True
    return gain > FASTER * own_gain and gain > STUCK_GAIN * usual


def _gravity(seen: Observations, higher: Trial) -> str:
    """A note where the run got there all the same."""
    if is_poor(seen):
        return "critical"
    return "warning" if higher.accuracy - seen.trial_accuracy > GAIN else "note"


def _tried(trial: Trial, seen: Observations) -> str:
    rate = (seen.setup.learning_rate or math.nan) * trial.factor
    return (
        f"from the same start, {trial.steps} steps with a rate of {rate:.2g} reach {trial.loss:.3g}"
    )


# --- out of proportion ----------------------------------------------------------------------------


def update_ratio(seen: Observations) -> Finding | None:
    """Steps that are out of proportion to the weights that they change."""
    known = [(index, r) for index, r in enumerate(seen.updates, 1) if math.isfinite(r) and r > 0]
    outside = [(n, r) for n, r in known if not RATIO_NOTE[0] <= r <= RATIO_NOTE[1]]
    if not outside:
        return None
    number, ratio = max(outside, key=lambda item: abs(math.log10(item[1]) + 3))
    small = ratio < 1e-3
    return Finding(
        "update_ratio",
        "steps out of proportion to the weights",
        "note" if RATIO_WARNING[0] <= ratio <= RATIO_WARNING[1] else "warning",
        "one step changes the weights of layers 1, 2, ... by "
        + ", ".join(f"{r:.1e}" for r in seen.updates)
        + " of their length (about 1e-3 is usual).",
        f"Layer {number} {'hardly moves' if small else 'is thrown about'}: its steps are "
        f"{'small' if small else 'large'} for weights of that size.",
        f"A {'higher' if small else 'lower'} learning_rate, or "
        f"{'smaller' if small else 'larger'} initial weights in layer {number}: "
        'weight_init="he_initialization".',
        {"layer": number, "ratio": ratio},
    )
