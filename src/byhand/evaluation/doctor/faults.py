"""Deliberate faults, which turn a healthy run into one that a check must report.

Each check defines its faults in its own module. The benchmark draws healthy runs at random, applies
a fault to each, and counts how often the check finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.mlp import MultiLayerPerceptron
from byhand.network import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
)

Rng: TypeAlias = np.random.Generator

EXTRAS = {"extras": True}
"""Requirement that allows dropout, batch normalisation, penalties and schedules in a run."""


@dataclass(frozen=True)
class Data:
    """A table or images, shuffled.

    Args:
        name: name of the data set.
        x: uint8 images or a float32 table.
        y: labels, or values in regression.
        classes: number of classes; 0 in regression.
        bar: validation accuracy, or r2, that a healthy run must reach.
    """

    name: str
    x: Array
    y: Array
    classes: int
    bar: float

    @property
    def images(self) -> bool:
        """Whether the examples are images."""
        return self.x.ndim > 2


def is_regression(data: Data) -> bool:
    """Return whether the targets are values. A fault may require this of its data."""
    return not data.classes


def neighbours_are_alike(data: Data) -> bool:
    """Return whether near examples have the same label. A fault may require this of its data."""
    return len(data.x) > MANY_ROWS and data.name not in {"hastie", "shells"}


MANY_ROWS = 400

HIDDEN: dict[str, Callable[[int, str], list[Any]]] = {
    "": lambda units, fn: [DenseLayer(units, fn)],
    "dropout": lambda units, fn: [DenseLayer(units, fn), DropoutLayer(0.15)],
    "batch norm": lambda units, fn: [DenseLayer(units), BatchNormLayer(fn)],
}
"""The kinds of hidden layers."""


@dataclass(frozen=True)
class Case:
    """One training run: data, network and options. A fault may change any of them."""

    kind: str
    number: int
    seed: int
    data: Data
    x: Array
    y: Array
    x_held: Array
    y_held: Array
    widths: tuple[int, ...]
    activation: str
    optimizer: Any
    batch: int
    epochs: int
    normalisation: str = "auto"
    weight_init: Any = "he_initialization"
    bias_init: Any = "zeros"
    output_init: Any = None
    output: str = ""
    loss: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    layers: tuple[Any, ...] = ()
    extra: str = ""
    patience: int = 0

    def network(self) -> MultiLayerPerceptron:
        """Build the untrained network."""
        make = HIDDEN[self.extra]
        hidden = [part for units in self.widths for part in make(units, self.activation)]
        first = InputLayer(int(np.prod(self.x.shape[1:])), self.normalisation)
        units, fn = self.outputs()
        last = DenseLayer(units, self.output or fn, weight_init=self.output_init)
        return MultiLayerPerceptron(
            [first, *(self.layers or hidden), last],
            weight_init=self.weight_init,
            bias_init=self.bias_init,
            loss=self.loss,
            seed=self.seed,
        )

    def outputs(self) -> tuple[int, str]:
        """Return the number of outputs and their usual activation."""
        return (self.data.classes, "softmax") if self.data.classes else (1, "identity")

    def describe(self) -> str:
        """Describe the run in one line."""
        widths = "-".join(map(str, self.widths))
        return (
            f"{self.data.name} n={len(self.x)} {widths} {self.activation} "
            f"{self.optimizer.name}({self.optimizer.learning_rate:g}) batch {self.batch} "
            f"epochs {self.epochs} {self.extra} {self.options or ''}".rstrip()
        )

    def on(self, x: Array, y: Array, *validation: Array, **changes: Any) -> Case:
        """Return the same run on other data."""
        x_held, y_held = validation or (self.x_held, self.y_held)
        return replace(self, x=x, y=y, x_held=x_held, y_held=y_held, **changes)


@dataclass(frozen=True)
class Fault:
    """A way to put a fault into a healthy run.

    Args:
        make: changes the run.
        wanted: requirements on the healthy run.
        comes_with: checks that may report as well, because the fault makes their findings true.
        harms: True if the run counts only when its accuracy stays below the bar of its data,
            because easy data may be learned despite the fault; False if it counts only when the
            accuracy reaches the bar; None if it always counts.
        on_values: whether the fault also applies to regression.
    """

    make: Callable[[Case, Rng], Case]
    wanted: Mapping[str, Any] = field(default_factory=dict)
    comes_with: tuple[str, ...] = ()
    harms: bool | None = None
    on_values: bool = False


def gain(scale: float) -> Callable[[Rng, int, int], FloatArray]:
    """Return an initialiser N(0, scale^2 / n_in); the scale of He's is 1.4."""
    return lambda rng, n_in, n_out: rng.standard_normal((n_in, n_out)) * scale / n_in**0.5


def pick(rng: Rng, choices: Any) -> Any:
    """Return one of the choices, drawn at random."""
    return choices[int(rng.integers(len(choices)))]
