"""Batch normalisation: batch statistics in training, running statistics in inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import numpy as np

from byhand.arrays import FloatArray, aligned_zeros
from byhand.backend import overridable
from byhand.checks import number
from byhand.network.activations import Activation, Pair, resolve_activation
from byhand.network.initializers import Initializer
from byhand.network.layers.layer import Layer, LayerBuffers, PlacedLayer


@dataclass
class BatchNormBuffers(LayerBuffers):
    """The arrays of a batch-normalisation layer; statistics have the shape (1, units)."""

    mean: FloatArray
    variance: FloatArray
    deviation: FloatArray
    normalised: FloatArray
    z: FloatArray
    dz: FloatArray
    training: bool = False


@dataclass(frozen=True)
class BatchNormLayer(Layer):
    """Batch normalisation  (Ioffe & Szegedy 2015): Z = gamma * x_hat + beta, A = fn(Z).

    In training x_hat = (X - mean) / sqrt(variance + epsilon), with mean and variance over the rows
    of the batch. Inference uses running statistics, which each batch moves towards its own by the
    fraction `momentum` (its variance with n - 1 in the denominator, as in PyTorch).

    Args:
        fn: activation after scale and shift. To normalise before the activation, put it here and
            give the dense layer before none.
        momentum: weight of the new batch in the running statistics.
        epsilon: added to the variance.
    """

    fn: str | Activation | Pair = "identity"
    _: KW_ONLY
    slope: float | None = None
    momentum: float = 0.1
    epsilon: float = 1e-5
    activation: Activation = field(init=False, repr=False)

    kind: ClassVar[str] = "batch_norm"
    parameter_names: ClassVar[tuple[str, ...]] = ("gamma", "beta")
    statistic_names: ClassVar[tuple[str, ...]] = ("mean", "variance")
    arrays: ClassVar[Mapping[str, str]] = {
        "A#_normalised": "normalised",
        "Z#_batch_norm": "z",
        "A#_batch_norm": "a",
        "dA#_batch_norm": "da",
        "dZ#_batch_norm": "dz",
    }
    formula: ClassVar[str] = "Z = gamma (X - mean) / sqrt(variance + epsilon) + beta,  A = fn(Z)"
    backward_formula: ClassVar[str] = (
        "dX = gamma / sqrt(variance + epsilon) (dZ - mean(dZ) - x_hat mean(dZ x_hat))"
    )

    def __post_init__(self) -> None:
        number("momentum of a batch-norm layer", self.momentum, above=0, at_most=1)
        number("epsilon", self.epsilon, above=0)
        object.__setattr__(self, "activation", resolve_activation(self.fn, self.slope))

    def parameter_shapes(self, n_in: int) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes of gamma and beta: one number for each unit."""
        return {"gamma": (n_in,), "beta": (n_in,)}

    def initial_parameters(
        self, n_in: int, weight_init: Initializer, bias_init: Initializer, rng: np.random.Generator
    ) -> Mapping[str, FloatArray]:
        """Return gamma = 1 and beta = 0, which change nothing at first."""
        return {"gamma": np.ones(n_in), "beta": np.zeros(n_in)}

    def multiply_adds(self, n_in: int) -> int:
        """Return one multiply-add for each unit: inference is one scale and shift."""
        return n_in

    def new_buffers(self, x: FloatArray) -> BatchNormBuffers:
        """Make five arrays like x and three rows; x is the output of the layer before."""
        a, da, normalised, z, dz = (aligned_zeros(x.shape, x.dtype) for _ in range(5))
        mean, variance, deviation = (np.zeros((1, x.shape[1]), x.dtype) for _ in range(3))
        return BatchNormBuffers(x, a, da, mean, variance, deviation, normalised, z, dz)

    @overridable
    def forward(
        self,
        placed: PlacedLayer,
        buffers: BatchNormBuffers,
        training: bool,
        rng: np.random.Generator | None,
    ) -> None:
        """Z = gamma * x_hat + beta;  A = fn(Z): batch statistics in training, else running ones."""
        (gamma, beta), b = placed.parameters, buffers
        b.training = training
        if training:
            b.mean[:] = b.x.mean(axis=0)
            b.variance[:] = ((b.x - b.mean) ** 2).mean(axis=0)
        else:
            b.mean[0], b.variance[0] = placed.statistics
        b.deviation[:] = np.sqrt(b.variance + self.epsilon)
        b.normalised[:] = (b.x - b.mean) / b.deviation
        b.z[:] = gamma * b.normalised + beta
        b.a[:] = self.activation(b.z)

    @overridable
    def backward(
        self, placed: PlacedLayer, buffers: BatchNormBuffers, dx: FloatArray | None
    ) -> None:
        """dX = gamma / sqrt(variance + eps) (dZ - mean(dZ) - x_hat mean(dZ x_hat)).

        Means are over the rows. After a pass in inference the statistics are constants, so both
        means vanish.
        """
        (gamma, _), (dgamma, dbeta), b = placed.parameters, placed.gradients, buffers
        b.dz[:] = self.activation.backward(b.da, b.z, b.a)
        dgamma[:] = (b.dz * b.normalised).sum(axis=0)
        dbeta[:] = b.dz.sum(axis=0)
        if dx is not None:
            n = len(b.x)
            centred = b.dz - (dbeta + b.normalised * dgamma) / n if b.training else b.dz
            dx[:] = gamma * centred / b.deviation

    @overridable
    def update_statistics(self, placed: PlacedLayer, buffers: BatchNormBuffers) -> None:
        """running += momentum (batch - running)."""
        mean, variance = placed.statistics
        n = len(buffers.x)
        mean += self.momentum * (buffers.mean[0] - mean)
        variance += self.momentum * (buffers.variance[0] * (n / max(n - 1, 1)) - variance)
