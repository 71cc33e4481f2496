"""Checks for a gradient that fades on its way back."""

from __future__ import annotations

import math
from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    ANY_END,
    SLIGHTLY_POOR,
    is_too_narrow,
    shortfall,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.checks.signals import in_layers, signals
from byhand.evaluation.doctor.faults import Case, Fault, Rng, gain
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

VANISHED = 1e-3

MOVING = 1e-4
"""A layer moves if a step changes this fraction of its weights."""


def vanishing(case: Case, rng: Rng) -> Case:
    """Use many sigmoid layers, or small weights in several layers."""
    if case.activation == "sigmoid":
        return replace(case, widths=(32,) * int(rng.integers(6, 9)))
    small = gain(rng.uniform(0.05, 0.15))
    return replace(case, widths=(48,) * int(rng.integers(4, 6)), weight_init=small)


@register_check(
    explains=ANY_END,
    faults={
        "vanishing gradients": Fault(
            vanishing,
            {"activations": ("relu", "tanh", "sigmoid")},
            harms=True,  # an optimizer that rescales steps may learn all the same
        )
    },
)
def vanishing_gradients(seen: Observations) -> Finding | None:
    """A gradient that fades on its way back to the first layer."""
    ratios = signals(seen.start)
    if not ratios or min(ratios) > VANISHED or is_too_narrow(seen):
        return None  # through a unit or two a gradient may be lost by chance
    return Finding(
        name="gradients vanish on the way back",
        severity="note" if _learnt_all_the_same(seen) else "critical",
        evidence=in_layers(ratios),
        meaning="The first layers get almost no gradient and hardly learn.",
        advice=Advice(
            (
                Change("activation", "relu"),
                Change("weight_init", "he_initialization"),
                Change("batch_norm", "relu"),
            ),
            "Fewer layers help, too.",
        ),
        numbers={"smallest": min(ratios)},
    )


def _learnt_all_the_same(seen: Observations) -> bool:
    """Return whether training ended well, with steps that moved the first layer."""
    moving = seen.updates[0] if seen.updates else math.nan
    return seen.end is not None and shortfall(seen) <= SLIGHTLY_POOR and moving > MOVING
