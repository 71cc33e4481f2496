"""The base class of layers, and the objects that layers compute with.

A layer is a small frozen description: its units, its activation, its initialiser. It computes with
the arrays it is given and keeps no state. Every call gets two objects:

    placed    the layer's place in its network: views of its parameters, gradients and statistics
    buffers   the arrays of one pass over one batch: input x, output a, gradient da of the output

Rows are examples. `dW` and `db` are sums over the rows of the batch; the network multiplies the
gradient of the loss by 1/n, which turns the sums into means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from byhand.arrays import FloatArray, Scratch
from byhand.network.activations import Activation
from byhand.network.initializers import Initializer

Arrays = tuple[FloatArray, ...]


@dataclass
class LayerBuffers(Scratch):
    """The arrays of one layer for batches of one size."""

    x: FloatArray  # (n, n_in) input, the a of the layer before
    a: FloatArray  # (n, n_out) output
    da: FloatArray  # (n, n_out) gradient of the output, the dx of the layer after


class Layer:
    """A layer after the input layer.

    The defaults suit a layer with nothing to learn and as many outputs as inputs. Every layer
    defines `new_buffers`, `forward` and `backward`.
    """

    kind: ClassVar[str]
    parameter_names: ClassVar[tuple[str, ...]] = ()
    statistic_names: ClassVar[tuple[str, ...]] = ()
    arrays: ClassVar[Mapping[str, str]] = {}  # name in formulas -> field of the buffers
    formula: ClassVar[str] = ""
    backward_formula: ClassVar[str] = ""
    activation: Activation | None = None  # the last operation of the layer, if it has one

    def n_out(self, n_in: int) -> int:
        """Return the number of outputs, given the number of inputs."""
        return n_in

    def parameter_shapes(self, n_in: int) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of the parameters, such as {"W": (n_in, units), "b": (units,)}."""
        return {}

    def initial_parameters(
        self, n_in: int, weight_init: Initializer, bias_init: Initializer, rng: np.random.Generator
    ) -> Mapping[str, FloatArray]:
        """Return the initial values of the parameters."""
        return {}

    def multiply_adds(self, n_in: int) -> int:
        """Return the multiply-adds of one example's forward pass in inference."""
        return 0

    def new_buffers(self, x: FloatArray) -> LayerBuffers:
        """Create buffers for inputs like x, (n, n_in)."""
        raise NotImplementedError

    def forward(
        self, placed: PlacedLayer, buffers: Any, training: bool, rng: np.random.Generator | None
    ) -> None:
        """Compute buffers.a from buffers.x."""
        raise NotImplementedError

    def backward(self, placed: PlacedLayer, buffers: Any, dx: FloatArray | None) -> None:
        """Compute the gradients, and dx unless it is None, from buffers.da."""
        raise NotImplementedError

    def update_statistics(self, placed: PlacedLayer, buffers: Any) -> None:
        """Add the last batch to the running statistics, if the layer has any."""

    def config(self) -> dict[str, Any]:
        """Return the kind and all settings as plain values that can rebuild the layer."""
        settings: dict[str, Any] = {"kind": self.kind}
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if field.init and isinstance(value, (int, float, str, tuple, list)):
                settings[field.name] = value
        if self.activation is not None:
            settings["fn"] = self.activation.name
            settings |= {"slope": self.activation.slope} if settings["fn"] == "leaky_relu" else {}
        return settings

    def describe(self) -> str:
        """Return the layer in a few words, such as "dense relu"."""
        if self.activation is None:
            return self.kind
        slope = f" {self.activation.slope:g}" if self.activation.name == "leaky_relu" else ""
        return f"{self.kind} {self.activation.name}{slope}"

    def array_names(self, number: int) -> dict[str, str]:
        """Map names in the formulas to fields of the buffers: {"A1": "a", ...}."""
        return {name.replace("#", str(number)): field for name, field in self.arrays.items()}


@dataclass(frozen=True)
class PlacedLayer:
    """A layer in its place in a network.

    Args:
        layer: the layer itself.
        number: number in the names of its arrays: a dense layer's own, or that of the dense layer
            it follows.
        n_in: number of inputs.
        n_out: number of outputs.
        parameters: views of the network's parameters, in the order of `parameter_names`.
        gradients: views of its gradients, in the same order.
        statistics: views of its running statistics, in the order of `statistic_names`.
    """

    layer: Layer
    number: int
    n_in: int
    n_out: int
    parameters: Arrays
    gradients: Arrays
    statistics: Arrays
