"""The dense layer: Z = X W + b, A = fn(Z)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import numpy as np

from byhand.arrays import FloatArray, aligned_zeros
from byhand.backend import overridable, plain
from byhand.checks import integer
from byhand.network.activations import Activation, Pair, resolve_activation
from byhand.network.initializers import Initializer, resolve_initializer
from byhand.network.layers.layer import Layer, LayerBuffers, PlacedLayer


@dataclass
class DenseBuffers(LayerBuffers):
    """The arrays of a dense layer: input, output, Z and their gradients."""

    z: FloatArray
    dz: FloatArray


@dataclass(frozen=True)
class DenseLayer(Layer):
    """A fully connected layer: Z = X W + b, A = fn(Z), with W (n_in, units) and b (units,).

    Backward, with dZ = dA * fn'(Z):  dW = X^T dZ,  db = sum over rows of dZ,  dX = dZ W^T.

    Args:
        units: number of outputs.
        fn: activation, a name or your own (function, derivative) pair.
        slope: f'(z) for z < 0, for leaky_relu only; 0.01 by default.
        weight_init: initialiser of W; the network's by default.
        bias_init: initialiser of b; the network's by default.
    """

    units: int
    fn: str | Activation | Pair = "identity"
    _: KW_ONLY
    slope: float | None = None
    weight_init: str | Initializer | None = None
    bias_init: str | Initializer | None = None
    activation: Activation = field(init=False, repr=False)

    kind: ClassVar[str] = "dense"
    parameter_names: ClassVar[tuple[str, ...]] = ("W", "b")
    arrays: ClassVar[Mapping[str, str]] = {"Z#": "z", "A#": "a", "dA#": "da", "dZ#": "dz"}
    formula: ClassVar[str] = "Z = X W + b,  A = fn(Z)"
    backward_formula: ClassVar[str] = "dZ = dA * fn'(Z),  dW = X^T dZ,  db = sum dZ,  dX = dZ W^T"

    def __init_subclass__(cls) -> None:
        """Give a layer with its own `backward_from_dz` the plain `backward`, which calls it."""
        if "backward_from_dz" in vars(cls) and "backward" not in vars(cls):
            cls.backward = plain(DenseLayer, "backward")  # type: ignore[method-assign]

    def __post_init__(self) -> None:
        integer("units", self.units)
        object.__setattr__(self, "activation", resolve_activation(self.fn, self.slope))

    def n_out(self, n_in: int) -> int:
        """Return `units`, for any number of inputs."""
        return self.units

    def parameter_shapes(self, n_in: int) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of W (n_in, units) and b (units,)."""
        return {"W": (n_in, self.units), "b": (self.units,)}

    def initial_parameters(
        self, n_in: int, weight_init: Initializer, bias_init: Initializer, rng: np.random.Generator
    ) -> Mapping[str, FloatArray]:
        """W and b from the layer's initialisers, or the network's if it has none."""
        weights = weight_init if self.weight_init is None else resolve_initializer(self.weight_init)
        biases = bias_init if self.bias_init is None else resolve_initializer(self.bias_init)
        return {"W": weights(rng, n_in, self.units), "b": biases(rng, 1, self.units)[0]}

    def multiply_adds(self, n_in: int) -> int:
        """Return n_in * units."""
        return n_in * self.units

    def new_buffers(self, x: FloatArray) -> DenseBuffers:
        """Make a, da, z and dz, each (n, units); x is the output of the layer before."""
        a, da, z, dz = (aligned_zeros((len(x), self.units), x.dtype) for _ in range(4))
        return DenseBuffers(x=x, a=a, da=da, z=z, dz=dz)

    @overridable
    def forward(
        self,
        placed: PlacedLayer,
        buffers: DenseBuffers,
        training: bool,
        rng: np.random.Generator | None,
    ) -> None:
        """Z = X W + b;  A = fn(Z)."""
        W, b = placed.parameters
        buffers.z[:] = buffers.x @ W + b  # (n, n_in) @ (n_in, units) + (units,)
        buffers.a[:] = self.activation(buffers.z)

    @overridable
    def backward(self, placed: PlacedLayer, buffers: DenseBuffers, dx: FloatArray | None) -> None:
        """dZ = dA * fn'(Z); then `backward_from_dz`."""
        buffers.dz[:] = self.activation.backward(buffers.da, buffers.z, buffers.a)
        self.backward_from_dz(placed, buffers, dx)

    @overridable
    def backward_from_dz(
        self, placed: PlacedLayer, buffers: DenseBuffers, dx: FloatArray | None
    ) -> None:
        """dW = X^T dZ;  db = sum over rows of dZ;  dX = dZ W^T.

        With softmax and cross-entropy the loss gives dZ directly, and backpropagation starts here.
        """
        (W, _), (dW, db) = placed.parameters, placed.gradients
        dW[:] = buffers.x.T @ buffers.dz  # (n_in, n) @ (n, units)
        db[:] = buffers.dz.sum(axis=0)
        if dx is not None:
            dx[:] = buffers.dz @ W.T  # (n, units) @ (units, n_in)
