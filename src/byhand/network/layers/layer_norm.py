"""Layer normalisation: each example has its own mean and variance, in training and inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import numpy as np

from byhand.arrays import FloatArray, aligned_zeros
from byhand.checks import number
from byhand.network.activations import Activation, Pair, resolve_activation
from byhand.network.initializers import Initializer
from byhand.network.layers.layer import Layer, LayerBuffers, PlacedLayer


@dataclass
class LayerNormBuffers(LayerBuffers):
    """The arrays of a layer-normalisation layer; the deviation has the shape (n, 1)."""

    deviation: FloatArray
    normalised: FloatArray
    z: FloatArray
    dz: FloatArray


@dataclass(frozen=True)
class LayerNormLayer(Layer):
    """Layer normalisation  (Ba, Kiros & Hinton 2016): Z = gamma * x_hat + beta, A = fn(Z).

    x_hat = (X - mean) / sqrt(variance + epsilon), with mean and variance over the units of each
    example. Other examples do not matter, so it works with batches of any size, even of one.

    Args:
        fn: activation after scale and shift. To normalise before the activation, put it here and
            give the dense layer before none.
        epsilon: added to the variance.
    """

    fn: str | Activation | Pair = "identity"
    _: KW_ONLY
    slope: float | None = None
    epsilon: float = 1e-5
    activation: Activation = field(init=False, repr=False)

    kind: ClassVar[str] = "layer_norm"
    parameter_names: ClassVar[tuple[str, ...]] = ("gamma", "beta")
    arrays: ClassVar[Mapping[str, str]] = {
        "A#_normalised": "normalised",
        "Z#_layer_norm": "z",
        "A#_layer_norm": "a",
        "dA#_layer_norm": "da",
        "dZ#_layer_norm": "dz",
    }
    formula: ClassVar[str] = "Z = gamma (X - mean) / sqrt(variance + epsilon) + beta,  A = fn(Z)"
    backward_formula: ClassVar[str] = (
        "dX = (D - mean(D) - x_hat mean(D x_hat)) / sqrt(variance + epsilon),  D = gamma dZ"
    )

    def __post_init__(self) -> None:
        number("epsilon", self.epsilon, above=0)
        object.__setattr__(self, "activation", resolve_activation(self.fn, self.slope))

    def parameter_shapes(self, n_in: int) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of gamma and beta: one number for each unit."""
        return {"gamma": (n_in,), "beta": (n_in,)}

    def initial_parameters(
        self, n_in: int, weight_init: Initializer, bias_init: Initializer, rng: np.random.Generator
    ) -> Mapping[str, FloatArray]:
        """Return gamma = 1 and beta = 0."""
        return {"gamma": np.ones(n_in), "beta": np.zeros(n_in)}

    def multiply_adds(self, n_in: int) -> int:
        """Return three for each unit: the mean, the variance, and the scale and shift."""
        return 3 * n_in

    def new_buffers(self, x: FloatArray) -> LayerNormBuffers:
        """Make five arrays like x and a column; x is the output of the layer before."""
        a, da, normalised, z, dz = (aligned_zeros(x.shape, x.dtype) for _ in range(5))
        return LayerNormBuffers(x, a, da, np.zeros((len(x), 1), x.dtype), normalised, z, dz)

    def forward(
        self,
        placed: PlacedLayer,
        buffers: LayerNormBuffers,
        training: bool,
        rng: np.random.Generator | None,
    ) -> None:
        """Z = gamma * x_hat + beta;  A = fn(Z), with mean and variance over each row."""
        (gamma, beta), b = placed.parameters, buffers
        np.subtract(b.x, b.x.mean(axis=1, keepdims=True), out=b.normalised)
        variance = np.einsum("ij,ij->i", b.normalised, b.normalised)[:, None] / b.x.shape[1]
        np.sqrt(variance + self.epsilon, out=b.deviation)
        b.normalised /= b.deviation
        np.multiply(b.normalised, gamma, out=b.z)
        b.z += beta
        b.a[:] = self.activation(b.z)

    def backward(
        self, placed: PlacedLayer, buffers: LayerNormBuffers, dx: FloatArray | None
    ) -> None:
        """dX = (D - mean(D) - x_hat mean(D x_hat)) / sqrt(variance + eps), with D = gamma dZ.

        Means are over the units of each row.
        """
        (gamma, _), (dgamma, dbeta), b = placed.parameters, placed.gradients, buffers
        b.dz[:] = self.activation.backward(b.da, b.z, b.a)
        dgamma[:] = (b.dz * b.normalised).sum(axis=0)
        dbeta[:] = b.dz.sum(axis=0)
        if dx is not None:
            d = gamma * b.dz
            means = d.mean(axis=1, keepdims=True), (d * b.normalised).mean(axis=1, keepdims=True)
            dx[:] = (d - means[0] - b.normalised * means[1]) / b.deviation
