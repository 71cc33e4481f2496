"""Checks of the course of training: too short, held down by penalties, in a bad order."""

from __future__ import annotations

import math

from byhand.evaluation.doctor.checks.common import (
    LEARNT,
    POOR,
    SLIGHTLY_POOR,
    STRONG_DROPOUT,
    best_trial,
    curve,
    is_poor,
    is_restrained,
    is_too_narrow,
    own_end,
    percent,
    reachable,
    same_rate,
    shortfall,
    usual_loss,
)
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, Trial

FEW_STEPS = 100
STILL_FALLING = 0.15
BETTER, HIGH_LOSS = 0.7, 0.3
DROPOUT_GAP, COLLAPSED, KNOWS_NOTHING = 0.25, 0.3, 0.95
IN_ORDER = 0.5
TINY = 1e-30


def unfinished(seen: Observations) -> Finding | None:
    """Training that ended while it was still learning."""
    losses, steps = curve(seen, "loss"), seen.setup.steps or 0
    if seen.end is None or seen.setup.diverged or not len(losses):
        return None
    if _stopped_itself(seen) or is_too_narrow(seen):
        return None  # it is not the time that it lacks
    few = steps < FEW_STEPS
    fall = 1 - losses[-1] / max(losses[-1 - len(losses) // 4], TINY)
    poor = shortfall(seen) > (SLIGHTLY_POOR if few else POOR)
    if not poor or not (few or fall > STILL_FALLING):
        return None
    rows = seen.setup.batch_rows or 0
    return Finding(
        "unfinished",
        "training ended too early",
        "warning",
        f"{steps} steps ({len(losses)} epochs, {rows} examples in a step) reach "
        f"{percent(seen.end.accuracy)} on training examples where {percent(reachable(seen))} is "
        f"easy; in its last quarter the loss fell by {percent(max(fall, 0))}.",
        "Training stopped before it had got anywhere near its end.",
        f"epochs={4 * len(losses)}" + (", or batch_size=64 for more steps." if rows > 256 else "."),
        {"steps": steps, "fall": float(fall)},
    )


def _stopped_itself(seen: Observations) -> bool:
    """Whether early stopping ended it: more epochs were allowed and would not help."""
    return len(seen.curves.get("loss", ())) < (seen.setup.epochs or 0)


# --- penalties and dropout ------------------------------------------------------------------------


def over_regularised(seen: Observations) -> Finding | None:
    """The same start and rate learn well without penalties and dropout, and badly with them."""
    own = same_rate(seen)
    if not is_restrained(seen) or _only_a_lower_rate_learns(seen):
        return None
    if own is not None and _free_run_is_better(seen, own):
        evidence = f"{own.steps} steps without it reach a loss of {own.loss:.3g}"
        numbers = {"own_loss": seen.trial_loss, "free_loss": own.loss}
    elif (last := _last_loss(seen)) > KNOWS_NOTHING * (usual_loss(seen) or math.inf):
        evidence = f"the training loss ended at {last:.3g}, that of a network that knows nothing"
        numbers = {"own_loss": seen.trial_loss, "last_loss": last}
    elif is_poor(seen) and (kept := _weights_kept(seen)) < COLLAPSED:
        evidence = f"the weights have shrunk to {percent(kept)} of their first length"
        numbers = {"own_loss": seen.trial_loss, "kept": kept}
    elif _drops_too_much(seen):
        train, held_out = seen.curves["accuracy"][-1], seen.curves["val_accuracy"][-1]
        evidence = f"in training {percent(train)} is right, and without dropout {percent(held_out)}"
        numbers = {"train": train, "held_out": held_out}
    else:
        return None
    return Finding(
        "over_regularised",
        "held down by penalties or dropout",
        "critical" if is_poor(seen) else "warning",
        f"{own_end(seen)} with {_restraints(seen, 1.0)}; {evidence}.",
        "Keeping weights small, or getting along without most units, counts for more than getting "
        "answers right.",
        f"{_restraints(seen, 0.01)}, or none at first.",
        numbers,
    )


def _only_a_lower_rate_learns(seen: Observations) -> bool:
    """Whether the run's own rate fails without its penalties as well, and a lower one does not."""
    own, lower, usual = same_rate(seen), best_trial(seen, higher=False), usual_loss(seen)
    if own is None or lower is None or usual is None:
        return False
    return not own.loss < LEARNT * usual and lower.loss < LEARNT * usual


def _free_run_is_better(seen: Observations, own: Trial) -> bool:
    usual = usual_loss(seen)
    if usual is None:
        return False
    if seen.setup.diverged:
        return seen.setup.dropout >= STRONG_DROPOUT and own.loss < LEARNT * usual
    return seen.trial_loss > HIGH_LOSS * usual and own.loss < BETTER * seen.trial_loss


def _last_loss(seen: Observations) -> float:
    """The training loss of the last epoch, whichever epoch's weights were kept."""
    return seen.curves["loss"][-1] if seen.curves.get("loss") else math.nan


def _weights_kept(seen: Observations) -> float:
    """Length of the weights after training over that before, in the layer that kept most."""
    if seen.start is None or seen.end is None:
        return math.inf
    pairs = zip(seen.start.layers, seen.end.layers, strict=True)
    kept = [end.weight_norm / start.weight_norm for start, end in pairs if start.weight_norm]
    return max(kept, default=math.inf)


def _drops_too_much(seen: Observations) -> bool:
    train, held_out = seen.curves.get("accuracy"), seen.curves.get("val_accuracy")
    if seen.setup.dropout < STRONG_DROPOUT or not train or not held_out:
        return False
    return held_out[-1] - train[-1] > DROPOUT_GAP


def _restraints(seen: Observations, factor: float) -> str:
    """The penalties and the dropout that are used, each times a factor."""
    setup = seen.setup
    used = {"l1": setup.l1, "l2": setup.l2, "weight_decay": setup.weight_decay}
    words = [f"{name}={value * factor:.2g}" for name, value in used.items() if value]
    if setup.dropout >= STRONG_DROPOUT:
        words.append(f"DropoutLayer({setup.dropout:.2g})" if factor == 1 else "DropoutLayer(0.2)")
    return ", ".join(words)


# --- order ----------------------------------------------------------------------------------------


def unshuffled(seen: Observations) -> Finding | None:
    """Examples that come class by class."""
    facts = seen.labels
    if facts is None or seen.setup.shuffled or facts.in_order < IN_ORDER:
        return None
    rows, examples = seen.setup.batch_rows, seen.setup.examples
    if rows is None or examples is None or rows >= examples:
        return None
    return Finding(
        "unshuffled",
        "examples come class by class",
        "critical" if is_poor(seen) else "warning",
        f"{percent(facts.in_order)} of the training examples follow one of their own class, and "
        "shuffle is off.",
        "Each batch holds one class, and what was learnt of the others is forgotten meanwhile.",
        "shuffle=True (the default).",
        {"in_order": facts.in_order},
    )
