"""Under-fitting."""

from __future__ import annotations

from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import is_poor, reachable, shortfall
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent


def underfit(case: Case, rng: Rng) -> Case:
    """Leave the network one or two hidden units."""
    return replace(case, widths=(int(rng.integers(1, 3)),))


@register_check(faults={"under-fitting": Fault(underfit, harms=True)})
def under_fitting(seen: Observations) -> Finding | None:
    """An accuracy on training examples far below what is easy to reach."""
    if seen.end is None or seen.setup.diverged or not is_poor(seen):
        return None
    layers = [layer for layer in seen.end.layers if layer.hidden]
    units = "-".join(str(layer.units) for layer in layers) or "no hidden layer"
    return Finding(
        name="under-fitting",
        severity="critical" if shortfall(seen) > 0.3 else "warning",
        evidence=f"accuracy on training examples is {percent(seen.end.accuracy)}; nearest "
        f"neighbours or a small network reach {percent(reachable(seen))} on other examples.",
        meaning="The network has not even learnt what is easy in its own training data.",
        advice=Advice(
            (
                Change("units", direction="larger number of", was=units),
                Change("epochs", direction="larger number of"),
            ),
            "Less regularisation helps, too.",
        ),
        numbers={"accuracy": seen.end.accuracy, "reachable": reachable(seen)},
    )
