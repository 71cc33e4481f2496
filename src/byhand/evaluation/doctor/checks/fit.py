"""Checks of what was learnt: too much by heart, too little, or with too much confidence."""

from __future__ import annotations

import math

import numpy as np

from byhand.evaluation.doctor.checks.common import (
    curve,
    is_poor,
    percent,
    reachable,
    shortfall,
    usual_loss,
)
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

GAP, LARGE_GAP, ERRORS = 0.07, 0.15, 2.5

TURNED = 1.1
"""A gap alone does no harm; it does once the held-out loss is this multiple of its lowest."""

RISE, RISE_OF_USUAL, OUT_OF_PROPORTION = 1.3, 0.06, 3.0


def over_fitting(seen: Observations) -> Finding | None:
    """Training examples answered much better than held-out ones."""
    train, held_out = _accuracies(seen)
    if math.isnan(train) or math.isnan(held_out) or seen.setup.diverged:
        return None
    rows = seen.held_out["validation"].rows if "validation" in seen.held_out else 1000
    gap = train - held_out
    error = math.sqrt(max(held_out * (1 - held_out), 0.25 / rows) / rows)
    if gap - ERRORS * error < GAP:
        return None
    losses = curve(seen, "loss"), curve(seen, "val_loss")
    apart = f" and the loss {losses[0][-1]:.3g} and {losses[1][-1]:.3g}" if len(losses[1]) else ""
    harms = not len(losses[1]) or losses[1][-1] > TURNED * losses[1].min()
    return Finding(
        "over_fitting",
        "over-fitting",
        "critical" if gap > LARGE_GAP else "warning" if harms else "note",
        f"accuracy is {percent(train)} on training and {percent(held_out)} on held-out examples "
        f"({100 * gap:.1f} points apart){apart}.",
        "The network knows its training examples by heart rather than what they have in common.",
        "More or augmented data (augment=Augmentation(shift=2, rotate=10)), l2=1e-4, "
        "DropoutLayer(0.3), fewer units, or EarlyStopping(patience=5).",
        {"train": train, "held_out": held_out, "gap": gap},
    )


def over_confidence(seen: Observations) -> Finding | None:
    """A held-out loss that rises while the accuracy does not fall."""
    losses, accuracies = curve(seen, "val_loss"), curve(seen, "val_accuracy")
    usual = usual_loss(seen)
    if usual is None or len(losses) < 3 or len(accuracies) != len(losses):
        return None
    if seen.setup.diverged or not np.isfinite(losses).all() or is_poor(seen):
        return None
    best = int(np.argmin(losses))
    rise = losses[-1] - losses[best]
    if losses[-1] < RISE * losses[best] or rise < RISE_OF_USUAL * usual:
        return None
    if _falls_with_it(seen, accuracies[best], accuracies[-1], losses[-1] / losses[best]):
        return None
    return Finding(
        "over_confidence",
        "more and more sure of its mistakes",
        "warning",
        f"the held-out loss rose from {losses[best]:.3g} in epoch {best + 1} to {losses[-1]:.3g}, "
        f"while the accuracy went from {percent(accuracies[best])} to {percent(accuracies[-1])}.",
        "It answers no worse, but with probabilities that are too close to 1, for wrong answers "
        "as well.",
        'EarlyStopping(monitor="val_loss"), CategoricalCrossEntropy(label_smoothing=0.05) or '
        "l2=1e-4.",
        {"lowest": float(losses[best]), "last": float(losses[-1]), "epoch": best + 1},
    )


def _falls_with_it(seen: Observations, before: float, after: float, growth: float) -> bool:
    """Whether the accuracy fell, beyond chance, in some proportion to the growth of the loss."""
    rows = seen.held_out["validation"].rows if "validation" in seen.held_out else 1000
    error = max(math.sqrt(before * (1 - before) / rows), 0.002)
    more_wrong = (before - after) / max(1 - before, 1 / rows)
    return before - after > error and OUT_OF_PROPORTION * more_wrong > growth - 1


def under_fitting(seen: Observations) -> Finding | None:
    """Training examples answered much worse than is easy."""
    if seen.end is None or seen.setup.diverged or not is_poor(seen):
        return None
    layers = [layer for layer in seen.end.layers if layer.hidden]
    units = "-".join(str(layer.units) for layer in layers) or "no hidden layer"
    return Finding(
        "under_fitting",
        "under-fitting",
        "critical" if shortfall(seen) > 0.3 else "warning",
        f"accuracy on training examples is {percent(seen.end.accuracy)}; nearest neighbours or a "
        f"small network reach {percent(reachable(seen))} on examples they have not seen.",
        "The network has not even learnt what is easy in its own training data.",
        f"More units or layers (it has {units}), more epochs, less regularisation.",
        {"accuracy": seen.end.accuracy, "reachable": reachable(seen)},
    )


def _accuracies(seen: Observations) -> tuple[float, float]:
    """Accuracy on training and on held-out examples; nan where it is not known.

    Of the training examples the network's own, without dropout, where it was looked at.
    """
    held_out, train = curve(seen, "val_accuracy"), curve(seen, "accuracy")
    known = float(train[-1]) if len(train) else math.nan
    if seen.end is not None and not math.isnan(seen.end.accuracy):
        known = seen.end.accuracy
    return known, float(held_out[-1]) if len(held_out) else math.nan
