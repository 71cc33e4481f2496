"""Checks for clipping that leaves almost nothing of the gradient."""

from __future__ import annotations

import math
from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    POOR_END,
    RATES,
    RATHER_BETTER,
    is_poor,
    own_end,
    tried,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, Trial
from byhand.readable import percent

USUAL = {"clip_norm": 1.0, "clip_value": 1.0}
"""Limits that only rare large gradients exceed."""

TIGHT, VERY_TIGHT = 0.05, 0.003
"""Clipping is tight below this fraction of the size that the first gradient has. Below the second
no step moves anything, even where a hundred free steps do not get far either."""

FAR_ENOUGH = 0.5
"""Weights that cannot move by this fraction of their length stay close to chance."""

LONGER_STEPS = {"sgd": 1.0, "momentum": 10.0, "nesterov": 10.0}
"""How many times longer the usual momentum, 0.9, can make a step."""

HARDLY_MOVES = 1e-5
"""A step below this fraction of a layer's weights does not count as one."""

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
    """Clipping that shortens every step to almost nothing."""
    share, setup = _share_of_gradient(seen), seen.setup
    shown = _evidence(seen, share) if share < TIGHT else None
    if shown is None:
        return None
    name = "clip_norm" if setup.clip_norm is not None else "clip_value"
    limit = setup.clip_norm if setup.clip_norm is not None else setup.clip_value
    return Finding(
        name="gradients clipped too tightly",
        severity="critical",
        evidence=f"{own_end(seen)} with {name} {limit:.2g}; {shown}.",
        meaning="Clipping is meant for rare large gradients. Here it shortens every step to almost "
        "nothing.",
        advice=Advice(
            (Change(name, USUAL[name], was=f"{limit:.2g}"),),
            "Or train without clipping.",
        ),
        numbers={"limit": float(limit or 0), "own_loss": seen.trial_loss, "share": share},
    )


def _best_free_trial(seen: Observations) -> Trial | None:
    """Return the best trial with the run's own learning rate or a lower one; trials never clip."""
    free = [trial for trial in seen.trials if trial.factor <= 1 and math.isfinite(trial.loss)]
    return min(free, key=lambda trial: trial.loss, default=None)


def _evidence(seen: Observations, share: float) -> str | None:
    """Return what shows that clipping holds the run down, or None if nothing does."""
    free = _best_free_trial(seen)
    if free is not None and free.loss <= RATHER_BETTER * seen.trial_loss:
        return f"{tried(free, seen)} without it"
    if share < VERY_TIGHT and (is_poor(seen) or _hardly_moves(seen)):
        return f"the first gradient is {1 / share:,.0f} times as large"
    if is_poor(seen) and (reach := _reach(seen)) < FAR_ENOUGH:
        return f"all steps together move the weights by at most {percent(reach)} of their length"
    return None


def _reach(seen: Observations) -> float:
    """Return how far all steps together can move the weights, as a fraction of their length.

    A step of plain descent is at most the learning rate times the limit long, with momentum m at
    most 1 / (1 - m) times as long. A limit c for each of n numbers is a limit c sqrt(n) for all.
    Other optimizers divide by the size of the gradient, so a limit says nothing about their steps.
    """
    setup, start = seen.setup, seen.start
    if start is None or setup.optimizer not in LONGER_STEPS or not start.gradient_rms:
        return math.inf
    root_n = start.gradient_norm / start.gradient_rms
    norm, value = setup.clip_norm or math.inf, setup.clip_value or math.inf
    step = (setup.learning_rate or math.inf) * LONGER_STEPS[setup.optimizer]
    length = math.sqrt(sum(layer.weight_norm**2 for layer in start.layers))
    return step * min(norm, value * root_n) * (setup.steps or math.inf) / (length or math.nan)


def _hardly_moves(seen: Observations) -> bool:
    """Return whether the steps of a layer are far too short for its weights."""
    return any(0 < ratio < HARDLY_MOVES for ratio in seen.updates)


def _share_of_gradient(seen: Observations) -> float:
    """Return the limit over the size of the gradient before the first step; infinite without."""
    setup, start = seen.setup, seen.start
    if start is None:
        return math.inf
    limits = ((setup.clip_norm, start.gradient_norm), (setup.clip_value, start.gradient_rms))
    shares = [limit / size for limit, size in limits if limit is not None and size > 0]
    return min(shares, default=math.inf)
