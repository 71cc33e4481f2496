"""What a trace holds: steps, and the way to zoom to one weight."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from byhand.arrays import FloatArray
from byhand.errors import ArgumentError, unknown_name
from byhand.evaluation.trace import words
from byhand.evaluation.trace.differences import Differences
from byhand.network import DenseLayer, DropoutLayer, Network
from byhand.network.finite_differences import relative_error
from byhand.training.optimizers import Optimizer

NEGLIGIBLE = 1e-9
"""Gradients whose norms sum to less than this are rounding and count as equal."""


@dataclass(frozen=True, eq=False)
class Step:
    """One line of the computation.

    Args:
        stage: "input", "forward", "loss", "backward" or "update".
        name: of what is computed, as "Z1" or "dW2".
        formula: how.
        meaning: what that is, in a few words.
        shapes: of the operands and the result, as "(1, 784) @ (784, 300) -> (1, 300)".
        values: the numbers, in float64.
        numeric: for gradients, finite differences in the same shape; NaN where none was taken or
            a kink (of relu, say) was too near.
        layer: its number, 0 for the input.
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
        """Entries that have a finite difference beside them."""
        return 0 if self.numeric is None else int((~np.isnan(self.numeric)).sum())

    @property
    def relative_error(self) -> float:
        """norm(values - numeric) / (norm(values) + norm(numeric)) over the checked entries.

        0 where both norms are below 1e-9, which is rounding; NaN where nothing was checked.
        """
        if self.numeric is None or not self.checked:
            return float("nan")
        known = ~np.isnan(self.numeric)
        return relative_error(self.values[known], self.numeric[known], NEGLIGIBLE)

    def __str__(self) -> str:
        return words.step_text(self)


@dataclass(frozen=True)
class WeightTrace:
    """One weight: what came in, what flowed back, and what became of it.

    Args:
        name: of the matrix.
        at: (row, column) of the weight.
        x_name: what comes in, as "A0".
        x: its value at the weight's row.
        dz: gradient by Z at the weight's column.
        gradient: x * dz.
        numeric: its finite difference, NaN at a kink.
        before: the weight.
        after: the weight after the update.
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
        return words.weight_text(self)


@dataclass(frozen=True, eq=False)
class Trace:
    """The computation for one example, step by step.

    Args:
        steps: in the order in which they are computed.
        label: the class it is; None where the target is values.
        predicted: the predicted class; None where the target is values.
        class_names: what the classes are called.
        loss: before the update.
        loss_after: of the same example, after it.
        optimizer: that made the update.
        network: a float64 copy, before the update.
        differences: takes more finite differences.
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
        """The step that computes the array of this name; for a parameter its update."""
        found = {step.name: step for step in self.steps}
        if name not in found:
            raise unknown_name("step of the trace", name, found)
        return found[name]

    @property
    def gradients(self) -> tuple[Step, ...]:
        """The steps that have finite differences beside them."""
        return tuple(step for step in self.steps if step.numeric is not None)

    def weight(self, name: str, row: int, column: int) -> WeightTrace:
        """Zoom to one weight of a matrix, as trace.weight("W1", 400, 7)."""
        network = self.network
        matrices = [key for key in network.parameters if key.startswith("W")]
        if name not in matrices:
            raise unknown_name("weight matrix", name, matrices)
        before = network.parameters[name]
        if not (0 <= row < before.shape[0] and 0 <= column < before.shape[1]):
            raise ArgumentError(
                f"{name} has the shape {before.shape}; got row {row!r} and column {column!r}."
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
        return words.trace_text(self)


def index_of_dense(network: Network, number: int) -> int:
    """Where the dense layer of this number stands in `network.stack`."""
    dense = [i for i, layer in enumerate(network.layers[1:]) if isinstance(layer, DenseLayer)]
    return dense[number - 1]


def output_name(network: Network, index: int) -> str:
    """The array that the index-th layer hands on; dropout, which does nothing here, has none."""
    while index >= 0 and isinstance(network.stack[index].layer, DropoutLayer):
        index -= 1
    if index < 0:
        return "A0"
    placed = network.stack[index]
    names = placed.layer.array_names(placed.number)
    own = f"A{placed.number}_{placed.layer.kind}"
    return next((name for name, field in names.items() if field == "y"), own)
