"""Training that ended too early."""

from __future__ import annotations

from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    FEW_STEPS,
    POOR,
    SLIGHTLY_POOR,
    curve,
    is_too_narrow,
    reachable,
    shortfall,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent

STILL_FALLING = 0.15
TINY = 1e-30
LARGE_BATCH = 256


def few_steps(case: Case, rng: Rng) -> Case:
    """Descend with full batches for a handful of epochs."""
    return replace(case, batch=len(case.x), epochs=int(rng.integers(5, 15)))


@register_check(explains=("under_fitting",), faults={"too few steps": Fault(few_steps, harms=True)})
def unfinished(seen: Observations) -> Finding | None:
    """Training that ended while the network was still learning."""
    losses, steps = curve(seen, "loss"), seen.setup.steps or 0
    if seen.end is None or seen.setup.diverged or not len(losses):
        return None
    if _stopped_itself(seen) or is_too_narrow(seen):
        return None  # more time would not help
    few = steps < FEW_STEPS
    fall = 1 - losses[-1] / max(losses[-1 - len(losses) // 4], TINY)
    poor = shortfall(seen) > (SLIGHTLY_POOR if few else POOR)
    if not poor or not (few or fall > STILL_FALLING):
        return None
    rows = seen.setup.batch_size or 0
    longer = Change("epochs", 4 * len(losses), was=len(losses))
    smaller = Change("batch_size", 64, was=rows)  # more steps for the same work
    return Finding(
        name="training ended too early",
        severity="warning",
        evidence=f"{steps} steps ({len(losses)} epochs, {rows} examples in a step) reach "
        f"{percent(seen.end.accuracy)} on training examples where {percent(reachable(seen))} is "
        f"easy; in its last quarter the loss fell by {percent(max(fall, 0))}.",
        meaning="Training stopped before the loss had come near its minimum.",
        advice=Advice((smaller, longer) if rows > LARGE_BATCH else (longer,)),
        numbers={"steps": steps, "fall": float(fall)},
    )


def _stopped_itself(seen: Observations) -> bool:
    """Return whether early stopping ended it: more epochs were allowed and would not help."""
    return len(seen.curves.get("loss", ())) < (seen.setup.epochs or 0)
