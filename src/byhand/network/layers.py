"""Layers: what a network is made of.

A layer is a small frozen description (how many units, which activation). It computes with the
parameters and the buffers that it is handed and remembers nothing. Its buffers, one object for
each layer and batch size, hold what forward saw and what backward needs:

    x    input, the y of the layer before      y    output
    dy   dLoss/dy                              dx   dLoss/dx, the dy of the layer before

Rows are examples. `dW` and `db` are sums over the rows of the batch; the mean enters as the
factor 1/n that the network gives to the loss's gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar, Generic, TypeVar

import numpy as np

from byhand import kernels
from byhand.arrays import FloatArray, aligned_zeros
from byhand.checks import share, whole_number
from byhand.network.activations import Activation, OwnPair, resolve_activation
from byhand.network.initializers import Initializer, resolve_initializer

Arrays = tuple[FloatArray, ...]


@dataclass
class LayerBuffers:
    """What every layer's buffers have: input, output and the gradient of the output."""

    x: FloatArray
    y: FloatArray
    dy: FloatArray

    def names(self, number: int) -> dict[str, str]:
        """Which field is which array of the formulas, as {"A1": "y", ...}."""
        raise NotImplementedError


B = TypeVar("B", bound=LayerBuffers)


class Layer(Generic[B]):
    """What the network asks of every layer after the input layer.

    The answers given here are those of a layer that has nothing to learn and as many outputs as
    inputs; `new_buffers`, `forward` and `backward` every layer has to give.
    """

    kind: ClassVar[str]
    parameter_names: ClassVar[tuple[str, ...]] = ()
    statistic_names: ClassVar[tuple[str, ...]] = ()
    activation: Activation | None = None  # what the layer ends with, where it has one

    def units_out(self, n_in: int) -> int:
        """How many outputs the layer has, given its number of inputs."""
        return n_in

    def parameter_shapes(self, n_in: int) -> Mapping[str, tuple[int, ...]]:
        """The learnable arrays by their letter, as {"W": (n_in, units), "b": (units,)}."""
        return {}

    def initial_parameters(
        self,
        n_in: int,
        weight_init: Initializer,
        bias_init: Initializer,
        rng: np.random.Generator,
    ) -> Mapping[str, FloatArray]:
        """The values that they start from."""
        return {}

    def multiply_adds(self, n_in: int) -> int:
        """Multiply-adds of one example's forward pass in inference."""
        return 0

    def new_buffers(self, x: FloatArray) -> B:
        """Buffers for inputs like x, (n, n_in)."""
        raise NotImplementedError

    def forward(
        self,
        parameters: Arrays,
        statistics: Arrays,
        buffers: B,
        training: bool,
        rng: np.random.Generator | None,
    ) -> None:
        """buffers.x -> buffers.y."""
        raise NotImplementedError

    def backward(
        self, parameters: Arrays, buffers: B, gradients: Arrays, dx: FloatArray | None
    ) -> None:
        """buffers.dy -> gradients and, unless it is None, dx."""
        raise NotImplementedError

    def update_statistics(self, statistics: Arrays, buffers: B) -> None:
        """Let the running statistics, where there are any, take in the batch just seen."""


# --- dense --------------------------------------------------------------------------------------


@dataclass
class DenseBuffers(LayerBuffers):
    """Of a dense layer: Z = x W + b beside its input and output."""

    z: FloatArray
    dz: FloatArray
    scratch: FloatArray

    def names(self, number: int) -> dict[str, str]:
        """Z and A of this layer, and their gradients."""
        return {f"Z{number}": "z", f"A{number}": "y", f"dA{number}": "dy", f"dZ{number}": "dz"}


@dataclass(frozen=True)
class DenseLayer(Layer[DenseBuffers]):
    """Fully connected: Z = X W + b, A = fn(Z), with W (n_in, units) and b (units,).

    Backward, with dZ = dA * fn'(Z):  dW = X^T dZ,  db = sum over rows of dZ,  dX = dZ W^T.

    Args:
        units: number of outputs.
        fn: activation, a name or your own (function, derivative) pair.
        slope: of leaky_relu on the negative side; 0.01 unless given.
        weight_init: initialiser of W; the network's unless given.
        bias_init: initialiser of b; the network's unless given.
    """

    units: int
    fn: str | Activation | OwnPair = "identity"
    _: KW_ONLY
    slope: float | None = None
    weight_init: str | Initializer | None = None
    bias_init: str | Initializer | None = None
    activation: Activation = field(init=False, repr=False)

    kind: ClassVar[str] = "dense"
    parameter_names: ClassVar[tuple[str, ...]] = ("W", "b")

    def __post_init__(self) -> None:
        whole_number("units", self.units)
        object.__setattr__(self, "activation", resolve_activation(self.fn, self.slope))

    def units_out(self, n_in: int) -> int:
        """`units`, whatever comes in."""
        return self.units

    def parameter_shapes(self, n_in: int) -> Mapping[str, tuple[int, ...]]:
        """W (n_in, units) and b (units,)."""
        return {"W": (n_in, self.units), "b": (self.units,)}

    def initial_parameters(
        self, n_in: int, weight_init: Initializer, bias_init: Initializer, rng: np.random.Generator
    ) -> Mapping[str, FloatArray]:
        """W and b by the layer's own initialisers, or else the network's."""
        weights = weight_init if self.weight_init is None else resolve_initializer(self.weight_init)
        biases = bias_init if self.bias_init is None else resolve_initializer(self.bias_init)
        return {"W": weights(rng, n_in, self.units), "b": biases(rng, 1, self.units)[0]}

    def multiply_adds(self, n_in: int) -> int:
        """n_in * units."""
        return n_in * self.units

    def new_buffers(self, x: FloatArray) -> DenseBuffers:
        """Five arrays (n, units)."""
        y, dy, z, dz, scratch = (aligned_zeros((len(x), self.units), x.dtype) for _ in range(5))
        return DenseBuffers(x=x, y=y, dy=dy, z=z, dz=dz, scratch=scratch)

    def forward(
        self,
        parameters: Arrays,
        statistics: Arrays,
        buffers: DenseBuffers,
        training: bool,
        rng: np.random.Generator | None,
    ) -> None:
        """Z = X W + b;  A = fn(Z)."""
        W, b = parameters
        kernels.product(buffers.x, W, out=buffers.z)  # (n, n_in) @ (n_in, units) -> (n, units)
        kernels.bias_activation(buffers.z, b, self.activation, buffers.y, buffers.scratch)

    def backward(
        self, parameters: Arrays, buffers: DenseBuffers, gradients: Arrays, dx: FloatArray | None
    ) -> None:
        """dZ = dA * fn'(Z), and on to `backward_from_dz`."""
        kernels.activation_gradient(
            buffers.dy,
            buffers.z,
            buffers.y,
            self.activation,
            buffers.dz,
            gradients[1],
            buffers.scratch,
        )
        self._products(parameters, buffers, gradients, dx)

    def backward_from_dz(
        self, parameters: Arrays, buffers: DenseBuffers, gradients: Arrays, dx: FloatArray | None
    ) -> None:
        """The same for an output layer whose loss has already given dZ."""
        kernels.column_sums(buffers.dz, gradients[1])
        self._products(parameters, buffers, gradients, dx)

    def _products(
        self, parameters: Arrays, buffers: DenseBuffers, gradients: Arrays, dx: FloatArray | None
    ) -> None:
        kernels.product(buffers.x.T, buffers.dz, out=gradients[0])  # dW: (n_in, n) @ (n, units)
        if dx is not None:
            kernels.product(buffers.dz, parameters[0].T, out=dx)  # dX: (n, units) @ (units, n_in)


# --- dropout ------------------------------------------------------------------------------------


@dataclass
class DropoutBuffers(LayerBuffers):
    """Of a dropout layer: the random numbers and the mask that came of them."""

    random: FloatArray
    mask: FloatArray

    def names(self, number: int) -> dict[str, str]:
        """The mask D and the thinned activations."""
        return {f"D{number}": "mask", f"A{number}_dropout": "y", f"dA{number}_dropout": "dy"}


@dataclass(frozen=True)
class DropoutLayer(Layer[DropoutBuffers]):
    """Inverted dropout  (Srivastava et al. 2014).

    In training Y = X * D, where D is 0 for a share `rate` of the entries and 1 / (1 - rate) for
    the others, so that the mean of Y is X. In inference Y = X.

    Args:
        rate: the share that is dropped, at least 0 and below 1.
    """

    rate: float

    kind: ClassVar[str] = "dropout"

    def __post_init__(self) -> None:
        share("rate of a dropout layer, the share dropped,", self.rate)

    def new_buffers(self, x: FloatArray) -> DropoutBuffers:
        """Four arrays like x."""
        y, dy, random, mask = (aligned_zeros(x.shape, x.dtype) for _ in range(4))
        return DropoutBuffers(x=x, y=y, dy=dy, random=random, mask=mask)

    def forward(
        self,
        parameters: Arrays,
        statistics: Arrays,
        buffers: DropoutBuffers,
        training: bool,
        rng: np.random.Generator | None,
    ) -> None:
        """Y = X * D in training, Y = X in inference."""
        if not training or rng is None:
            buffers.mask.fill(1)
            np.copyto(buffers.y, buffers.x)
            return
        rng.random(dtype=buffers.random.dtype.type, out=buffers.random)
        kernels.dropout(buffers.x, buffers.random, self.rate, buffers.mask, buffers.y)

    def backward(
        self,
        parameters: Arrays,
        buffers: DropoutBuffers,
        gradients: Arrays,
        dx: FloatArray | None,
    ) -> None:
        """dX = dY * D."""
        if dx is not None:
            np.multiply(buffers.dy, buffers.mask, out=dx)
