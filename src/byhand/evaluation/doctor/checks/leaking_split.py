"""Training examples among those of another part."""

from __future__ import annotations

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent

LEAK, LARGE_LEAK = 0.01, 0.1


def leak(case: Case, rng: Rng) -> Case:
    """Add a fraction of the validation rows to the training rows."""
    n = max(5, int(len(case.x_held) * rng.uniform(0.1, 0.8)))
    x = np.concatenate([case.x, case.x_held[:n]])
    return case.on(x, np.concatenate([case.y, case.y_held[:n]]))


@register_check(faults={"leaking split": Fault(leak, EXTRAS, harms=False)})
def leaking_split(seen: Observations) -> Finding | None:
    """Validation or test examples that are in the training data, too."""
    if not seen.held_out:
        return None
    name, facts = max(seen.held_out.items(), key=lambda item: item[1].repeated / item[1].rows)
    fraction = facts.repeated / facts.rows
    if fraction <= 0:
        return None
    severe = "critical" if fraction > LARGE_LEAK else "warning"
    return Finding(
        name=f"training examples among the {name} examples",
        severity=severe if fraction > LEAK else "note",
        evidence=f"{facts.repeated} of {facts.rows} {name} examples ({percent(fraction)}) are in "
        "the training data, number for number.",
        meaning="They measure what was memorised, so the accuracy on them is too high.",
        advice=Advice(
            (Change("validation", 0.1),),
            f"Take these rows out of the {name} data, or remove repeated rows before the split.",
        ),
        numbers={"repeated": facts.repeated, "rows": facts.rows, "fraction": fraction},
    )
