"""Checks for examples in the order of their classes."""

from __future__ import annotations

import math

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import ANY_END, SURE, is_poor
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import LabelFacts, Observations
from byhand.readable import percent

IN_ORDER = 0.5
"""Examples are sorted if they follow one of their own class this far on the way from chance to
always, and beyond chance."""


def class_by_class(case: Case, rng: Rng) -> Case:  # noqa: ARG001
    """Sort the rows by label and train on them in this order."""
    order = np.argsort(case.y, kind="stable")
    return case.on(case.x[order], case.y[order], options={**case.options, "shuffle": False})


@register_check(
    explains=("over_regularised", *ANY_END),
    faults={"class by class": Fault(class_by_class, EXTRAS)},
)
def unshuffled(seen: Observations) -> Finding | None:
    """Examples sorted by class while shuffling is off."""
    facts = seen.labels
    if facts is None or seen.setup.shuffled or not _is_in_order(facts):
        return None
    rows, examples = seen.setup.batch_size, seen.setup.examples
    if rows is None or examples is None or rows >= examples:
        return None
    return Finding(
        name="examples sorted by class",
        severity="critical" if is_poor(seen) else "warning",
        evidence=f"{percent(facts.in_order)} of the training examples follow one of their own "
        "class, and shuffle is off.",
        meaning="Each batch contains only one class, and the network forgets the others in the "
        "meantime.",
        advice=Advice((Change("shuffle", True),), "This is the default."),
        numbers={"in_order": facts.in_order},
    )


def _is_in_order(facts: LabelFacts) -> bool:
    """Return whether examples follow one of their own class more often than in a random order."""
    counts = np.array(facts.counts, float)
    rows = counts.sum()
    chance = float(np.square(counts / rows).sum()) if rows else 1.0
    error = math.sqrt(chance * (1 - chance) / max(rows, 1.0))
    return facts.in_order - chance > max(IN_ORDER * (1 - chance), SURE * error)
