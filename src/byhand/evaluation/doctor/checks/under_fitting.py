"""Checks for under-fitting."""

from __future__ import annotations

from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    SLIGHTLY_POOR,
    is_behind,
    is_poor,
    is_too_narrow,
    measure,
    measured,
    reachable,
    shortfall,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations


def underfit(case: Case, rng: Rng) -> Case:
    """Leave the network with one or two hidden units."""
    return replace(case, widths=(int(rng.integers(1, 3)),))


@register_check(faults={"under-fitting": Fault(underfit, harms=True, on_values=True)})
def under_fitting(seen: Observations) -> Finding | None:
    """An accuracy on training examples far below what is easy to reach."""
    if seen.end is None or seen.setup.diverged:
        return None
    if not (is_poor(seen) or (is_too_narrow(seen) and is_behind(seen, SLIGHTLY_POOR))):
        return None
    layers = [layer for layer in seen.end.layers if layer.hidden]
    units = "-".join(str(layer.units) for layer in layers) or "no hidden layer"
    return Finding(
        name="under-fitting",
        severity="critical" if shortfall(seen) > 0.3 else "warning",
        evidence=f"{measure(seen)} on training examples is {measured(seen, seen.end.accuracy)}; "
        f"{_others(seen)} reach {measured(seen, reachable(seen))} on other examples.",
        meaning="The network has not even learned what is easy in its own training data.",
        advice=Advice(
            (
                Change("units", direction="larger number of", was=units),
                Change("epochs", direction="larger number of"),
            ),
            "Less regularisation helps, too.",
        ),
        numbers={"accuracy": seen.end.accuracy, "reachable": reachable(seen)},
    )


def _others(seen: Observations) -> str:
    """Name the models with which the network is compared."""
    small = "300 steps of a small network"
    return small if seen.labels is None else f"nearest neighbours or {small}"
