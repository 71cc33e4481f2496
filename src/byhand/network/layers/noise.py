"""Noise: random numbers added to the units in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from byhand.arrays import FloatArray, aligned_zeros
from byhand.checks import number
from byhand.network.layers.layer import Layer, LayerBuffers, PlacedLayer


@dataclass
class NoiseBuffers(LayerBuffers):
    """The arrays of a noise layer: the noise is deviation E."""

    noise: FloatArray


@dataclass(frozen=True)
class NoiseLayer(Layer):
    """Gaussian noise: in training Y = X + deviation E, with E from N(0, 1); in inference Y = X.

    After the input layer, small noise acts like an L2 penalty on the slope of the network
    (Bishop 1995).

    Args:
        deviation: standard deviation of the noise, in the units of X, at least 0.
    """

    deviation: float

    kind: ClassVar[str] = "noise"
    arrays: ClassVar[Mapping[str, str]] = {"A#_noise": "a", "dA#_noise": "da"}
    formula: ClassVar[str] = "Y = X + deviation E in training, Y = X in inference"
    backward_formula: ClassVar[str] = "dX = dY"

    def __post_init__(self) -> None:
        number("deviation of a noise layer", self.deviation, at_least=0)

    def new_buffers(self, x: FloatArray) -> NoiseBuffers:
        """Make a, da and the noise like x; x is the output of the layer before."""
        a, da, noise = (aligned_zeros(x.shape, x.dtype) for _ in range(3))
        return NoiseBuffers(x=x, a=a, da=da, noise=noise)

    def forward(
        self,
        placed: PlacedLayer,
        buffers: NoiseBuffers,
        training: bool,
        rng: np.random.Generator | None,
    ) -> None:
        """Y = X + deviation E in training, Y = X in inference."""
        if not training or rng is None:
            buffers.noise.fill(0)
            np.copyto(buffers.a, buffers.x)
            return
        rng.standard_normal(dtype=buffers.noise.dtype.type, out=buffers.noise)
        buffers.noise *= self.deviation
        np.add(buffers.x, buffers.noise, out=buffers.a)

    def backward(self, placed: PlacedLayer, buffers: NoiseBuffers, dx: FloatArray | None) -> None:
        """dX = dY."""
        if dx is not None:
            np.copyto(dx, buffers.da)

    def describe(self) -> str:
        """Return the layer in a few words, such as "noise 0.1"."""
        return f"{self.kind} {self.deviation:g}"
