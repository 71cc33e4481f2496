"""Rows of units, and forward and backward passes in inference.

A *row of units* is the output of one dense layer, or of the batch normalisation after it. Rows
are counted from 1, like the dense layers.

In inference dropout does nothing and batch normalisation is a fixed scale and shift. The
network's own `backward` is for training, where the statistics depend on the batch;
`backward_in_inference` treats the running statistics as constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network import BatchNormLayer, Cache, DenseLayer, DropoutLayer, Network
from byhand.network.activations import Activation
from byhand.network.cache import Workspace
from byhand.network.layers.batch_norm import BatchNormBuffers
from byhand.network.layers.dense import DenseBuffers

BLOCK_ROWS = 1024
"""Number of examples in one pass."""

KNOWN = (DenseLayer, BatchNormLayer, DropoutLayer)
"""Layers whose backward pass in inference is written here."""


@dataclass(frozen=True)
class UnitRow:
    """A row of units.

    Args:
        number: number of its dense layer, counted from 1.
        units: number of units.
        activation: function that gives the row's output.
        index: index in `network.stack` of the dense or batch normalisation layer that ends the
            row.
        name: name in the cache of the row's output, such as "A1".
        z_name: name in the cache of the activation's argument, such as "Z1".
        hidden: whether another dense layer follows.
    """

    number: int
    units: int
    activation: Activation
    index: int
    name: str
    z_name: str
    hidden: bool

    @property
    def title(self) -> str:
        """The row in a few words, such as "layer 1, 300 relu"."""
        return f"layer {self.number}, {self.units} {self.activation.name}"


def unit_rows(network: Network) -> list[UnitRow]:
    """Return all rows of units, the outputs last."""
    found: dict[int, UnitRow] = {}
    last = network.stack[-1].number
    for index, placed in enumerate(network.stack):
        layer, number = placed.layer, placed.number
        if number and isinstance(layer, DenseLayer | BatchNormLayer):
            name = f"{number}" if isinstance(layer, DenseLayer) else f"{number}_batch_norm"
            found[number] = UnitRow(
                number=number,
                units=network.widths[index + 1],
                activation=layer.activation,
                index=index,
                name=f"A{name}",
                z_name=f"Z{name}",
                hidden=number < last,
            )
    return list(found.values())


def activation_at(network: Network, index: int) -> Activation:
    """Return the activation of the layer at an index of `network.stack`, dense or batch norm."""
    activation = network.stack[index].layer.activation
    assert activation is not None  # noqa: S101 - dense and batch norm have one
    return activation


def fitted(network: Network, x: Array) -> Network:
    """Return the network; if its input scaling was never fitted, a copy with it fitted to x."""
    if network.input_layer.ready:
        return network
    copy = network.copy()
    layer = copy.input_layer.fit(copy.input_layer.rows(x), np.ndim(x) > 2)
    copy.input_layer = layer.astype(copy.dtype)
    return copy


def passes(network: Network, x: Array) -> Iterator[tuple[slice, Cache]]:
    """Run x through the network in blocks and yield (rows, cache) of each.

    A cache is valid until the next block.
    """
    network = fitted(network, x)
    rows = network.input_layer.rows(x)
    network.input_layer.check(rows)
    cache = network.new_cache(min(BLOCK_ROWS, len(rows)), rows)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = slice(start, min(start + BLOCK_ROWS, len(rows)))
        if block.stop - start < len(cache.output):
            cache = cache.head(block.stop - start)
        network.input_layer.forward(rows[block], cache.input)
        network.propagate(cache, False, None)
        yield block, cache


def activations(network: Network, x: Array) -> dict[int, FloatArray]:
    """Return the output of every row of units: {1: (n, units of row 1), 2: ...}."""
    names = {row.number: row.name for row in unit_rows(network)}
    kept = arrays(network, x, list(names.values()))
    return {number: kept[name] for number, name in names.items()}


def arrays(network: Network, x: Array, names: Sequence[str]) -> dict[str, FloatArray]:
    """Return arrays of the cache, such as "Z1" or "A1_batch_norm", for all of x, (n, units)."""
    kept: dict[str, FloatArray] = {}
    for block, cache in passes(network, x):
        for name in names:
            if name not in kept:
                kept[name] = np.empty((len(x), cache[name].shape[1]), network.dtype)
            kept[name][block] = cache[name]
    return kept


# --- forward, from the middle -------------------------------------------------------------------


class Tail:
    """The layers from an index of `network.stack` on, as a function in inference."""

    def __init__(self, network: Network, index: int, rows: int = BLOCK_ROWS) -> None:
        """Create buffers for `rows` examples at a time."""
        self.network, self.index, self.rows = network, index, rows
        source = np.zeros((1, network.input_layer.units), np.uint8)
        self._workspace = Workspace(network.new_cache(rows, source))

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the network's outputs (n, units) for inputs x (n, width) of the first layer."""
        outputs = np.empty((len(x), self.network.output_layer.units), self.network.dtype)
        for start in range(0, len(x), self.rows):
            block = x[start : start + self.rows]
            outputs[start : start + len(block)] = self._block(block)
        return outputs

    def _block(self, x: FloatArray) -> FloatArray:
        cache = self._workspace.cache(len(x))
        before = cache.layers[self.index - 1] if self.index else cache.input
        before.a[:] = x
        run_from(self.network, cache, self.index)
        return cache.output


def run_from(network: Network, cache: Cache, index: int) -> None:
    """Run the layers from an index on, in inference; the cache holds the input of the first."""
    for placed, buffers in zip(network.stack[index:], cache.layers[index:], strict=True):
        placed.layer.forward(placed, buffers, False, None)


# --- backward, to the input ---------------------------------------------------------------------


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
