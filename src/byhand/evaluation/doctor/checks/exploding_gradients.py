"""Checks for a gradient that grows on its way back."""

from __future__ import annotations

from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import ANY_END
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.checks.signals import in_layers, signals
from byhand.evaluation.doctor.faults import Case, Fault, Rng, gain
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

EXPLODED = 10.0
RELU_LIKE = ("relu", "leaky_relu", "elu", "gelu", "swish")


def exploding(case: Case, rng: Rng) -> Case:
    """Use large weights in several layers, so that each multiplies whatever passes."""
    large = gain(rng.uniform(6, 12))
    return replace(case, widths=(48,) * int(rng.integers(3, 5)), weight_init=large)


@register_check(
    explains=("initial_loss", *ANY_END),
    faults={"exploding gradients": Fault(exploding, {"activations": RELU_LIKE})},
)
def exploding_gradients(seen: Observations) -> Finding | None:
    """A gradient that grows from layer to layer on its way back."""
    ratios = signals(seen.start)
    if len(ratios) < 2 or (seen.start and seen.start.normalises):
        return None
    growth = max(ratios) / ratios[-1] if ratios[-1] else 1.0
    if growth < EXPLODED:  # a large output layer alone does not count: initial_loss names it
        return None
    return Finding(
        name="gradients explode on the way back",
        severity="critical",
        evidence=in_layers(ratios),
        meaning="Weights are so large that every layer amplifies what passes, and a step of any "
        "size throws the first layers about.",
        advice=Advice(
            (Change("weight_init", "he_initialization"), Change("clip_norm", 1.0)),
            "The second only limits the damage.",
        ),
        numbers={"largest": max(ratios), "growth": growth},
    )
