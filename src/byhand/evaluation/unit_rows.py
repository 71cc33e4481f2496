"""Pieces of a pass in inference: rows of units, the layers behind them, and the way back.

In inference dropout does nothing and batch normalisation is a fixed scale and shift. `backward` of
the network is that of training, where the statistics depend on the batch; the one here treats them
as the constants that they are when a trained network is looked at.

A *row of units* is what one dense layer hands on to the next: its activations, or what batch
normalisation behind it makes of them. Rows are counted from 1, as the dense layers are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network import BatchNormLayer, Cache, DenseLayer, Network
from byhand.network.activations import Activation
from byhand.network.cache import Workspace
from byhand.network.layers.batch_norm import BatchNormBuffers
from byhand.network.layers.dense import DenseBuffers

BLOCK_ROWS = 1024
"""Examples that go through the network at a time."""


@dataclass(frozen=True)
class UnitRow:
    """A row of units.

    Args:
        number: of its dense layer, counted from 1.
        units: how many.
        activation: the last function before the row is handed on.
        index: of the last layer of the row in `network.stack`, dropout left out.
        name: of its array in the cache.
        z_name: of what the activation was applied to.
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
        """As in "layer 1, 300 relu"."""
        return f"layer {self.number}, {self.units} {self.activation.name}"


def unit_rows(network: Network) -> list[UnitRow]:
    """All rows of units, the outputs last."""
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
    """The function of the `index`-th layer of `network.stack`, dense or batch norm."""
    activation = network.stack[index].layer.activation
    assert activation is not None  # noqa: S101 - only dropout has none
    return activation


def settled(network: Network, x: Array) -> Network:
    """The network, or one with its normalisation settled on x if it never saw data."""
    if network.input_layer.ready:
        return network
    twin = network.copy()
    twin.input_layer = twin.input_layer.fit(twin.input_layer.rows(x), np.ndim(x) > 2)
    return twin


def passes(network: Network, x: Array) -> Iterator[tuple[slice, Cache]]:
    """Inference over x in blocks: (rows, cache); a cache is valid until the next."""
    network = settled(network, x)
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
    """What every row of units says to every example: {1: (n, units 1), 2: (n, units 2), ...}."""
    names = {row.number: row.name for row in unit_rows(network)}
    kept = arrays(network, x, list(names.values()))
    return {number: kept[name] for number, name in names.items()}


def arrays(network: Network, x: Array, names: Sequence[str]) -> dict[str, FloatArray]:
    """Arrays of the cache by their names, as "Z1" or "A1_batch_norm", for all of x: (n, units)."""
    kept: dict[str, FloatArray] = {}
    for block, cache in passes(network, x):
        for name in names:
            if name not in kept:
                kept[name] = np.empty((len(x), cache[name].shape[1]), network.dtype)
            kept[name][block] = cache[name]
    return kept


# --- forward, from the middle -------------------------------------------------------------------


class Tail:
    """The layers from the `index`-th on, as a function of what goes into them; in inference."""

    def __init__(self, network: Network, index: int, rows: int = BLOCK_ROWS) -> None:
        """Makes buffers for `rows` examples at a time."""
        self.network, self.index, self.rows = network, index, rows
        source = np.zeros((1, network.input_layer.units), np.uint8)
        self._workspace = Workspace(network.new_cache(rows, source))

    def __call__(self, x: FloatArray) -> FloatArray:
        """Outputs (n, units) for inputs x (n, width) of the first of the layers."""
        outputs = np.empty((len(x), self.network.output_layer.units), self.network.dtype)
        for start in range(0, len(x), self.rows):
            block = x[start : start + self.rows]
            outputs[start : start + len(block)] = self._block(block)
        return outputs

    def _block(self, x: FloatArray) -> FloatArray:
        cache = self._workspace.cache(len(x))
        before = cache.layers[self.index - 1] if self.index else cache.input
        before.y[:] = x
        run_from(self.network, cache, self.index)
        return cache.output


def run_from(network: Network, cache: Cache, index: int) -> None:
    """The layers from the `index`-th on, in inference, from what the cache holds before them."""
    for placed, buffers in zip(network.stack[index:], cache.layers[index:], strict=True):
        placed.layer.forward(placed, buffers, False, None)


# --- backward, to the input ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LayerGradient:
    """What flows back through one layer.

    Args:
        index: of the layer in `network.stack`.
        dy: by its output (n, units); None for the layer whose dZ was given.
        dz: by its Z (n, units); None for dropout, which has none.
        dx: by its input (n, n_in).
    """

    index: int
    dy: FloatArray | None
    dz: FloatArray | None
    dx: FloatArray


def backward_in_inference(
    network: Network,
    cache: Cache,
    *,
    dz: FloatArray | None = None,
    dy: FloatArray | None = None,
) -> list[LayerGradient]:
    """From the gradient by the last layer's Z or output back to A0, the last layer first.

        dense       dZ = dY * fn'(Z),  dX = dZ W^T
        batch norm  dZ = dY * fn'(Z),  dX = dZ * gamma / sqrt(variance + epsilon)
        dropout     dX = dY

    Args:
        network: whose layers they are.
        cache: of a pass in inference.
        dz: gradient by the last layer's Z; or else
        dy: gradient by its output.
    """
    steps: list[LayerGradient] = []
    for index in range(len(network.stack) - 1, -1, -1):
        if dz is None and dy is not None:
            dz = _dz(network, index, cache, dy)
        dx = _dx(network, index, dy if dz is None else dz)
        steps.append(LayerGradient(index, dy, dz, dx))
        dz, dy = None, dx
    return steps


def _dz(network: Network, index: int, cache: Cache, dy: FloatArray) -> FloatArray | None:
    buffers = cache.layers[index]
    if not isinstance(buffers, DenseBuffers | BatchNormBuffers):
        return None
    return activation_at(network, index).backward(dy, buffers.z, buffers.y)


def _dx(network: Network, index: int, d: FloatArray | None) -> FloatArray:
    assert d is not None  # noqa: S101 - one of dz and dy is given
    placed = network.stack[index]
    layer, parameters, statistics = placed.layer, placed.parameters, placed.statistics
    if isinstance(layer, DenseLayer):
        return np.asarray(d @ parameters[0].T)
    if isinstance(layer, BatchNormLayer):
        return np.asarray(d * (parameters[0] / np.sqrt(statistics[1] + layer.epsilon)))
    return d
