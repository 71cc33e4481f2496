"""Dropout: set random units to 0 in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from byhand.arrays import FloatArray, aligned_zeros
from byhand.backend import overridable
from byhand.checks import fraction
from byhand.network.layers.layer import Layer, LayerBuffers, PlacedLayer


@dataclass
class DropoutBuffers(LayerBuffers):
    """The arrays of a dropout layer: random numbers, and the mask D computed from them."""

    random: FloatArray
    mask: FloatArray


@dataclass(frozen=True)
class DropoutLayer(Layer):
    """Inverted dropout  (Srivastava et al. 2014).

    In training Y = X * D, where D is 0 for a fraction `rate` of the entries and 1 / (1 - rate) for
    the others, so that the mean of Y is X. In inference Y = X.

    Args:
        rate: fraction of the entries to drop, at least 0 and below 1.
    """

    rate: float

    kind: ClassVar[str] = "dropout"
    arrays: ClassVar[Mapping[str, str]] = {
        "D#": "mask",
        "A#_dropout": "a",
        "dA#_dropout": "da",
    }
    formula: ClassVar[str] = "Y = X * D in training, Y = X in inference"
    backward_formula: ClassVar[str] = "dX = dY * D"

    def __post_init__(self) -> None:
        fraction("rate of a dropout layer, the fraction dropped,", self.rate)

    def new_buffers(self, x: FloatArray) -> DropoutBuffers:
        """Make a, da and two scratch arrays like x; x is the output of the layer before."""
        a, da, random, mask = (aligned_zeros(x.shape, x.dtype) for _ in range(4))
        return DropoutBuffers(x=x, a=a, da=da, random=random, mask=mask)

    def forward(
        self,
        placed: PlacedLayer,
        buffers: DropoutBuffers,
        training: bool,
        rng: np.random.Generator | None,
    ) -> None:
        """Y = X * D in training, Y = X in inference."""
        if not training or rng is None:
            buffers.mask.fill(1)
            np.copyto(buffers.a, buffers.x)
            return
        rng.random(dtype=buffers.random.dtype.type, out=buffers.random)
        self.drop(buffers)

    @overridable
    def drop(self, buffers: DropoutBuffers) -> None:
        """D = 1 / (1 - rate) where random >= rate, else 0;  Y = X * D."""
        buffers.mask[:] = (buffers.random >= self.rate) / (1 - self.rate)
        buffers.a[:] = buffers.x * buffers.mask

    def backward(self, placed: PlacedLayer, buffers: DropoutBuffers, dx: FloatArray | None) -> None:
        """dX = dY * D."""
        if dx is not None:
            np.multiply(buffers.da, buffers.mask, out=dx)

    def describe(self) -> str:
        """Return the layer in a few words, such as "dropout 0.2"."""
        return f"{self.kind} {self.rate:g}"
