"""Checks for a loss or an output activation that does not suit the targets."""

from __future__ import annotations

from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    ANY_END,
    SLIGHTLY_POOR,
    shortfall,
    shortfall_on_others,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Data, Fault, Rng, is_regression
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, ValueFacts

RANGES = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, float("inf")),
    "softplus": (0.0, float("inf")),
    "elu": (-1.0, float("inf")),
    "exp": (0.0, float("inf")),
}
"""Smallest and largest output of an activation."""

OUTSIDE = 0.02
"""Values may exceed the range of outputs by this fraction of their own range."""

FOR_VALUES = ("squared_error", "absolute_error", "huber", "poisson_deviance")


def bounded(case: Case, rng: Rng) -> Case:
    """Limit the predictions of larger values by the activation of the last layer."""
    return replace(case, output=("sigmoid", "tanh")[int(rng.integers(2))])


def for_values(case: Case, rng: Rng) -> Case:
    """Learn classes with a regression loss."""
    output = ("softmax", "sigmoid")[int(rng.integers(2))]
    return replace(case, output=output, loss="absolute_error")


def _has_many_classes(data: Data) -> bool:
    return data.classes > 3


@register_check(
    explains=("over_regularised", "saturated_start", "saturated_units", *ANY_END),
    faults={
        "output too narrow": Fault(bounded, {"data": is_regression}, harms=True, on_values=True),
        "loss for values": Fault(for_values, {"data": _has_many_classes}, harms=True),
    },
)
def wrong_loss(seen: Observations) -> Finding | None:
    """A loss or an output activation that does not suit the targets."""
    if seen.values is not None:
        return _narrow(seen, seen.values)
    if seen.setup.classes and seen.setup.loss in FOR_VALUES:
        return _for_values(seen)
    return None


def _narrow(seen: Observations, values: ValueFacts) -> Finding | None:
    low, high = RANGES.get(seen.setup.output, (-float("inf"), float("inf")))
    slack = OUTSIDE * (values.largest - values.smallest)
    if values.smallest >= low - slack and values.largest <= high + slack:
        return None
    return Finding(
        name="outputs cannot reach the target values",
        severity="critical",
        evidence=f"{seen.setup.output} gives outputs from {low:g} to {high:g}, and the target "
        f"values run from {values.smallest:.3g} to {values.largest:.3g}.",
        meaning="No weights can predict values outside the range of the last activation.",
        advice=Advice(
            (Change("output_activation", "identity", was=seen.setup.output),),
        ),
        numbers={"smallest": values.smallest, "largest": values.largest},
    )


def _for_values(seen: Observations) -> Finding:
    single = seen.setup.classes == 2 and seen.setup.output == "sigmoid"
    behind = max(shortfall(seen), shortfall_on_others(seen)) > SLIGHTLY_POOR
    better = "binary_cross_entropy" if single else "categorical_cross_entropy"
    return Finding(
        name="a loss for values on classes",
        severity="warning" if behind else "note",
        evidence=f"the labels are {seen.setup.classes} classes, the loss is "
        f"{seen.setup.loss} and the last activation {seen.setup.output}.",
        meaning="Where the network is confident and wrong, the gradient of this loss vanishes, so "
        "such mistakes are hardly corrected.",
        advice=Advice(
            (Change("loss", better, was=seen.setup.loss),),
            f"It needs {'sigmoid' if single else 'softmax'} as the activation of the last layer.",
        ),
        numbers={"classes": seen.setup.classes},
    )
