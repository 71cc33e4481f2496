"""Batch normalisation: the one layer whose training and inference differ in more than noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import numpy as np

from byhand import kernels
from byhand.arrays import FloatArray, aligned_zeros
from byhand.checks import number
from byhand.network.activations import Activation, OwnPair, resolve_activation
from byhand.network.initializers import Initializer
from byhand.network.layers import Arrays, Layer, LayerBuffers


@dataclass
class BatchNormBuffers(LayerBuffers):
    """Of a batch-normalisation layer; the batch's statistics have the shape (1, units)."""

    mean: FloatArray
    variance: FloatArray
    normalised: FloatArray
    z: FloatArray
    dz: FloatArray
    scratch: FloatArray
    row: FloatArray
    change: FloatArray
    training: bool = False

    def names(self, number: int) -> dict[str, str]:
        """The normalised input, what the scale and shift make of it, and the output."""
        return {
            f"A{number}_normalised": "normalised",
            f"Z{number}_batch_norm": "z",
            f"A{number}_batch_norm": "y",
            f"dA{number}_batch_norm": "dy",
        }


@dataclass(frozen=True)
class BatchNormLayer(Layer[BatchNormBuffers]):
    """Batch normalisation  (Ioffe & Szegedy 2015): Z = gamma * x^ + beta, A = fn(Z).

    In training x^ = (X - mean) / sqrt(variance + epsilon) over the rows of the batch; in
    inference over the running statistics, into which every batch enters with the share
    `momentum` (its variance with n - 1 in the denominator, as PyTorch has it).

    Args:
        fn: activation after scale and shift; put it here and leave the dense layer before
            without one to normalise between the two.
        momentum: share of the new batch in the running statistics.
        epsilon: added to the variance.
    """

    fn: str | Activation | OwnPair = "identity"
    _: KW_ONLY
    slope: float | None = None
    momentum: float = 0.1
    epsilon: float = 1e-5
    activation: Activation = field(init=False, repr=False)

    kind: ClassVar[str] = "batch_norm"
    parameter_names: ClassVar[tuple[str, ...]] = ("gamma", "beta")
    statistic_names: ClassVar[tuple[str, ...]] = ("mean", "variance")

    def __post_init__(self) -> None:
        number("momentum of a batch-norm layer", self.momentum, above=0, at_most=1)
        number("epsilon", self.epsilon, above=0)
        object.__setattr__(self, "activation", resolve_activation(self.fn, self.slope))

    def parameter_shapes(self, n_in: int) -> Mapping[str, tuple[int, ...]]:
        """Gamma and beta, one number for each unit."""
        return {"gamma": (n_in,), "beta": (n_in,)}

    def initial_parameters(
        self,
        n_in: int,
        weight_init: Initializer,
        bias_init: Initializer,
        rng: np.random.Generator,
    ) -> Mapping[str, FloatArray]:
        """Gamma 1, beta 0: no change at first."""
        return {"gamma": np.ones(n_in), "beta": np.zeros(n_in)}

    def multiply_adds(self, n_in: int) -> int:
        """One for each unit: in inference it is one scale and shift."""
        return n_in

    def new_buffers(self, x: FloatArray) -> BatchNormBuffers:
        """Six arrays like x and four rows."""
        y, dy, normalised, z, dz, scratch = (aligned_zeros(x.shape, x.dtype) for _ in range(6))
        mean, variance, row, change = (np.zeros((1, x.shape[1]), x.dtype) for _ in range(4))
        return BatchNormBuffers(
            x=x, y=y, dy=dy, mean=mean, variance=variance, normalised=normalised,
            z=z, dz=dz, scratch=scratch, row=row, change=change,
        )  # fmt: skip

    def forward(
        self,
        parameters: Arrays,
        statistics: Arrays,
        buffers: BatchNormBuffers,
        training: bool,
        rng: np.random.Generator | None,
    ) -> None:
        """x^ by the batch's statistics in training, by the running ones in inference."""
        (gamma, beta), b = parameters, buffers
        b.training = training
        if training:
            np.mean(b.x, axis=0, keepdims=True, out=b.mean)
            np.subtract(b.x, b.mean, out=b.normalised)
            np.multiply(b.normalised, b.normalised, out=b.scratch)
            np.mean(b.scratch, axis=0, keepdims=True, out=b.variance)
        else:
            b.mean[0], b.variance[0] = statistics
            np.subtract(b.x, b.mean, out=b.normalised)
        np.add(b.variance, self.epsilon, out=b.row)
        np.sqrt(b.row, out=b.row)
        b.normalised /= b.row
        np.multiply(b.normalised, gamma, out=b.z)
        kernels.bias_activation(b.z, beta, self.activation, b.y, b.scratch)

    def backward(
        self,
        parameters: Arrays,
        buffers: BatchNormBuffers,
        gradients: Arrays,
        dx: FloatArray | None,
    ) -> None:
        """dX = gamma / sqrt(variance + eps) (dZ - mean(dZ) - x^ mean(dZ x^)).

        Means are over the rows: mean(dZ) = dbeta / n, mean(dZ x^) = dgamma / n. After a pass in
        inference the statistics are constants and both means drop out.
        """
        (gamma, _), (dgamma, dbeta), b = parameters, gradients, buffers
        kernels.activation_gradient(b.dy, b.z, b.y, self.activation, b.dz, dbeta, b.scratch)
        np.multiply(b.dz, b.normalised, out=b.scratch)
        kernels.column_sums(b.scratch, dgamma)
        if dx is None:
            return
        if b.training:
            np.multiply(b.normalised, dgamma, out=b.scratch)
            b.scratch += dbeta
            b.scratch /= len(b.x)
            np.subtract(b.dz, b.scratch, out=dx)
        else:
            np.copyto(dx, b.dz)
        dx *= gamma
        dx /= b.row

    def update_statistics(self, statistics: Arrays, buffers: BatchNormBuffers) -> None:
        """running += momentum (batch - running)."""
        mean, variance = statistics
        n, change = len(buffers.x), buffers.change[0]
        np.subtract(buffers.mean[0], mean, out=change)
        change *= self.momentum
        mean += change
        np.multiply(buffers.variance[0], n / max(n - 1, 1), out=change)
        change -= variance
        change *= self.momentum
        variance += change
