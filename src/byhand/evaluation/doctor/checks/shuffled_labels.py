"""Checks for labels that do not belong to the inputs."""

from __future__ import annotations

import math

from byhand.evaluation.doctor.advice import Advice
from byhand.evaluation.doctor.checks.common import ANY_END
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.neighbours import NEIGHBOURS
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent

CHANCE_ERRORS = 4.0
"""Standard errors above chance that still count as chance."""

CHANCE_NEEDS = 100
UNRELATED = 0.03


def shuffled(case: Case, rng: Rng) -> Case:
    """Shuffle the labels but not the examples."""
    return case.on(case.x, rng.permutation(case.y), case.x_held, rng.permutation(case.y_held))


@register_check(
    explains=("label_noise", *ANY_END), faults={"shuffled labels": Fault(shuffled, EXTRAS)}
)
def shuffled_labels(seen: Observations) -> Finding | None:
    """Labels that have nothing to do with the inputs."""
    facts = seen.labels
    if facts is None or facts.examined < CHANCE_NEEDS:
        return None
    by_chance = CHANCE_ERRORS * 0.5 / math.sqrt(facts.examined * NEIGHBOURS)
    if abs(facts.agreement) > UNRELATED + by_chance:
        return None
    chance = max(facts.counts) / sum(facts.counts)
    validation = seen.held_out.get("validation")
    best = max(seen.curves.get("val_accuracy", ()), default=math.nan)
    if validation is not None and best > _above_chance(chance, validation.rows):
        return None
    reached = "" if math.isnan(best) else f"; the network reaches {percent(best)} on validation"
    return Finding(
        name="labels unrelated to inputs",
        severity="critical",
        evidence="neighbours in the training data predict a label with "
        f"{percent(facts.knn_accuracy)}, and always predicting the most frequent class with "
        f"{percent(chance)}{reached}.",
        meaning="Labels and inputs do not belong together: perhaps one of them was shuffled or "
        "sorted alone. The network can only memorise them.",
        advice=Advice(
            text="Check that x[i] belongs to y[i] wherever rows are shuffled, sorted or filtered."
        ),
        numbers={
            "knn_accuracy": facts.knn_accuracy,
            "agreement": facts.agreement,
            "chance": chance,
        },
    )


def _above_chance(chance: float, rows: int) -> float:
    """Return the accuracy that a constant prediction does not exceed on this many rows."""
    return chance + CHANCE_ERRORS * math.sqrt(chance * (1 - chance) / rows)
