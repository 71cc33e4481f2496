"""Test vectors: inputs and the outputs that byhand computes for them, part of every export."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network.layers import InputLayer
from byhand.network.network import Network
from byhand.randomness import stream

COUNT = 16
"""Number of test vectors in a file."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """Inputs with their outputs.

    Args:
        x: raw inputs (n, units): uint8 if the network takes pixels, otherwise float64.
        y: outputs (n, units of the last layer).
    """

    x: Array
    y: FloatArray

    def difference(self, y: FloatArray) -> float:
        """Return the largest |y - expected|, in units of the largest |expected| if that is above 1.

        NaN counts as infinite.
        """
        if y.shape != self.y.shape:
            return float("inf")
        error = np.abs(y.astype(np.float64) - self.y)
        scale = max(1.0, float(np.abs(self.y).max()))
        return float(np.where(np.isnan(error), np.inf, error).max()) / scale


def vectors_of(net: Network, examples: Array | None = None, count: int = COUNT) -> Vectors:
    """Return test vectors for a network.

    Args:
        net: the trained network.
        examples: inputs to choose from, evenly spaced; random ones of the training range if None.
        count: number of vectors.
    """
    x = _random_inputs(net, count) if examples is None else _chosen(net, examples, count)
    return Vectors(x, net.predict_proba(x))


def _chosen(net: Network, examples: Array, count: int) -> Array:
    rows = net.input_layer.rows(examples)
    places = np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)
    return _plain(net.input_layer, rows[places])


def _random_inputs(net: Network, count: int) -> Array:
    first, rng = net.input_layer, stream(net.seed, "test vectors")
    size = (count, first.units)
    if first.normalisation == "pixels":
        return rng.integers(0, 256, size).astype(np.uint8)
    if first.mean is not None:
        return np.asarray(first.mean + rng.standard_normal(size) / first.factor)
    low, high = first.input_range or (0.0, 1.0)
    return rng.uniform(low, high, size)


def _plain(first: InputLayer, rows: Array) -> Array:
    """Return rows as uint8 where they are pixels, else as float64."""
    is_pixels = rows.dtype == np.uint8 or (
        first.normalisation == "pixels" and bool((rows == np.floor(rows)).all())
    )
    return rows.astype(np.uint8 if is_pixels else np.float64)
