"""The numbers given to both networks: weights, biases, a batch, labels and a learning rate.

The examiner and the process that runs the learner's code draw the same numbers from one seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from byhand.arrays import Array, FloatArray

SEED = 20_261_129

RATE = 0.25
"""Learning rate of the step: a power of two, so that dividing by it loses no digits."""

EXTREME = 1e4
"""Factor of the inputs that make softmax overflow if the maximum is not subtracted."""


@dataclass(frozen=True)
class Problem:
    """A network's parameters and a batch.

    Args:
        weights: W (n_in, n_out) of each layer.
        biases: b (n_out,) of each layer.
        X: examples in rows (n, d), numbers from 0 to 1.
        labels: class of each example, (n,).
        rate: learning rate of the step.
        wanted: the targets (n, classes), if they are not the labels one-hot.
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    X: FloatArray
    labels: Array
    rate: float = RATE
    wanted: FloatArray | None = None

    @property
    def sizes(self) -> list[int]:
        """Units of the input and of each layer."""
        return [len(self.weights[0]), *(len(b) for b in self.biases)]


def make_problem(sizes: Sequence[int], seed: int = SEED, *, biased: bool = True) -> Problem:
    """Draw a problem for a network of these sizes; no other length equals the number of examples.

    The batch has at least one example of each class, so that `max(labels) + 1` is their number.
    Biases are 0 for a network that has none.
    """
    rng = np.random.default_rng([seed, *sizes])
    n = next(n for n in range(sizes[-1] + 3, 10_000) if n not in sizes and n % 2)
    pairs = list(pairwise(sizes))
    return Problem(
        weights=tuple(rng.normal(0, 1.3 / np.sqrt(d), (d, h)) for d, h in pairs),
        biases=tuple(rng.normal(0, 0.5, h) * biased for h in sizes[1:]),
        X=rng.uniform(0, 1, (n, sizes[0])) * (rng.uniform(0, 1, (n, sizes[0])) < 0.7),
        labels=rng.permutation(np.arange(n) % sizes[-1]),
    )


def extreme(problem: Problem) -> Problem:
    """Return the problem with inputs and last weights so large that exp overflows."""
    *weights, last = problem.weights
    return replace(problem, X=problem.X * EXTREME, weights=(*weights, last * EXTREME))


def single(problem: Problem) -> Problem:
    """Return the problem with its first example only."""
    return replace(problem, X=problem.X[:1], labels=problem.labels[:1])
