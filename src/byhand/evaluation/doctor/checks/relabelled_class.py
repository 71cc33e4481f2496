"""Checks for one class with many wrong labels."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array
from byhand.evaluation.doctor.advice import Advice
from byhand.evaluation.doctor.checks.common import FIT, is_outdone
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault, Rng, neighbours_are_alike
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.evaluation.doctor.relabelled import RelabelledClass
from byhand.readable import percent

MOSTLY = 0.6
"""The other label is named if it is at least this fraction of the changed labels."""


def half_relabelled(case: Case, rng: Rng) -> Case:
    """Relabel about half of one class: as one other class, or as any."""
    fraction, classes = rng.uniform(0.35, 0.6), case.data.classes
    which, one, step = rng.integers(classes), rng.random() < 0.7, rng.integers(1, classes)

    def spoil(y: Array) -> Array:
        wrong = (y == which) & (rng.random(len(y)) < fraction)
        steps = step if one else rng.integers(1, classes, len(y))
        return np.where(wrong, (y + steps) % classes, y)

    return case.on(case.x, spoil(case.y), case.x_held, spoil(case.y_held))


@register_check(
    explains=("label_noise", "class_imbalance", *FIT),
    faults={
        "class half relabelled": Fault(half_relabelled, {"data": neighbours_are_alike, **EXTRAS})
    },
)
def relabelled_class(seen: Observations) -> Finding | None:
    """A class with many examples that have the label of another class."""
    facts = seen.labels
    found = facts.relabelled if facts is not None else None
    if facts is None or found is None:
        return None
    if is_outdone(seen, float(np.nanmax([facts.knn_accuracy, found.accuracy]))):
        return None
    which = f"class {found.index}"
    return Finding(
        name="one class with many wrong labels",
        severity="critical",
        evidence=f"among the examples that look like {which}, about {percent(found.share)} have "
        f"{_instead(found)}, and not only where classes meet.",
        meaning=f"Labels of {which} were changed, or given by two different rules. No "
        "network can tell them apart, and its recall of that class stays low.",
        advice=Advice(
            text=f"Find out how {which} was labelled, and correct it: byhand doctor RUN "
            "--suspects 20 lists examples."
        ),
        numbers={"class": found.index, "share": found.share, "instead": found.instead},
    )


def _instead(found: RelabelledClass) -> str:
    if found.of_instead >= MOSTLY:
        return f"the label {found.instead}"
    return f"other labels (most often {found.instead})"
