"""Over-fitting."""

from __future__ import annotations

import math
from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import curve
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Data, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent

GAP, LARGE_GAP, ERRORS = 0.07, 0.15, 2.5

TURNED = 1.1
"""A gap alone does no harm; it does once the validation loss is this multiple of its lowest."""


def overfit(case: Case, rng: Rng) -> Case:
    """Give a wide network far too few examples and many epochs."""
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
    rows = seen.held_out["validation"].rows if "validation" in seen.held_out else 1000
    gap = train - validation
    error = math.sqrt(max(validation * (1 - validation), 0.25 / rows) / rows)
    if gap - ERRORS * error < GAP:
        return None
    losses = curve(seen, "loss"), curve(seen, "val_loss")
    apart = f" and the loss {losses[0][-1]:.3g} and {losses[1][-1]:.3g}" if len(losses[1]) else ""
    harms = not len(losses[1]) or losses[1][-1] > TURNED * losses[1].min()
    return Finding(
        name="over-fitting",
        severity="critical" if gap > LARGE_GAP else "warning" if harms else "note",
        evidence=f"accuracy is {percent(train)} on training and {percent(validation)} on "
        f"validation examples ({100 * gap:.1f} points apart){apart}.",
        meaning="The network has memorised its training examples rather than what they have in "
        "common.",
        advice=Advice(_changes(seen), "More training examples help most."),
        numbers={"train": train, "validation": validation, "gap": gap},
    )


def _changes(seen: Observations) -> tuple[Change, ...]:
    moved = Change("augmentation", {"shift": 2.0, "rotate": 10.0})
    others = (
        Change("l2", 1e-4),
        Change("dropout", 0.3),
        Change("early_stopping", {"patience": 5}),
        Change("units", direction="smaller number of"),
    )
    return (moved, *others) if seen.setup.images else others


def _accuracies(seen: Observations) -> tuple[float, float]:
    """Return the accuracy on training and on validation examples; NaN where it is not known.

    On training examples it is the network's own, without dropout, where that was measured.
    """
    validation, train = curve(seen, "val_accuracy"), curve(seen, "accuracy")
    known = float(train[-1]) if len(train) else math.nan
    if seen.end is not None and not math.isnan(seen.end.accuracy):
        known = seen.end.accuracy
    return known, float(validation[-1]) if len(validation) else math.nan
