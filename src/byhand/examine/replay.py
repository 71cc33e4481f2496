"""Trains byhand's network with the batches that a learner's training function used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.examine.digits import RATE, Digits
from byhand.examine.problem import Problem
from byhand.examine.steps import Mistake, Setting, Steps, steps


@dataclass(frozen=True)
class Replayed:
    """A training by byhand.

    Args:
        weights: the weights at the end.
        biases: the biases at the end.
        accuracy: accuracy on the examples that were trained on.
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    accuracy: float


def replay(
    before: Mapping[str, Array], rows: Sequence[Array], data: Digits, setting: Setting,
    mistakes: Sequence[Mistake] = (),
) -> Replayed:  # fmt: skip
    """Train from given parameters with given batches, with a learner's mistakes if there are any.

    Args:
        before: W1, b1, ... at the start.
        rows: the examples of each step.
        data: the digits.
        setting: the kind of network.
        mistakes: mistakes that byhand repeats.
    """
    layers = sum(name.startswith("W") for name in before)
    W = tuple(before[f"W{n}"] for n in range(1, layers + 1))
    b = tuple(before.get(f"b{n}", np.zeros(W[n - 1].shape[1])) for n in range(1, layers + 1))
    problem = Problem(W, b, data.X, data.labels, RATE)
    for batch in rows:
        done = steps(
            replace(problem, X=data.X[batch], labels=data.labels[batch]), setting, mistakes
        )
        values = done.run()
        problem = replace(
            problem,
            weights=tuple(values[f"new W{n}"] for n in range(1, layers + 1)),
            biases=tuple(values[f"new b{n}"] for n in range(1, layers + 1)),
        )
    return Replayed(problem.weights, problem.biases, accuracy(problem, data, setting))


def accuracy(problem: Problem, data: Digits, setting: Setting) -> float:
    """Return the fraction of the training examples that are predicted correctly."""
    one = Steps(replace(problem, X=data.X[: data.count], labels=data.labels[: data.count]), setting)
    outputs: Any = one.run()[f"A{len(problem.weights)}"]
    return float((outputs.argmax(axis=1) == data.labels[: data.count]).mean())
