"""Checks for empty examples."""

from __future__ import annotations

from byhand.arrays import Array
from byhand.evaluation.doctor.advice import Advice
from byhand.evaluation.doctor.checks.common import FIT, POOR_END, RATES
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent

BLANK = 0.05


def blank(case: Case, rng: Rng) -> Case:
    """Replace a fraction of the examples by zeros."""
    fraction = rng.uniform(0.15, 0.6)

    def wipe(x: Array) -> Array:
        x = x.copy()
        x[rng.random(len(x)) < fraction] = 0
        return x

    return case.on(wipe(case.x), case.y, wipe(case.x_held), case.y_held)


@register_check(
    explains=(*RATES, "label_noise", *POOR_END, *FIT), faults={"blank inputs": Fault(blank, EXTRAS)}
)
def blank_inputs(seen: Observations) -> Finding | None:
    """Examples whose numbers are all the same."""
    x = seen.inputs
    if x is None or x.blank < BLANK:
        return None
    return Finding(
        name="empty examples",
        severity="critical" if x.blank > 0.5 else "warning",
        evidence=f"{percent(x.blank)} of {x.rows} training examples have the same number "
        "throughout.",
        meaning="An empty example teaches the network nothing except how frequent its label is.",
        advice=Advice(
            text="Check how the files are read. To leave such rows out: "
            "keep = x.reshape(len(x), -1).std(axis=1) > 0."
        ),
        numbers={"blank": x.blank},
    )
