"""Checks for classes that are out of balance."""

from __future__ import annotations

import math

import numpy as np

from byhand.arrays import Array
from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import SLIGHTLY_POOR, is_behind, several
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.evaluation.significance import binomial_tail

IMBALANCE = 6.0

CHANCE, THIRD = 5e-4, 1 / 3
"""Classes are out of balance if so few examples of a class, that really is half as frequent as the
most frequent one (a third of the two), are less likely than this, in any of the classes."""


KNOWN, IGNORED = 20, 0.1
"""Rare classes do no harm if the network predicts other examples as well as is easy to reach, and
does not ignore them: of so many validation examples of each, more than this fraction is right."""


def imbalanced(case: Case, rng: Rng) -> Case:
    """Thin out a third of the classes to between a twelfth and a fortieth."""
    rare = rng.permutation(case.data.classes)[: max(1, case.data.classes // 3)]
    fraction = 1 / rng.uniform(12, 40)

    def thin(x: Array, y: Array) -> tuple[Array, Array]:
        keep = ~np.isin(y, rare) | (rng.random(len(y)) < fraction)
        return x[keep], y[keep]

    return case.on(*thin(case.x, case.y), *thin(case.x_held, case.y_held))


@register_check(faults={"class imbalance": Fault(imbalanced, EXTRAS)})
def class_imbalance(seen: Observations) -> Finding | None:
    """Classes that are much rarer than others, or missing."""
    facts = seen.labels
    if facts is None or len(facts.counts) < 2:
        return None
    few, many = min(facts.counts), max(facts.counts)
    ratio = many / few if few else math.inf
    if ratio < IMBALANCE:
        return None
    rare = tuple(k for k, count in enumerate(facts.counts) if count * IMBALANCE <= many)
    missing = tuple(k for k in rare if facts.counts[k] == 0)
    excused = _is_chance(few, many, len(facts.counts)) or (seen.setup.weighted and not missing)
    counts = ", ".join(f"class {k}: {facts.counts[k]}" for k in rare[:6])
    return Finding(
        name="classes out of balance",
        severity="note" if excused or (not missing and _do_no_harm(seen, rare)) else "warning",
        evidence=f"{counts}; the most frequent class has {many} examples"
        + ("." if missing else f", {ratio:.3g} times as many as the rarest."),
        meaning=f"Class {several(missing)} does not occur in the training data and cannot be "
        "learned."
        if missing
        else "The mean loss hardly depends on rare classes, so their accuracy may be poor while "
        "the overall accuracy looks good.",
        advice=_collect() if missing else _weigh(),
        numbers={"ratio": ratio, "fewest": few, "most": many},
    )


def _is_chance(few: int, many: int, classes: int) -> bool:
    """Return whether chance explains why the rarest class has so few examples."""
    at_most = 1 - binomial_tail(few + 1, few + many, THIRD)
    return classes * at_most > CHANCE


def _do_no_harm(seen: Observations, rare: tuple[int, ...]) -> bool:
    """Return whether rare classes are learnt as well as they can be, as far as that is known.

    Where classes overlap, the best network also misses many examples of the rarer one.
    """
    if not seen.recalls or is_behind(seen, SLIGHTLY_POOR, on_others=True):
        return False
    known = [seen.recalls[k] for k in rare]
    return all(asked >= KNOWN and right > IGNORED * asked for right, asked in known)


def _collect() -> Advice:
    return Advice(
        (Change("units", direction="smaller number of"),),
        "Leave the missing class out in this way, or collect examples of it.",
    )


def _weigh() -> Advice:
    return Advice((Change("class_weight", "balanced"),), "Look at the recall of each class.")
