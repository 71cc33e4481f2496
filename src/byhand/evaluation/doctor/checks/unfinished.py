"""Checks for training that ended too early."""

from __future__ import annotations

from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    FEW_STEPS,
    SLIGHTLY_POOR,
    curve,
    is_behind,
    is_poor,
    is_too_narrow,
    measured,
    reachable,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent

STILL_FALLING = 0.15
TINY = 1e-30
LARGE_BATCH, SMALLER = 256, 64
SMALLEST, STEPS_WANTED = 8, 15
"""Smallest batch that is advised, and the number of steps that an epoch should have."""

FEW_BATCHES = 10
"""If an epoch has fewer batches, smaller ones give more steps for the same work."""


def few_steps(case: Case, rng: Rng) -> Case:
    """Train with full batches for a handful of epochs."""
    return replace(case, batch=len(case.x), epochs=int(rng.integers(5, 15)))


@register_check(
    explains=("under_fitting",),
    faults={"too few steps": Fault(few_steps, harms=True, on_values=True)},
)
def unfinished(seen: Observations) -> Finding | None:
    """Training that ended while the network was still learning."""
    losses, steps = curve(seen, "loss"), seen.setup.steps or 0
    if seen.end is None or seen.setup.diverged or not len(losses):
        return None
    if _stopped_itself(seen) or is_too_narrow(seen):
        return None  # more time would not help
    few = steps < FEW_STEPS
    fall = 1 - losses[-1] / max(losses[-1 - len(losses) // 4], TINY)
    if not (_is_behind_early(seen) if few else is_poor(seen) and fall > STILL_FALLING):
        return None
    rows = seen.setup.batch_size or 0
    longer = Change("epochs", 4 * len(losses), was=len(losses))
    smaller = Change("batch_size", _smaller(seen), was=rows)  # more steps for the same work
    higher = Change("learning_rate", direction="higher")
    return Finding(
        name="training ended too early",
        severity="warning",
        evidence=f"{steps} steps ({len(losses)} epochs, {rows} examples in a step) reach "
        f"{measured(seen, seen.end.accuracy)} on training examples where "
        f"{measured(seen, reachable(seen))} is easy; in its last quarter the loss fell "
        f"by {percent(max(fall, 0))}.",
        meaning="Training stopped before the loss had come near its minimum.",
        advice=Advice((smaller, longer, higher) if _takes_few_steps(seen) else (longer, higher)),
        numbers={"steps": steps, "fall": float(fall)},
    )


def _is_behind_early(seen: Observations) -> bool:
    """Return whether a few steps left the network behind what is easy to reach."""
    return any(is_behind(seen, SLIGHTLY_POOR, on_others=others) for others in (False, True))


def _stopped_itself(seen: Observations) -> bool:
    """Return whether early stopping ended the run: more epochs were allowed and would not help."""
    return len(seen.curves.get("loss", ())) < (seen.setup.epochs or 0)


def _smaller(seen: Observations) -> int:
    """Return the largest power of 2 that gives an epoch enough steps, within limits."""
    rows = max((seen.setup.examples or 0) // STEPS_WANTED, SMALLEST)
    return int(min(SMALLER, 2 ** (rows.bit_length() - 1)))


def _takes_few_steps(seen: Observations) -> bool:
    """Return whether an epoch has few steps because its batches are large."""
    rows, examples = seen.setup.batch_size or 0, seen.setup.examples or 0
    return rows > LARGE_BATCH or (rows > 2 * SMALLER and examples < FEW_BATCHES * rows)
