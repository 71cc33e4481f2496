"""Checks for units that all start the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import ANY_END
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng, pick
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

EQUAL = 0.5
"""Allowed fraction of a layer's units that equal another unit."""


def symmetric(case: Case, rng: Rng) -> Case:
    """Start with the same number in every weight."""
    constant = pick(rng, (0.0, 0.01, 0.1))
    return replace(case, weight_init=lambda _, n_in, n_out: np.full((n_in, n_out), constant))


@register_check(
    explains=(
        "dead_start",
        "saturated_start",
        "exploding_gradients",
        "vanishing_gradients",
        *ANY_END,
    ),
    faults={"symmetric start": Fault(symmetric)},
)
def symmetric_initialisation(seen: Observations) -> Finding | None:
    """Hidden layers whose units all start with the same weights."""
    for layer in seen.start.layers if seen.start else ():
        if layer.hidden and layer.units > 1 and layer.equal_units > EQUAL * layer.units:
            return Finding(
                name="all units start the same",
                severity="critical",
                evidence=f"{layer.equal_units} of {layer.units} units of layer {layer.number} "
                "start with the same weights as another unit.",
                meaning="Equal units get equal gradients and stay equal: the layer can do no more "
                "than one unit could.",
                advice=Advice(
                    (
                        Change("weight_init", "he_initialization"),
                        Change("weight_init", "glorot_uniform"),
                    ),
                    "The first suits relu and its relatives, the second tanh and sigmoid.",
                ),
                numbers={"layer": layer.number, "equal": layer.equal_units, "units": layer.units},
            )
    return None
