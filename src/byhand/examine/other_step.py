"""Steps that are no plain gradient descent at the learning rate that byhand asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from byhand.examine.problem import Problem

OTHER_METHOD = (
    "the step is not that of plain gradient descent (momentum, Adam, a schedule, ...?), so it was "
    "not compared."
)

TOLERANCE = 1e-6


def other_step(
    problem: Problem, values: Mapping[str, Any], moved: Sequence[str], computed: Mapping[str, Any]
) -> str | None:
    """Return a note about a step in the right direction with another learning rate, or None.

    Args:
        problem: the parameters before the step.
        values: the learner's numbers.
        moved: names of the new parameters among them, such as "new W1".
        computed: byhand's numbers.
    """
    rates = []
    for name in moved:
        held = problem.weights if name[4] == "W" else problem.biases
        old, gradient = held[int(name[5:]) - 1], np.ravel(computed[f"d{name[4:]}"])
        new = np.asarray(values[name], float)
        if new.shape != old.shape or not np.isfinite(gradient).all():
            return None
        change = np.ravel(old - new)
        rate = float(change @ gradient / max(float(gradient @ gradient), 1e-30))
        if np.abs(change - rate * gradient).max() > TOLERANCE * np.abs(gradient).max():
            return None
        rates.append(rate)
    if not rates or min(rates) <= 0 or np.ptp(rates) > TOLERANCE * max(rates):
        return None
    return (
        f"the step has a learning rate of {rates[0]:.4g} that was not given to it; its direction "
        "is right."
    )
