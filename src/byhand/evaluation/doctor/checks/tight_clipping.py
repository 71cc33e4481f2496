"""Checks for clipping that leaves almost nothing of the gradient."""

from __future__ import annotations

import math
from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    POOR_END,
    RATES,
    RATHER_BETTER,
    own_end,
    tried,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, Trial

USUAL = {"clip_norm": 1.0, "clip_value": 1.0}
"""Limits that only rare large gradients exceed."""

TIGHT = 0.05
"""Clipping is tight below this fraction of the size that the first gradient has."""

PLAIN = {"optimizers": ("sgd", "momentum", "nesterov")}  # others divide by the gradient's size


def clipped(case: Case, rng: Rng) -> Case:
    """Clip the gradient so tightly that no step moves anything."""
    if rng.random() < 0.5:
        return replace(case, options={"clip_norm": float(10 ** rng.uniform(-4.5, -3.5))})
    return replace(case, options={"clip_value": float(10 ** rng.uniform(-6.5, -5.5))})


@register_check(
    explains=(*RATES, "over_regularised", *POOR_END),
    faults={"clipping too tight": Fault(clipped, PLAIN, harms=True, on_values=True)},
)
def tight_clipping(seen: Observations) -> Finding | None:
    """Clipping that holds the network back: the same start learns well without."""
    setup, free = seen.setup, _best_free_trial(seen)
    if free is None or not _is_tight(seen):
        return None
    if free.loss > RATHER_BETTER * seen.trial_loss:
        return None
    name = "clip_norm" if setup.clip_norm is not None else "clip_value"
    limit = setup.clip_norm if setup.clip_norm is not None else setup.clip_value
    return Finding(
        name="gradients clipped too tightly",
        severity="critical",
        evidence=f"{own_end(seen)} with {name} {limit:.2g}; {tried(free, seen)} without it.",
        meaning="Clipping is meant for rare large gradients. Here it shortens every step to almost "
        "nothing.",
        advice=Advice(
            (Change(name, USUAL[name], was=f"{limit:.2g}"),),
            "Or train without clipping.",
        ),
        numbers={"limit": float(limit or 0), "own_loss": seen.trial_loss, "free_loss": free.loss},
    )


def _best_free_trial(seen: Observations) -> Trial | None:
    """Return the best trial with the run's own learning rate or a lower one; trials never clip."""
    free = [trial for trial in seen.trials if trial.factor <= 1 and math.isfinite(trial.loss)]
    return min(free, key=lambda trial: trial.loss, default=None)


def _is_tight(seen: Observations) -> bool:
    """Return whether the limit is far below the size of the gradient before the first step."""
    setup, start = seen.setup, seen.start
    if start is None:
        return False
    norm = setup.clip_norm is not None and setup.clip_norm < TIGHT * start.gradient_norm
    value = setup.clip_value is not None and setup.clip_value < TIGHT * start.gradient_rms
    return norm or value
