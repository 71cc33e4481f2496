"""The backward pass of a network in inference, down to its input.

The network's own `backward` is for training, where the statistics of batch normalisation depend on
the batch; `backward_in_inference` treats the running statistics as constants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from byhand.arrays import FloatArray
from byhand.evaluation.unit_rows import activation_at
from byhand.network import BatchNormLayer, Cache, DenseLayer, DropoutLayer, Network
from byhand.network.layers.batch_norm import BatchNormBuffers
from byhand.network.layers.dense import DenseBuffers

KNOWN = (DenseLayer, BatchNormLayer, DropoutLayer)
"""Layers whose backward pass in inference is written here."""


@dataclass(frozen=True, eq=False)
class LayerGradient:
    """The gradients of the loss, or of a logit, at one layer.

    Args:
        index: index of the layer in `network.stack`.
        da: gradient by its output (n, units); None for the layer whose dZ was given.
        dz: gradient by its Z (n, units); None for a layer other than dense and batch norm.
        dx: gradient by its input (n, n_in).
        parameters: gradients of its parameters, by letter; only for layers other than dense and
            batch norm.
    """

    index: int
    da: FloatArray | None
    dz: FloatArray | None
    dx: FloatArray
    parameters: Mapping[str, FloatArray] = field(default_factory=dict)


def backward_in_inference(
    network: Network,
    cache: Cache,
    *,
    dz: FloatArray | None = None,
    da: FloatArray | None = None,
) -> list[LayerGradient]:
    """Pass a gradient back from the last layer to A0; return each layer's, the last layer first.

        dense       dZ = dY * fn'(Z),  dX = dZ W^T
        batch norm  dZ = dY * fn'(Z),  dX = dZ * gamma / sqrt(variance + epsilon)
        dropout     dX = dY
        others      their own `backward`

    Args:
        network: the network.
        cache: cache of a pass in inference.
        dz: gradient by the last layer's Z, or None if da is given.
        da: gradient by the last layer's output.
    """
    steps: list[LayerGradient] = []
    for index in range(len(network.stack) - 1, -1, -1):
        if isinstance(network.stack[index].layer, KNOWN):
            if dz is None and da is not None:
                dz = _dz(network, index, cache, da)
            step = LayerGradient(index, da, dz, _dx(network, index, da if dz is None else dz))
        else:
            step = _by_own_backward(network, index, cache, da)
        steps.append(step)
        dz, da = None, step.dx
    return steps


def _by_own_backward(
    network: Network, index: int, cache: Cache, da: FloatArray | None
) -> LayerGradient:
    """Call the layer's `backward`, and restore the network's gradients afterwards."""
    assert da is not None  # noqa: S101 - only the last layer, a dense one, starts from dz
    placed, buffers = network.stack[index], cache.layers[index]
    before = [gradient.copy() for gradient in placed.gradients]
    buffers.da[:] = da
    dx = np.empty_like(buffers.x)
    placed.layer.backward(placed, buffers, dx)
    names = placed.layer.parameter_names
    found = {name: gradient.copy() for name, gradient in zip(names, placed.gradients, strict=True)}
    for gradient, old in zip(placed.gradients, before, strict=True):
        gradient[...] = old
    return LayerGradient(index, da, None, dx, found)


def _dz(network: Network, index: int, cache: Cache, da: FloatArray) -> FloatArray | None:
    buffers = cache.layers[index]
    if not isinstance(buffers, DenseBuffers | BatchNormBuffers):
        return None
    return activation_at(network, index).backward(da, buffers.z, buffers.a)


def _dx(network: Network, index: int, d: FloatArray | None) -> FloatArray:
    assert d is not None  # noqa: S101 - one of dz and da is given
    placed = network.stack[index]
    layer, parameters, statistics = placed.layer, placed.parameters, placed.statistics
    if isinstance(layer, DenseLayer):
        return np.asarray(d @ parameters[0].T)
    if isinstance(layer, BatchNormLayer):
        return np.asarray(d * (parameters[0] / np.sqrt(statistics[1] + layer.epsilon)))
    return d
