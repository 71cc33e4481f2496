"""Checks of the steps: learning rate, size of updates, number of steps, order, penalties."""

from __future__ import annotations

import math

from byhand.evaluation.doctor.checks.common import (
    POOR,
    best_trial,
    curve,
    is_poor,
    percent,
    reachable,
    same_rate,
    shortfall,
    usual_loss,
)
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, Trial

BETTER, MUCH_BETTER = 0.7, 0.5
"""A trial is (much) better where its loss is below this share of the run's."""

LEARNT = 0.7
"""A trial has learnt something where its loss is below this share of ln(classes)."""

FASTER = 3.0
STUCK_GAIN = 0.2
FEW_STEPS = 100
SLIGHTLY_POOR, STILL_FALLING = 0.03, 0.15
RATIO_NOTE, RATIO_WARNING = (1e-4, 1e-1), (1e-5, 0.5)
STRONG_DROPOUT, DROPOUT_GAP = 0.6, 0.25
HIGH_LOSS = 0.3
COLLAPSED = 0.3
IN_ORDER = 0.5


def diverged(seen: Observations) -> Finding | None:
    """Training that left the finite numbers."""
    if not seen.setup.diverged:
        return None
    done = len(seen.curves.get("loss", ()))
    return Finding(
        "diverged",
        "training diverged",
        "critical",
        f"the loss became NaN or infinite in epoch {done + 1}; no weights of that moment can be "
        "used.",
        "Some number grew without bound; the other findings say why.",
        "A lower learning_rate, or clip_norm=1.0.",
        {"epochs": done},
    )


def learning_rate_high(seen: Observations) -> Finding | None:
    """A lower rate does in a few steps what the run did not do at all."""
    lower, own = best_trial(seen, higher=False), same_rate(seen)
    usual = usual_loss(seen)
    if lower is None or own is None or usual is None or not math.isfinite(lower.loss):
        return None
    better = lower.loss < MUCH_BETTER * seen.trial_loss and lower.loss < LEARNT * usual
    lost_later = own.loss < MUCH_BETTER * seen.trial_loss and own.loss < LEARNT * usual
    if not better or (lost_later and _is_restrained(seen)):
        return None
    rate = seen.setup.learning_rate or math.nan
    return Finding(
        "learning_rate_high",
        "learning rate too high",
        "critical",
        f"{_own_end(seen)}; {_tried(lower, seen)}.",
        "Steps jump over the valley that they are to descend into.",
        f"learning_rate={rate * lower.factor:.2g} (it was {rate:.3g}).",
        {"own_loss": seen.trial_loss, "trial_loss": lower.loss, "factor": lower.factor},
    )


def learning_rate_low(seen: Observations) -> Finding | None:
    """A higher rate does in a few steps what the run did not do in many."""
    higher, own, usual = best_trial(seen, higher=True), same_rate(seen), usual_loss(seen)
    if higher is None or own is None or usual is None or seen.start is None:
        return None
    if (seen.setup.steps or 0) < FEW_STEPS or own.loss * 1.2 < seen.trial_loss:
        return None  # with more steps the run ended worse than the trial: something else holds it
    gain, own_gain = seen.start.loss - higher.loss, seen.start.loss - seen.trial_loss
    halved = higher.loss < MUCH_BETTER * seen.trial_loss
    stuck = gain > FASTER * own_gain and gain > STUCK_GAIN * usual
    if not (halved or stuck):
        return None
    rate = seen.setup.learning_rate or math.nan
    return Finding(
        "learning_rate_low",
        "learning rate too low",
        "critical" if is_poor(seen) else "warning",
        f"{_own_end(seen)} after {seen.setup.steps} steps; {_tried(higher, seen)}.",
        "Every step goes the right way, but so short a way that training ends long before the "
        "valley.",
        f"learning_rate={rate * higher.factor:.2g} (it was {rate:.3g}).",
        {"own_loss": seen.trial_loss, "trial_loss": higher.loss, "factor": higher.factor},
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
        "update_ratio",
        "steps out of proportion to the weights",
        "note" if RATIO_WARNING[0] <= ratio <= RATIO_WARNING[1] else "warning",
        "one step changes the weights of layers 1, 2, ... by "
        + ", ".join(f"{r:.1e}" for r in seen.updates)
        + " of their length (about 1e-3 is usual).",
        f"Layer {number} {'hardly moves' if small else 'is thrown about'}: its steps are "
        f"{'small' if small else 'large'} for weights of that size.",
        f"A {'higher' if small else 'lower'} learning_rate, or "
        f"{'smaller' if small else 'larger'} initial weights in layer {number}: "
        'weight_init="he_initialization".',
        {"layer": number, "ratio": ratio},
    )


def unfinished(seen: Observations) -> Finding | None:
    """Training that ended while it was still learning."""
    losses, steps = curve(seen, "loss"), seen.setup.steps or 0
    if seen.end is None or seen.setup.diverged or not len(losses):
        return None
    few = steps < FEW_STEPS
    fall = 1 - losses[-1] / losses[-1 - len(losses) // 4]
    if not shortfall(seen) > (SLIGHTLY_POOR if few else POOR) or not (few or fall > STILL_FALLING):
        return None
    rows = seen.setup.batch_rows or 0
    return Finding(
        "unfinished",
        "training ended too early",
        "warning",
        f"{steps} steps ({len(losses)} epochs, {rows} examples in a step) reach "
        f"{percent(seen.end.accuracy)} on training examples where {percent(reachable(seen))} is "
        f"easy, and the loss still fell by {percent(fall)} in the last quarter.",
        "Training stopped before it had got anywhere near its end.",
        f"epochs={4 * len(losses)}" + (", or batch_size=64 for more steps." if rows > 256 else "."),
        {"steps": steps, "fall": float(fall)},
    )


def over_regularised(seen: Observations) -> Finding | None:
    """The same start and rate learn well without penalties and dropout, and badly with them."""
    own = same_rate(seen)
    if not _is_restrained(seen):
        return None
    if own is not None and _free_run_is_better(seen, own):
        evidence = f"{own.steps} steps without it reach a loss of {own.loss:.3g}"
        numbers = {"own_loss": seen.trial_loss, "free_loss": own.loss}
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
        f"{_own_end(seen)} with {_restraints(seen, 1.0)}; {evidence}.",
        "Keeping weights small, or getting along without most units, counts for more than getting "
        "answers right.",
        f"{_restraints(seen, 0.01)}, or none at first.",
        numbers,
    )


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


# --- words and questions --------------------------------------------------------------------------


def _is_restrained(seen: Observations) -> bool:
    """Whether there is any penalty or strong dropout that could hold the network down."""
    setup = seen.setup
    return bool(setup.l1 or setup.l2 or setup.weight_decay or setup.dropout >= STRONG_DROPOUT)


def _free_run_is_better(seen: Observations, own: Trial) -> bool:
    usual = usual_loss(seen)
    if usual is None or seen.setup.diverged or seen.trial_loss < HIGH_LOSS * usual:
        return False
    return own.loss < BETTER * seen.trial_loss


def _weights_kept(seen: Observations) -> float:
    """Length of the weights after training over that before, in the layer that kept most."""
    if seen.start is None or seen.end is None:
        return math.inf
    pairs = zip(seen.start.layers, seen.end.layers, strict=True)
    return max(end.weight_norm / start.weight_norm for start, end in pairs if start.weight_norm)


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


def _own_end(seen: Observations) -> str:
    if seen.setup.diverged or math.isnan(seen.trial_loss):
        return "the run diverged" if seen.setup.diverged else "the run ends"
    return f"the run ends with a loss of {seen.trial_loss:.3g}"


def _tried(trial: Trial, seen: Observations) -> str:
    rate = (seen.setup.learning_rate or math.nan) * trial.factor
    return (
        f"from the same start, {trial.steps} steps with a rate of {rate:.2g} reach {trial.loss:.3g}"
    )
