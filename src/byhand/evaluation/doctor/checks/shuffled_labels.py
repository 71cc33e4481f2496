"""Checks for labels that do not belong to the inputs."""

from __future__ import annotations

import math

import numpy as np

from byhand.evaluation.doctor.advice import Advice
from byhand.evaluation.doctor.checks.common import ANY_END
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.neighbours import NEIGHBOURS
from byhand.evaluation.doctor.observations import LabelFacts, Observations, ValueFacts
from byhand.readable import percent

CHANCE_ERRORS = 4.0
"""Standard errors above chance that still count as chance."""

CHANCE_NEEDS = 100
UNRELATED = 0.03

RELATED, SURE_ERRORS = 0.2, 2.0
"""Values are unrelated to inputs if their correlation with those of neighbours is below the first
number by this many standard errors, which takes a few hundred examples."""

LEARNT = 0.1
"""A network has learned something if it explains more than this fraction of the variance."""

MEANING = (
    "Targets and inputs do not belong together: perhaps one of them was shuffled or sorted alone. "
    "The network can only memorise them."
)
ADVICE = Advice(
    text="Check that x[i] belongs to y[i] wherever rows are shuffled, sorted or filtered."
)


def shuffled(case: Case, rng: Rng) -> Case:
    """Shuffle the labels but not the examples."""
    return case.on(case.x, rng.permutation(case.y), case.x_held, rng.permutation(case.y_held))


@register_check(
    explains=("label_noise", *ANY_END),
    faults={"shuffled labels": Fault(shuffled, EXTRAS, on_values=True)},
)
def shuffled_labels(seen: Observations) -> Finding | None:
    """Labels or target values that have nothing to do with the inputs."""
    if seen.values is not None:
        return _values(seen, seen.values)
    facts = seen.labels
    if facts is None or facts.examined < CHANCE_NEEDS:
        return None
    by_chance = CHANCE_ERRORS * 0.5 / math.sqrt(facts.examined * NEIGHBOURS)
    if abs(facts.agreement) > UNRELATED + by_chance:
        return None
    chance = max(facts.counts) / sum(facts.counts)
    validation = seen.held_out.get("validation")
    best = max(seen.curves.get("val_accuracy", ()), default=math.nan)
    if validation is not None and (
        best > _above_chance(chance, validation.rows) or _knows_more(seen, facts, validation.rows)
    ):
        return None
    reached = "" if math.isnan(best) else f"; the network reaches {percent(best)} on validation"
    return Finding(
        name="labels unrelated to inputs",
        severity="critical",
        evidence="neighbours in the training data predict a label with "
        f"{percent(facts.knn_accuracy)}, and always predicting the most frequent class with "
        f"{percent(chance)}{reached}.",
        meaning=MEANING,
        advice=ADVICE,
        numbers={
            "knn_accuracy": facts.knn_accuracy,
            "agreement": facts.agreement,
            "chance": chance,
        },
    )


def _values(seen: Observations, facts: ValueFacts) -> Finding | None:
    if facts.examined < CHANCE_NEEDS or _learns_values(seen, facts):
        return None
    if not facts.agreement + SURE_ERRORS / math.sqrt(facts.examined) < RELATED:
        return None
    what = "labels" if facts.are_labels else "values"
    return Finding(
        name=f"{what} unrelated to inputs",
        severity="critical",
        evidence=f"the {what} of {facts.examined} training examples and the means of their "
        f"nearest neighbours have a correlation of {facts.agreement:.2f}, and no network predicts "
        "other examples better than their mean does.",
        meaning=MEANING,
        advice=ADVICE,
        numbers={"agreement": facts.agreement, "examined": facts.examined},
    )


def _learns_values(seen: Observations, facts: ValueFacts) -> bool:
    """Return whether a network predicts other examples better than by their mean, or none ended.

    The mean square of m normal values varies by sqrt(2 / m) of itself, so some validation parts are
    easier to predict by chance.
    """
    losses = seen.curves.get("val_loss", ())
    if not losses and math.isnan(seen.yardstick):
        return True
    lowest = min((loss for loss in losses if math.isfinite(loss)), default=math.inf)
    known = 0.0 if facts.are_labels or math.isnan(seen.yardstick) else seen.yardstick
    validation = seen.held_out.get("validation")
    chance = SURE_ERRORS * math.sqrt(2 / validation.rows) if validation is not None else 0.0
    return lowest < (1 - LEARNT - chance) * facts.usual_loss or known > LEARNT


def _knows_more(seen: Observations, facts: LabelFacts, rows: int) -> bool:
    """Return whether a validation loss is lower than that of the frequencies of the classes.

    Where one class is frequent, a network may know a lot and still always name it.
    """
    losses = [loss for loss in seen.curves.get("val_loss", ()) if math.isfinite(loss)]
    if not losses or not seen.setup.loss.endswith("cross_entropy"):
        return False
    counts = np.array([count for count in facts.counts if count], float)
    shares = counts / counts.sum()
    mean = float(-(shares * np.log(shares)).sum())
    variance = float((shares * np.log(shares) ** 2).sum()) - mean**2
    chance = CHANCE_ERRORS * math.sqrt(max(variance, 0.0) / rows)
    return min(losses) < (1 - LEARNT) * mean - chance


def _above_chance(chance: float, rows: int) -> float:
    """Return the accuracy that a constant prediction does not exceed on this many rows."""
    return chance + CHANCE_ERRORS * math.sqrt(chance * (1 - chance) / rows)
