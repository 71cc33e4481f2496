"""Checks for penalties or dropout that are too strong."""

from __future__ import annotations

import math
from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    LEARNT,
    MUCH_BETTER,
    POOR_END,
    RATES,
    SLIGHTLY_POOR,
    STRONG_DROPOUT,
    UNITS,
    best_trial,
    is_poor,
    is_restrained,
    own_end,
    penalty_at_start,
    same_rate,
    shortfall,
    usual_loss,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, Trial
from byhand.network import DenseLayer, DropoutLayer
from byhand.readable import percent

BETTER, HIGH_LOSS = 0.7, 0.3
DROPOUT_GAP, SMALLER_GAP = 0.25, 0.15
"""Dropout costs too much if the accuracy without it is so much higher. The second number is for a
network that ends below what is easy to reach."""

COLLAPSED, KNOWS_NOTHING = 0.3, 0.95
OVERWHELMING = 10.0
"""A penalty that begins at this multiple of the loss itself leaves nothing of what was learned."""

WEAKER = 0.01
"""Factor by which the advice weakens penalties."""


def strangled(case: Case, rng: Rng) -> Case:
    """Set a penalty so strong that weights cannot grow, or dropout that leaves almost no units."""
    if rng.random() < 0.3:
        drop = DropoutLayer(float(rng.uniform(0.96, 0.985)))
        parts = [(DenseLayer(units, case.activation), drop) for units in case.widths]
        return replace(case, layers=tuple(layer for part in parts for layer in part))
    return replace(case, options={"l2": float(rng.uniform(0.3, 1.0))})


@register_check(
    explains=(*RATES, *UNITS, *POOR_END),
    faults={"penalty too strong": Fault(strangled, harms=True)},
)
def over_regularised(seen: Observations) -> Finding | None:
    """Penalties or dropout that hold the network back: the same start learns well without."""
    if not is_restrained(seen) or _only_a_lower_rate_learns(seen):
        return None
    shown = _evidence(seen)
    if shown is None:
        return None
    evidence, numbers = shown
    return Finding(
        name="held back by penalties or dropout",
        severity="critical" if is_poor(seen) else "warning",
        evidence=f"{own_end(seen)} with {_restraints(seen)}; {evidence}.",
        meaning="The penalty on weights, or the loss of most units, outweighs correct predictions.",
        advice=Advice(_weaker(seen), "Or start without them."),
        numbers=numbers,
    )


def _evidence(seen: Observations) -> tuple[str, dict[str, float]] | None:
    """Return the evidence with its numbers, or None if there is none."""
    own, last = same_rate(seen), _final_loss(seen)
    if own is not None and _free_run_is_better(seen, own):
        evidence = f"{own.steps} steps without it reach a loss of {own.loss:.3g}"
        return evidence, {"own_loss": seen.trial_loss, "free_loss": own.loss}
    if last > KNOWS_NOTHING * (usual_loss(seen) or math.inf):
        evidence = f"the training loss ended at {last:.3g}, that of an untrained network"
        return evidence, {"own_loss": seen.trial_loss, "last_loss": last}
    if is_poor(seen) and (kept := _weights_kept(seen)) < COLLAPSED:
        evidence = f"the weights have shrunk to {percent(kept)} of their first length"
        return evidence, {"own_loss": seen.trial_loss, "kept": kept}
    if is_poor(seen) and (excess := penalty_at_start(seen)) > OVERWHELMING:
        evidence = f"its penalty began at {excess:.0f} times the loss of an untrained network"
        return evidence, {"own_loss": seen.trial_loss, "excess": excess}
    if _drops_too_much(seen):
        train, validation = seen.curves["accuracy"][-1], seen.curves["val_accuracy"][-1]
        evidence = f"accuracy is {percent(train)} with dropout and {percent(validation)} without"
        return evidence, {"train": train, "validation": validation}
    return None


def _only_a_lower_rate_learns(seen: Observations) -> bool:
    """Return whether a lower rate learns much more than the run's own, both without penalties.

    Weight decay is part of each step, so a rate that is too high makes it too strong, too.
    """
    own, lower, usual = same_rate(seen), best_trial(seen, higher=False), usual_loss(seen)
    if own is None or lower is None or usual is None:
        return False
    fails = not own.loss < LEARNT * usual or lower.loss < MUCH_BETTER * own.loss
    return fails and lower.loss < LEARNT * usual


def _free_run_is_better(seen: Observations, own: Trial) -> bool:
    usual = usual_loss(seen)
    if usual is None:
        return False
    if seen.setup.diverged:
        return seen.setup.dropout >= STRONG_DROPOUT and own.loss < LEARNT * usual
    high = seen.trial_loss > HIGH_LOSS * usual or penalty_at_start(seen) > OVERWHELMING
    return high and own.loss < BETTER * seen.trial_loss


def _final_loss(seen: Observations) -> float:
    """Return the training loss of the last epoch, whichever epoch's weights were kept."""
    return seen.curves["loss"][-1] if seen.curves.get("loss") else math.nan


def _weights_kept(seen: Observations) -> float:
    """Return |W| after training / |W| before, for the layer where it is largest."""
    if seen.start is None or seen.end is None:
        return math.inf
    pairs = zip(seen.start.layers, seen.end.layers, strict=True)
    kept = [end.weight_norm / start.weight_norm for start, end in pairs if start.weight_norm]
    return max(kept, default=math.inf)


def _drops_too_much(seen: Observations) -> bool:
    train, validation = seen.curves.get("accuracy"), seen.curves.get("val_accuracy")
    if seen.setup.dropout < STRONG_DROPOUT or not train or not validation:
        return False
    gap = validation[-1] - train[-1]
    return gap > DROPOUT_GAP or (gap > SMALLER_GAP and shortfall(seen) > SLIGHTLY_POOR)


def _restraints(seen: Observations) -> str:
    """List the run's penalties and strong dropout."""
    setup = seen.setup
    used = {"l1": setup.l1, "l2": setup.l2, "weight_decay": setup.weight_decay}
    words = [f"{name} {value:.2g}" for name, value in used.items() if value]
    if setup.dropout >= STRONG_DROPOUT:
        words.append(f"dropout {setup.dropout:.2g}")
    return ", ".join(words)


def _weaker(seen: Observations) -> tuple[Change, ...]:
    """Return changes that weaken the penalties a hundred times and make dropout mild."""
    setup = seen.setup
    weaker = {"l1": setup.l1, "l2": setup.l2}
    changes = [
        Change(name, float(f"{value * WEAKER:.2g}"), was=f"{value:.2g}")
        for name, value in weaker.items()
        if value
    ]
    if setup.weight_decay:
        decay = float(f"{setup.weight_decay * WEAKER:.2g}")
        changes.append(Change("weight_decay", {"name": setup.optimizer, "weight_decay": decay}))
    if setup.dropout >= STRONG_DROPOUT:
        changes.append(Change("dropout", 0.2, was=f"{setup.dropout:.2g}"))
    return tuple(changes)
