"""Checks for steps that are out of proportion to the weights."""

from __future__ import annotations

import math
from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import POOR_END, SLIGHTLY_POOR, is_behind
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng, gain
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.network import BatchNormLayer, DenseLayer

RATIO_NOTE, RATIO_WARNING = (1e-4, 1e-1), (1e-5, 0.5)


def frozen(case: Case, rng: Rng) -> Case:
    """Start with huge weights before batch normalisation, so that no step moves them."""
    parts = [(DenseLayer(units), BatchNormLayer(case.activation)) for units in case.widths]
    layers = tuple(layer for part in parts for layer in part)
    huge = gain(10 ** rng.uniform(2.5, 3.5))
    return replace(case, layers=layers, weight_init=huge, output_init="glorot_uniform")


@register_check(
    explains=POOR_END,
    faults={"frozen layers": Fault(frozen, {"optimizers": ("sgd", "momentum", "nesterov")})},
)
def update_ratio(seen: Observations) -> Finding | None:
    """Steps that are out of proportion to the weights that they change."""
    known = [(index, r) for index, r in enumerate(seen.updates, 1) if math.isfinite(r) and r > 0]
    outside = [(n, r) for n, r in known if not RATIO_NOTE[0] <= r <= RATIO_NOTE[1]]
    if not outside:
        return None
    number, ratio = max(outside, key=lambda item: abs(math.log10(item[1]) + 3))
    small = ratio < 1e-3
    return Finding(
        name="steps out of proportion to the weights",
        severity=_severity(seen, ratio),
        evidence="one step changes the weights of layers 1, 2, ... by "
        + ", ".join(f"{r:.1e}" for r in seen.updates)
        + " of their length (about 1e-3 is usual).",
        meaning=f"Layer {number} {'hardly moves' if small else 'is thrown about'}: its steps are "
        f"{'small' if small else 'large'} for weights of that size.",
        advice=Advice(
            (
                Change("learning_rate", direction="higher" if small else "lower"),
                Change("weight_init", "he_initialization"),
            ),
            f"Layer {number} needs {'smaller' if small else 'larger'} initial weights.",
        ),
        numbers={"layer": number, "ratio": ratio},
    )


def _severity(seen: Observations, ratio: float) -> str:
    """Return a note for a ratio that is only unusual, and for large first steps that did no harm.

    A layer whose weights start small takes large steps until they have grown.
    """
    if RATIO_WARNING[0] <= ratio <= RATIO_WARNING[1]:
        return "note"
    fails = seen.setup.diverged or is_behind(seen, SLIGHTLY_POOR)
    return "note" if ratio > RATIO_WARNING[1] and not fails else "warning"
