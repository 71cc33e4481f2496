"""Checks for training examples, or near copies of them, in another part."""

from __future__ import annotations

import math

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import SURE
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Data, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import HeldOutFacts, Observations
from byhand.readable import percent

LEAK, LARGE_LEAK = 0.01, 0.1
FEW = 3
"""Fewer repeated examples may be due to chance or to rounded numbers."""

NEAR = 0.05
"""A larger fraction of near copies is not due to chance."""


def leak(case: Case, rng: Rng) -> Case:
    """Add a fraction of the validation rows to the training rows."""
    n = max(5, int(len(case.x_held) * rng.uniform(0.1, 0.8)))
    x = np.concatenate([case.x, case.x_held[:n]])
    return case.on(x, np.concatenate([case.y, case.y_held[:n]]))


def leak_noisily(case: Case, rng: Rng) -> Case:
    """Add a fraction of the validation rows to the training rows, with a little noise."""
    n = max(10, int(len(case.x_held) * rng.uniform(0.3, 0.8)))
    deviation = case.x.std(axis=None if case.data.images else 0)
    copies = case.x_held[:n] + rng.normal(0, 0.02, case.x_held[:n].shape) * deviation
    if case.x.dtype == np.uint8:
        copies = copies.round().clip(0, 255)
    x = np.concatenate([case.x, copies.astype(case.x.dtype)])
    return case.on(x, np.concatenate([case.y, case.y_held[:n]]))


def _has_many_dimensions(data: Data) -> bool:
    return bool(data.x[0].size > 4)  # in two dimensions near neighbours are common


@register_check(
    faults={
        "leaking split": Fault(leak, EXTRAS, harms=False, on_values=True),
        "near copies": Fault(leak_noisily, {"data": _has_many_dimensions, **EXTRAS}, harms=False),
    }
)
def leaking_split(seen: Observations) -> Finding | None:
    """Validation or test examples that also occur in the training data, exactly or nearly."""
    if not seen.held_out:
        return None
    examples = seen.setup.examples or 1
    name, facts = max(seen.held_out.items(), key=lambda item: _fraction(item[1], examples))
    fraction = _fraction(facts, examples)
    if fraction <= 0:
        return None
    is_exact = _repeated(facts, examples) == fraction
    severe = "critical" if fraction > LARGE_LEAK else "warning"
    return Finding(
        name=f"training examples among the {name} examples",
        severity=severe if fraction > LEAK and (facts.repeated >= FEW or not is_exact) else "note",
        evidence=f"{facts.repeated} of {facts.rows} {name} examples "
        f"({percent(facts.repeated / facts.rows)}) are in the training data, number for number."
        if is_exact
        else f"about {percent(fraction)} of the {facts.rows} {name} examples are almost equal to "
        "one training example each, and to no other.",
        meaning="They measure what was memorised, so the accuracy on them is too high.",
        advice=Advice(
            (Change("validation", 0.1),),
            f"Take these rows out of the {name} data, or remove repeated rows before the split.",
        ),
        numbers={"repeated": facts.repeated, "rows": facts.rows, "fraction": fraction},
    )


def _fraction(facts: HeldOutFacts, examples: int) -> float:
    """Return the fraction of copies, or of near copies if there are more of them than by chance."""
    near = facts.near if facts.near * facts.rows >= 2 * FEW and facts.near > NEAR else 0.0
    return max(_repeated(facts, examples), near)


def _repeated(facts: HeldOutFacts, examples: int) -> float:
    """Return the fraction of exact copies, without those that are equal by chance.

    By chance, rows of both parts would be equal to a training row equally often. Of n and m rows, a
    fraction c varies by sqrt(c (1 - c) (1 / n + 1 / m)), where c is that of both parts together.
    """
    rows, chance = facts.rows, facts.alike
    beyond = facts.repeated / rows - chance
    if not chance:
        return beyond
    both = min((facts.repeated + chance * examples) / (rows + examples), 1.0)
    error = math.sqrt(both * (1 - both) * (1 / rows + 1 / examples))
    return beyond if beyond > SURE * error else 0.0
