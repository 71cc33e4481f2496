"""Checks for a column of the inputs that gives the label away."""

from __future__ import annotations

from byhand.arrays import Array
from byhand.evaluation.doctor.advice import Advice
from byhand.evaluation.doctor.checks.common import FIT, POOR_END
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Data, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent

TELLS, UNUSUAL = 0.98, 5.0
"""A column gives the labels away if it predicts this fraction of them, and the next best column is
wrong at least this many times as often."""


def label_among_inputs(case: Case, rng: Rng) -> Case:
    """Put the label into one column, sometimes with a little noise."""
    noise = rng.choice([0.0, 0.05])
    column = int(rng.integers(case.x[0].size))
    unit = 255 / case.data.classes if case.data.images else float(case.x.std())

    def write(x: Array, y: Array) -> Array:
        rows = x.reshape(len(x), -1).copy()
        rows[:, column] = ((y + rng.normal(0, noise, len(y))).clip(0) * unit).astype(rows.dtype)
        return rows.reshape(x.shape)

    return case.on(write(case.x, case.y), case.y, write(case.x_held, case.y_held), case.y_held)


def _has_rows(data: Data) -> bool:
    return len(data.x) > 400 and data.classes > 1


@register_check(
    explains=(*FIT, *POOR_END),  # what is easy to reach is measured with the column, too
    faults={"label among inputs": Fault(label_among_inputs, {"data": _has_rows, **EXTRAS})},
)
def label_in_inputs(seen: Observations) -> Finding | None:
    """A column of the inputs that alone predicts nearly every label."""
    facts = seen.labels
    if facts is None or facts.told < TELLS:
        return None
    if UNUSUAL * (1 - facts.told) > 1 - facts.told_next:
        return None
    return Finding(
        name="the label is among the inputs",
        severity="warning",
        evidence=f"input {facts.telling_column} alone (counted from 0) predicts "
        f"{percent(facts.told)} of the labels; the next best input predicts "
        f"{percent(facts.told_next)}.",
        meaning="If this input is derived from the label, or known only later, the accuracy says "
        "nothing about new examples.",
        advice=Advice(
            text=f"Leave it out unless it is known before the label: "
            f"x = np.delete(x, {facts.telling_column}, axis=1)."
        ),
        numbers={"told": facts.told, "next": facts.told_next, "column": facts.telling_column},
    )
