"""Checks for label smoothing that leaves little of the label."""

from __future__ import annotations

from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import ANY_END
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.network.losses import CategoricalCrossEntropy
from byhand.readable import percent

SMOOTH, VERY_SMOOTH = 0.4, 0.8


def smoothed(case: Case, rng: Rng) -> Case:
    """Spread almost the whole label over all classes."""
    return replace(case, loss=CategoricalCrossEntropy(float(rng.uniform(0.85, 0.98))))


@register_check(
    explains=("over_regularised", *ANY_END),
    faults={"labels too smooth": Fault(smoothed, EXTRAS)},
)
def over_smoothing(seen: Observations) -> Finding | None:
    """Label smoothing so strong that little of the label is left."""
    smoothing = seen.setup.label_smoothing
    if smoothing < SMOOTH:
        return None
    classes = max(seen.setup.classes, 2)
    right, wrong = 1 - smoothing + smoothing / classes, smoothing / classes
    return Finding(
        name="labels smoothed too much",
        severity="critical" if smoothing > VERY_SMOOTH else "warning",
        evidence=f"with label_smoothing {smoothing:g} the target is {percent(right)} for the class "
        f"of an example and {percent(wrong)} for every other class.",
        meaning="The network is taught to be unsure, and the gradient of a wrong prediction hardly "
        "differs from that of a correct one.",
        advice=Advice((Change("label_smoothing", 0.1, was=f"{smoothing:g}"),)),
        numbers={"label_smoothing": smoothing, "target": right},
    )
