"""The result of a twin run: the largest difference of each array after each step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class TwinResult:
    """Differences between byhand and another library, step by step.

    Args:
        library: name and version of the other library.
        dtype: precision of both.
        losses: mean loss of each batch in byhand.
        loss_differences: |difference| of that loss.
        differences: the largest |difference| of each array, such as W1, after each step.
        sizes: the largest |value| of each array after the last step.
    """

    library: str
    dtype: str
    losses: list[float] = field(default_factory=list)
    loss_differences: list[float] = field(default_factory=list)
    differences: dict[str, list[float]] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Number of steps that both took."""
        return len(self.losses)

    @property
    def by_step(self) -> list[float]:
        """The largest difference of all arrays after each step."""
        return np.max(list(self.differences.values()), axis=0).tolist() if self.steps else []

    @property
    def largest(self) -> float:
        """The largest difference of all arrays after the last step."""
        return self.by_step[-1] if self.steps else 0.0

    def rows(self, most: int = 12) -> list[tuple[int, float, float, float]]:
        """Return step, loss, difference of the loss and of the parameters, at 1, 2, 5, 10, ...

        Args:
            most: largest number of rows.
        """
        chosen = [n for n in _one_two_five(self.steps) if n < self.steps][: most - 1]
        return [
            (n, self.losses[n - 1], self.loss_differences[n - 1], self.by_step[n - 1])
            for n in [*chosen, self.steps]
            if n
        ]


def _one_two_five(limit: int) -> list[int]:
    """Return 1, 2, 5, 10, 20, 50, ... up to a limit."""
    steps, decade = [], 1
    while decade <= limit:
        steps += [factor * decade for factor in (1, 2, 5) if factor * decade <= limit]
        decade *= 10
    return steps
