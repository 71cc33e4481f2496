"""Helpers of the checks: conditions on observations, and numbers as text."""

from __future__ import annotations

import math

import numpy as np

from byhand.evaluation.doctor.learning_rate_trials import HELD_BACK
from byhand.evaluation.doctor.observations import LabelFacts, Observations, Trial
from byhand.readable import percent

POOR = 0.075
"""A network whose accuracy ends this far below what is easy to reach has learned badly."""

SLIGHTLY_POOR = 0.03
"""A network whose accuracy ends this far below it has not learned quite well."""


SURE = 3.3
"""Standard errors beyond which a difference is not due to chance: one-sided, 0.05 %. About thirty
checks share the 2 % of healthy runs that may be accused."""

LEARNT = 0.7
"""A trial has learned something if its loss is below this fraction of ln(classes)."""

STRONG_DROPOUT = 0.6
STRONG_PENALTY = 0.1
"""Penalties count if they are above this fraction of ln(classes) at the start."""

STRONG_L1 = 1e-3
STRONG_DECAY = 0.5
"""Weight decay counts if it alone would remove this fraction of the weights."""


MISLED = 0.1
"""The verdict of neighbours does not count if the network is better than they are by this much."""


def neighbours_mislead(seen: Observations, facts: LabelFacts) -> bool:
    """Return whether a network predicts other examples much better than their neighbours do."""
    return is_outdone(seen, facts.knn_accuracy)


def is_outdone(seen: Observations, accuracy: float) -> bool:
    """Return whether a network predicts other examples much better than with this accuracy."""
    known = (*seen.curves.get("val_accuracy", ()), seen.yardstick)
    return any(one > accuracy + MISLED for one in known)


def has_r2(seen: Observations) -> bool:
    """Return whether r2 measures the run: in regression, but not in a multi-label task."""
    return seen.values is not None and not seen.values.are_labels


def measure(seen: Observations) -> str:
    """Return what "accuracy" means in a run: the accuracy, or r2 in regression."""
    return "r2" if has_r2(seen) else "accuracy"


def measured(seen: Observations, value: float) -> str:
    """Write an accuracy in per cent, and an r2 as a number."""
    return f"{value:.3f}" if has_r2(seen) else percent(value)


def several(numbers: tuple[int, ...], most: int = 12) -> str:
    """List the first few numbers: "3, 17, 20 and 41 more"."""
    shown = ", ".join(map(str, numbers[:most]))
    return shown if len(numbers) <= most else f"{shown} and {len(numbers) - most} more"


def usual_loss(seen: Observations) -> float | None:
    """Return the loss of an untrained network; None if it is not known.

    It is ln(classes) in classification, and otherwise the loss of always predicting the mean.
    """
    classes = seen.setup.classes
    if seen.values is not None:
        return seen.values.usual_loss or None
    if seen.setup.loss == "categorical_cross_entropy" and classes > 1:
        return math.log(classes)
    return math.log(2) if seen.setup.loss == "binary_cross_entropy" and classes else None


def reachable(seen: Observations) -> float:
    """Return the accuracy that nearest neighbours or a small network reach on these data.

    NaN if neither was measured.
    """
    known = [seen.yardstick, seen.labels.knn_accuracy if seen.labels else math.nan]
    return max((value for value in known if not math.isnan(value)), default=math.nan)


def shortfall(seen: Observations) -> float:
    """Return how far the training accuracy ends below the one that is easy to reach."""
    if seen.setup.diverged or seen.end is None:
        return reachable(seen)
    return reachable(seen) - seen.end.accuracy


def shortfall_on_others(seen: Observations) -> float:
    """Return how far the validation accuracy ends below the one that is easy to reach."""
    reached = curve(seen, "val_accuracy")
    return reachable(seen) - float(reached[-1]) if len(reached) else math.nan


def is_behind(seen: Observations, least: float, *, on_others: bool = False) -> bool:
    """Return whether the accuracy ends below what is easy to reach, by `least` and beyond chance.

    Args:
        seen: the observations.
        least: smallest distance that counts.
        on_others: compare the accuracy on validation examples, not that on training examples.
    """
    reached, of_reached = _reached(seen, on_others)
    return any(
        value - reached > max(least, SURE * math.hypot(error, of_reached))
        for value, error in _references(seen)
    )


def _references(seen: Observations) -> list[tuple[float, float]]:
    """Return what a small network and nearest neighbours reach, each with its standard error."""
    known = [(seen.yardstick, trial_rows(seen))]
    if seen.labels is not None:
        known.append((seen.labels.knn_accuracy, seen.labels.examined))
    return [(value, standard_error(seen, value, rows)) for value, rows in known]


def trial_rows(seen: Observations) -> float:
    """Return the number of examples on which trials are evaluated."""
    state = seen.end or seen.start
    return state.rows / HELD_BACK if state is not None else 1.0


def _reached(seen: Observations, on_others: bool) -> tuple[float, float]:
    """Return the accuracy at the end and its standard error.

    That of training examples counts as exact: the references are measured on some of them.
    """
    if on_others:
        reached, validation = curve(seen, "val_accuracy"), seen.held_out.get("validation")
        if not len(reached) or validation is None:
            return math.nan, math.nan
        return float(reached[-1]), standard_error(seen, float(reached[-1]), validation.rows)
    return (0.0 if seen.setup.diverged or seen.end is None else seen.end.accuracy), 0.0


def standard_error(seen: Observations, value: float, rows: float) -> float:
    """Return the standard error of an accuracy, or of r2, that was measured on some rows.

    r2 varies by about 2 sqrt(r2 / n) (1 - r2). An accuracy of 0 or 1 counts as half a mistake.
    """
    if math.isnan(value) or rows < 1:
        return math.nan
    if has_r2(seen):
        return 2 * math.sqrt(max(value, 0.0) / rows) * (1 - min(value, 1.0))
    half = min(0.5, 0.5 / rows)
    value = min(max(value, half), 1 - half)
    return math.sqrt(value * (1 - value) / rows)


def is_poor(seen: Observations) -> bool:
    """Return whether the accuracy ends far below what is easy to reach, beyond chance."""
    return is_behind(seen, POOR)


def same_rate(seen: Observations) -> Trial | None:
    """Return the trial with the run's own learning rate."""
    return next((trial for trial in seen.trials if trial.factor == 1), None)


def best_trial(seen: Observations, *, higher: bool) -> Trial | None:
    """Return the best trial with a higher, or a lower, learning rate than the run's own."""
    tried = [one for one in seen.trials if (one.factor > 1 if higher else one.factor < 1)]
    return min(tried, key=lambda one: one.loss, default=None)


def curve(seen: Observations, name: str) -> np.ndarray:
    """Return a column of the history up to the epoch whose weights were kept; may be empty."""
    values = np.array(seen.curves.get(name, ()), float)
    return values[: seen.setup.kept_epoch] if seen.setup.kept_epoch else values


def own_end(seen: Observations) -> str:
    """Describe how the run ended."""
    if seen.setup.diverged:
        return "the run diverged"
    if math.isnan(seen.trial_loss):
        return "the run ends"
    return f"the run ends with a loss of {seen.trial_loss:.3g}"


def penalty_at_start(seen: Observations) -> float:
    """Return the first l2 penalty over the loss of an untrained network; 0 if it is not known.

    Weights that start too large are a fault of their own. They count with the length that He's
    initialiser gives them: a mean square of 2 / n_in, so 2 for each unit.
    """
    layers = seen.start.layers if seen.start else ()
    squares = sum(min(layer.weight_norm**2, 2.0 * layer.units) for layer in layers)
    return seen.setup.l2 / 2 * squares / (usual_loss(seen) or math.inf)


def is_restrained(seen: Observations) -> bool:
    """Return whether a penalty or dropout is strong enough to keep a network from learning."""
    setup = seen.setup
    decayed = (setup.learning_rate or 0.0) * setup.weight_decay * (setup.steps or 0)
    return (
        penalty_at_start(seen) > STRONG_PENALTY
        or setup.l1 >= STRONG_L1
        or decayed > STRONG_DECAY
        or setup.dropout >= STRONG_DROPOUT
    )


def is_too_narrow(seen: Observations) -> bool:
    """Return whether a hidden layer has at most half as many units as there are classes."""
    hidden = [layer.units for layer in seen.end.layers if layer.hidden] if seen.end else []
    return 2 * min(hidden, default=seen.setup.classes) <= seen.setup.classes


FEW_STEPS = 100
"""A run with fewer steps has hardly begun."""

RATES = ("learning_rate_high", "learning_rate_low", "update_ratio", "diverged")
UNITS = ("dead_units", "saturated_units")
POOR_END = ("unfinished", "under_fitting")
FIT = ("over_fitting", "over_confidence")
ANY_END = (*RATES, *UNITS, *POOR_END, *FIT)
"""Names of the checks of a run's steps and its end. Many causes explain their findings."""


def last_loss(seen: Observations) -> float:
    """Return the median training loss of the last quarter of the epochs; NaN without a history."""
    losses = curve(seen, "loss")
    return float(np.median(losses[-max(1, len(losses) // 4) :])) if len(losses) else math.nan


def tried(trial: Trial, seen: Observations) -> str:
    """Describe the result of a trial."""
    rate = (seen.setup.learning_rate or math.nan) * trial.factor
    return (
        f"from the same start, {trial.steps} steps with a learning rate of {rate:.2g} reach "
        f"{trial.loss:.3g}"
    )


MUCH_BETTER, RATHER_BETTER = 0.5, 0.85
"""A trial is much better, or rather better, if its loss is below this fraction of the run's."""
