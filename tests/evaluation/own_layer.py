"""A layer that byhand does not know, as a user would write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.network.layers import Layer, LayerBuffers


@dataclass(frozen=True)
class MixLayer(Layer):
    """Y = (X * scale) M, with scale (n_in,) and the matrix M (n_in, n_in)."""

    kind: ClassVar[str] = "mix"
    parameter_names: ClassVar[tuple[str, ...]] = ("scale", "M")
    arrays: ClassVar[Mapping[str, str]] = {"A#_mix": "a", "dA#_mix": "da"}
    formula: ClassVar[str] = "Y = (X * scale) M"
    backward_formula: ClassVar[str] = "dX = dY M^T * scale"

    def parameter_shapes(self, n_in):
        return {"scale": (n_in,), "M": (n_in, n_in)}

    def initial_parameters(self, n_in, weight_init, bias_init, rng):
        return {"scale": rng.uniform(0.5, 2, n_in), "M": rng.normal(size=(n_in, n_in))}

    def new_buffers(self, x):
        return LayerBuffers(x=x, a=np.zeros_like(x), da=np.zeros_like(x))

    def forward(self, placed, buffers, training, rng):
        scale, M = placed.parameters
        buffers.a[:] = (buffers.x * scale) @ M

    def backward(self, placed, buffers, dx):
        (scale, M), (dscale, dM) = placed.parameters, placed.gradients
        through = buffers.da @ M.T
        dscale[:] = (through * buffers.x).sum(axis=0)
        dM[:] = (buffers.x * scale).T @ buffers.da
        if dx is not None:
            dx[:] = through * scale


def mixing_network(**settings) -> MultiLayerPerceptron:
    """Two of these layers: before the first dense layer and after it."""
    layers = [
        InputLayer(12, "none"),
        MixLayer(),
        DenseLayer(6, "tanh"),
        MixLayer(),
        DenseLayer(4, "softmax"),
    ]
    return MultiLayerPerceptron(layers, seed=1, **settings)
