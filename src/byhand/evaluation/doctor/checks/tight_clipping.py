"""Clipping that leaves next to nothing of the gradient."""

from __future__ import annotations

import math
from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    LEARNT,
    MUCH_BETTER,
    POOR_END,
    RATES,
    own_end,
    same_rate,
    tried,
    usual_loss,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

USUAL_NORM = 1.0
PLAIN = {"optimizers": ("sgd", "momentum", "nesterov")}  # others divide by the gradient's size


def clipped(case: Case, rng: Rng) -> Case:
    """Clip the gradient so far down that no step moves anything."""
    if rng.random() < 0.5:
        return replace(case, options={"clip_norm": float(10 ** rng.uniform(-4.5, -3.5))})
    return replace(case, options={"clip_value": float(10 ** rng.uniform(-6.5, -5.5))})


@register_check(
    explains=(*RATES, "over_regularised", *POOR_END),
    faults={"clipping too tight": Fault(clipped, PLAIN, harms=True, on_values=True)},
)
def tight_clipping(seen: Observations) -> Finding | None:
    """Clipping without which the same start and learning rate learn well."""
    setup, own, usual = seen.setup, same_rate(seen), usual_loss(seen)
    if setup.clip_norm is None and setup.clip_value is None:
        return None
    if own is None or usual is None or not math.isfinite(own.loss):
        return None
    if own.loss > MUCH_BETTER * seen.trial_loss or own.loss > LEARNT * usual:
        return None
    if setup.l1 or setup.l2 or setup.dropout:  # the trials run without these as well
        return None
    name = "clip_norm" if setup.clip_norm is not None else "clip_value"
    limit = setup.clip_norm if setup.clip_norm is not None else setup.clip_value
    return Finding(
        name="gradients clipped too tightly",
        severity="critical",
        evidence=f"{own_end(seen)} with {name} {limit:.2g}; {tried(own, seen)} without it.",
        meaning="Clipping is meant for rare large gradients. Here it shortens every step to almost "
        "nothing.",
        advice=Advice(
            (Change("clip_norm", USUAL_NORM, was=f"{name} {limit:.2g}"),),
            "Or train without clipping.",
        ),
        numbers={"limit": float(limit or 0), "own_loss": seen.trial_loss, "free_loss": own.loss},
    )
