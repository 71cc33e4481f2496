"""Decides whether two numbers agree, and describes differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.course.common_mistakes import difference, slip
from byhand.course.compare import same
from byhand.course.exercise import Case
from byhand.examine.problem import Problem

TOLERANCE = {"float64": 1e-6, "float32": 2e-3}
LOSS_TOLERANCE = 1e-3
"""A loss may differ by the small number that is added before the logarithm."""

NEGLIGIBLE = 1e-13
"""Smaller numbers are rounding errors of a sum that should be 0."""


class Agreement:
    """Compares the values of a learner's network with others, at their own precision."""

    def __init__(self, problem: Problem, values: dict[str, Any], single: bool = False) -> None:
        self.problem, self.values = problem, values
        single = single or any(
            getattr(value, "dtype", None) == np.float32 for value in values.values()
        )
        self.tolerance = TOLERANCE["float32" if single else "float64"]

    def same(self, name: str, wanted: Any) -> bool:
        """Return whether a learner's value equals another; for a step, also its change."""
        got, wanted = _without_rounding(self.values[name]), _without_rounding(wanted)
        if name == "loss":
            return same(got, wanted, LOSS_TOLERANCE)
        if not name.startswith("new ") or got.shape != wanted.shape:
            return same(got, wanted, self.tolerance)
        if not same(got, wanted, self.tolerance / 100):
            return False
        old = self._old(name)
        moves = _without_rounding(got - old), _without_rounding(wanted - old)
        return same(*moves, 100 * self.tolerance)

    def _old(self, name: str) -> Array:
        kind, layer = name[4], int(name[5:])
        held = self.problem.weights if kind == "W" else self.problem.biases
        return held[layer - 1]

    def told(self, name: str, wanted: Any, slips: bool = False) -> str:
        """Return how a learner's value differs: both numbers where they differ most.

        Args:
            name: name of the value.
            wanted: byhand's value.
            slips: whether to look for the usual slips first, such as a factor.
        """
        got, wanted = np.asarray(self.values[name], float), np.asarray(wanted, float)
        if got.shape != wanted.shape and not slips:
            return f"its shape is {got.shape} and should be {wanted.shape}"
        counts = {"examples": len(self.problem.X), "classes": self.problem.sizes[-1]}
        pairs = [(Case({}, counts), got, wanted)]
        usual = slip(pairs, self.tolerance) if slips else None
        if usual:
            return usual
        if not np.isfinite(wanted).any():
            return f"expected {wanted.ravel()[0]:.6g}, got {got.ravel()[0]:.6g}"
        return difference(pairs, self.tolerance)


def _without_rounding(value: Any) -> Array:
    """Return an array in which rounding errors of sums that should be 0 are 0."""
    array = np.asarray(value, float)
    return np.where(np.abs(array) < NEGLIGIBLE, 0, array)
