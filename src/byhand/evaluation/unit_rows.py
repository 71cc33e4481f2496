"""Rows of units, and forward passes in inference.

A *row of units* is the output of one dense layer, or of the batch normalisation after it. Rows
are counted from 1, like the dense layers.

In inference dropout does nothing and batch normalisation is a fixed scale and shift.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network import BatchNormLayer, Cache, DenseLayer, Network
from byhand.network.activations import Activation

BLOCK_ROWS = 1024
"""Number of examples in one pass."""


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
        self._cache = network.new_cache(rows, source)

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the network's outputs (n, units) for inputs x (n, width) of the first layer."""
        outputs = np.empty((len(x), self.network.output_layer.units), self.network.dtype)
        for start in range(0, len(x), self.rows):
            block = x[start : start + self.rows]
            outputs[start : start + len(block)] = self._block(block)
        return outputs

    def _block(self, x: FloatArray) -> FloatArray:
        cache = self._cache.head(len(x))
        before = cache.layers[self.index - 1] if self.index else cache.input
        before.a[:] = x
        run_from(self.network, cache, self.index)
        return cache.output


def run_from(network: Network, cache: Cache, index: int) -> None:
    """Run the layers from an index on, in inference; the cache holds the input of the first."""
    for placed, buffers in zip(network.stack[index:], cache.layers[index:], strict=True):
        placed.layer.forward(placed, buffers, False, None)
