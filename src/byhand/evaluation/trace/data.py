"""The contents of a trace: its steps, and one weight in detail."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from byhand.arrays import FloatArray
from byhand.errors import ArgumentError, unknown_name
from byhand.evaluation.trace import as_text
from byhand.evaluation.trace.differences import Differences
from byhand.network import DenseLayer, DropoutLayer, Network
from byhand.network.finite_differences import relative_error
from byhand.training.optimizers import Optimizer

NEGLIGIBLE = 1e-9
"""Gradients whose norms sum to less than this are rounding and count as equal."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the computation.

    Args:
        stage: "input", "forward", "loss", "backward" or "update".
        name: name of the array that is computed, such as "Z1" or "dW2".
        formula: formula that gives it.
        meaning: the meaning of the array, in a few words.
        shapes: shapes of operands and result, such as "(1, 784) @ (784, 300) -> (1, 300)".
        values: the numbers, in float64.
        numeric: for gradients, finite differences in the same shape. An entry is NaN if it was
            not checked or if a kink, such as that of relu at 0, is too near.
        layer: number of the layer, 0 for the input.
    """

    stage: str
    name: str
    formula: str
    meaning: str
    shapes: str
    values: FloatArray
    numeric: FloatArray | None = None
    layer: int = 0

    @property
    def checked(self) -> int:
        """Number of entries with a finite difference."""
        return 0 if self.numeric is None else int((~np.isnan(self.numeric)).sum())

    @property
    def relative_error(self) -> float:
        """norm(values - numeric) / (norm(values) + norm(numeric)) over the checked entries.

        0 if the norms sum to at most 1e-9, which is rounding; NaN if no entry was checked.
        """
        if self.numeric is None or not self.checked:
            return float("nan")
        known = ~np.isnan(self.numeric)
        return relative_error(self.values[known], self.numeric[known], NEGLIGIBLE)

    def __str__(self) -> str:
        return as_text.step_text(self)


@dataclass(frozen=True)
class WeightTrace:
    """One weight with its input, its gradient and its update.

    Args:
        name: name of the matrix.
        at: (row, column) of the weight.
        x_name: name of the layer's input, such as "A0".
        x: input at the row of the weight.
        dz: gradient by Z at the column of the weight.
        gradient: x * dz.
        numeric: finite difference, NaN at a kink.
        before: value before the update.
        after: value after the update.
    """

    name: str
    at: tuple[int, int]
    x_name: str
    x: float
    dz: float
    gradient: float
    numeric: float
    before: float
    after: float

    def __str__(self) -> str:
        return as_text.weight_text(self)


@dataclass(frozen=True, eq=False)
class Trace:
    """The computation for one example, step by step.

    Args:
        steps: all steps in the order of computation.
        label: label of the example; None if the target is values.
        predicted: predicted class; None if the target is values.
        class_names: names of the classes.
        loss: loss before the update.
        loss_after: loss of the same example after the update.
        optimizer: optimizer of the update.
        network: float64 copy of the network, before the update.
        differences: computes further finite differences.
    """

    steps: tuple[Step, ...]
    label: int | None
    predicted: int | None
    class_names: tuple[str, ...]
    loss: float
    loss_after: float
    optimizer: Optimizer
    network: Network = field(repr=False)
    differences: Differences = field(repr=False)

    def step(self, name: str) -> Step:
        """Return the step that computes the array of a name; for a parameter, its update."""
        found = {step.name: step for step in self.steps}
        if name not in found:
            raise unknown_name("step of the trace", name, found)
        return found[name]

    @property
    def gradients(self) -> tuple[Step, ...]:
        """The steps with finite differences."""
        return tuple(step for step in self.steps if step.numeric is not None)

    def weight(self, name: str, row: int, column: int) -> WeightTrace:
        """Return one weight of a matrix in detail, such as trace.weight("W1", 400, 7)."""
        network = self.network
        matrices = [key for key in network.parameters if key.startswith("W")]
        if name not in matrices:
            raise unknown_name("weight matrix", name, matrices)
        before = network.parameters[name]
        if not (0 <= row < before.shape[0] and 0 <= column < before.shape[1]):
            raise ArgumentError(
                f"expected a row and column of {name}, of shape {before.shape}; got {row!r} and "
                f"{column!r}."
            )
        index = index_of_dense(network, int(name[1:]))
        x_name = output_name(network, index - 1)
        x = float(self.step(x_name).values[0, row])
        numeric = self.differences.slopes(index, "z", np.array([column]), np.array([x]))
        return WeightTrace(
            name=name,
            at=(row, column),
            x_name=x_name,
            x=x,
            dz=float(self.step(f"dZ{name[1:]}").values[0, column]),
            gradient=float(self.step(f"d{name}").values[row, column]),
            numeric=float(numeric[0]),
            before=float(before[row, column]),
            after=float(self.step(name).values[row, column]),
        )

    def __str__(self) -> str:
        return as_text.trace_text(self)


def index_of_dense(network: Network, number: int) -> int:
    """Return the index in `network.stack` of the dense layer of a number."""
    dense = [i for i, layer in enumerate(network.layers[1:]) if isinstance(layer, DenseLayer)]
    return dense[number - 1]


def output_name(network: Network, index: int) -> str:
    """Return the name of a layer's output; for dropout, that of the layer before."""
    while index >= 0 and isinstance(network.stack[index].layer, DropoutLayer):
        index -= 1
    if index < 0:
        return "A0"
    placed = network.stack[index]
    names = placed.layer.array_names(placed.number)
    own = f"A{placed.number}_{placed.layer.kind}"
    return next((name for name, field in names.items() if field == "a"), own)
