"""Checks for over-fitting."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    SLIGHTLY_POOR,
    SURE,
    curve,
    has_r2,
    is_behind,
    measure,
    measured,
    shortfall_on_others,
    standard_error,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Data, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.evaluation.significance import binomial_tail

GAP, LARGE_GAP = 0.07, 0.15

FEW_ROWS = 60
"""With fewer examples, values that are predicted much worse for others were memorised."""

FEW_OF_CLASS, CHANCE = 20, 0.05
"""With fewer examples of each class, a gap was memorised if a network that predicts others as well
as its own would be right on so many of its own with less than this probability."""

TURNED = 1.1
"""A gap does harm once the validation loss is this multiple of its lowest value."""


def overfit(case: Case, rng: Rng) -> Case:
    """Train a wide network on far too few examples for many epochs."""
    n = int(rng.integers(8, 14)) * case.data.classes
    few = case.on(case.x[:n], case.y[:n], widths=(200,), epochs=300, patience=0)
    return replace(few, batch=min(case.batch, 20))


def _few_examples_mislead(data: Data) -> bool:
    return data.name == "clusters" or (data.images and data.name != "digits")


@register_check(
    faults={
        "over-fitting": Fault(
            overfit, {"data": _few_examples_mislead}, ("over_confidence",), harms=True
        )
    }
)
def over_fitting(seen: Observations) -> Finding | None:
    """An accuracy on training examples much higher than on validation examples."""
    train, validation = _accuracies(seen)
    if math.isnan(train) or math.isnan(validation) or seen.setup.diverged:
        return None
    if _is_below_chance(seen, validation):
        return None  # a network that has memorised its examples still guesses as well as chance
    rows = seen.held_out["validation"].rows if "validation" in seen.held_out else 1000
    gap = train - validation
    error = standard_error(seen, validation, rows)
    few = _are_few_values(seen, train, validation, rows) or _are_few_labels(seen, train, validation)
    if not few and gap - SURE * error < (LARGE_GAP if has_r2(seen) else GAP):
        return None
    losses = curve(seen, "loss"), curve(seen, "val_loss")
    apart = f" and the loss {losses[0][-1]:.3g} and {losses[1][-1]:.3g}" if len(losses[1]) else ""
    rises = not len(losses[1]) or losses[1][-1] > TURNED * losses[1].min()
    harms = few or ((rises or (gap > LARGE_GAP and not has_r2(seen))) and _costs(seen))
    return Finding(
        name="over-fitting",
        severity=_severity(seen, min(gap, _early_gap(seen, gap)), harms),
        evidence=f"{measure(seen)} is {measured(seen, train)} on training and "
        f"{measured(seen, validation)} on validation examples{_points(seen, gap)}{apart}.",
        meaning="The network has memorised its training examples rather than what they have in "
        "common.",
        advice=Advice(_changes(seen), "More training examples help most."),
        numbers={"train": train, "validation": validation, "gap": gap},
    )


def _costs(seen: Observations) -> bool:
    """Return whether others could be predicted better, as far as is known.

    A gap alone costs nothing: where classes overlap, the best network has one.
    """
    unknown = math.isnan(shortfall_on_others(seen))
    return unknown or is_behind(seen, SLIGHTLY_POOR, on_others=True)


def _are_few_values(seen: Observations, train: float, validation: float, rows: int) -> bool:
    """Return whether a regression on few examples leaves much more unexplained on others.

    The logarithm of the ratio of two variances of n and m normal values varies by about
    sqrt(2 / n + 2 / m), which is what the F-test of two variances uses.
    """
    n = seen.setup.examples or FEW_ROWS
    if n >= FEW_ROWS or not has_r2(seen) or not 0 < validation < train < 1:
        return False
    ratio = (1 - validation) / (1 - train)
    return math.log(ratio) > SURE * math.sqrt(2 / n + 2 / rows)


def _are_few_labels(seen: Observations, train: float, validation: float) -> bool:
    """Return whether a few labels of each class are known too well to be anything but memorised."""
    n, classes = seen.setup.examples or 0, seen.setup.classes
    if seen.values is not None and seen.values.are_labels and seen.end is not None:
        classes = seen.end.layers[-1].units  # each output is a label that an example may have
    if not classes or n >= FEW_OF_CLASS * classes or train - validation < GAP:
        return False
    return binomial_tail(round(train * n), n, validation) < CHANCE


def _changes(seen: Observations) -> tuple[Change, ...]:
    """Return the changes, in the order of how often they helped in the benchmark of advice."""
    moved = Change("augmentation", {"shift": 2.0, "rotate": 10.0})  # harms where images are small
    return (
        Change("l2", 1e-4),
        Change("early_stopping", {"patience": 5}),
        Change("dropout", 0.3),
        *((moved,) if seen.setup.images else ()),
        Change("units", direction="smaller number of"),
    )


def _early_gap(seen: Observations, gap: float) -> float:
    """Return the gap in the epoch of the lowest validation loss; the last gap if it is not known.

    A gap that opens later is due to training for too long, which `over_confidence` reports.
    """
    train, validation = curve(seen, "accuracy"), curve(seen, "val_accuracy")
    losses = curve(seen, "val_loss")
    if not len(losses) or not len(train) == len(validation) == len(losses):
        return gap
    best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else -1
    return float(train[best] - validation[best])


def _accuracies(seen: Observations) -> tuple[float, float]:
    """Return the accuracy on training and on validation examples; NaN if it is not known.

    The accuracy on training examples is measured without dropout, if possible.
    """
    validation, train = curve(seen, "val_accuracy"), curve(seen, "accuracy")
    if seen.values is not None and not len(validation):
        return _r2(seen)
    known = float(train[-1]) if len(train) else math.nan
    if seen.end is not None and not math.isnan(seen.end.accuracy):
        known = seen.end.accuracy
    return known, float(validation[-1]) if len(validation) else math.nan


def _r2(seen: Observations) -> tuple[float, float]:
    """Return r2 on training and on validation examples; NaN if it is not known."""
    losses = curve(seen, "val_loss")
    if seen.end is None or seen.values is None or not len(losses):
        return math.nan, math.nan
    if seen.setup.loss != "squared_error" or not seen.values.usual_loss:
        return math.nan, math.nan
    return seen.end.accuracy, max(1 - float(losses[-1]) / seen.values.usual_loss, 0.0)


def _is_below_chance(seen: Observations, accuracy: float) -> bool:
    if "validation" not in seen.held_out or not seen.setup.classes:
        return False
    chance, rows = 1 / seen.setup.classes, seen.held_out["validation"].rows
    return accuracy < chance - SURE * math.sqrt(chance * (1 - chance) / rows)


def _points(seen: Observations, gap: float) -> str:
    return f" ({100 * gap:.1f} points apart)" if not has_r2(seen) else ""


def _severity(seen: Observations, gap: float, harms: bool) -> str:
    """Return the severity. Noise in the target values separates the two r2 without any harm.

    So do classes that overlap, if the network predicts others as well as is easy to reach.

    Args:
        seen: the observations.
        gap: the smaller one of the last gap and of that at the lowest validation loss.
        harms: whether others could be predicted better.
    """
    if not harms:
        return "note"
    return "critical" if gap > LARGE_GAP and not has_r2(seen) else "warning"
