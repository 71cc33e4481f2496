"""How the loss of one example changes when a number in the middle of the network does.

Finite differences of four points, in float64:

    f'(v) = (f(v - 2h) - 8 f(v - h) + 8 f(v + h) - f(v + 2h)) / 12 h,   h = 1e-3

The pass starts where the number stands: a weight W[i, j] moves Z[j] by x[i] times its own change,
so only the layers behind it run, for many weights at once.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.inference import activation_at, run_from
from byhand.network import AbsoluteError, Cache, Network
from byhand.network.cache import Workspace
from byhand.network.targets import Targets

H = 1e-3
_POINTS = np.array([-2.0, -1.0, 1.0, 2.0])
_FACTORS = np.array([1.0, -8.0, 8.0, -1.0]) / 12
_AT_ONCE = 256  # numbers whose four points go through the network together


class Differences:
    """Slopes of the loss around one pass of one example; in inference."""

    def __init__(self, network: Network, cache: Cache, targets: Targets) -> None:
        """`cache` is that of the pass, in float64."""
        self.network, self.targets = network, targets
        self.base = cache
        self._workspace = Workspace(network.new_cache(_AT_ONCE * len(_POINTS), cache.input.raw))

    def slopes(
        self, index: int, part: str, columns: IntArray, moves: FloatArray | float = 1.0
    ) -> FloatArray:
        """d loss / d number (k,); NaN where a kink lies within the points.

        Args:
            index: of the layer in `network.stack`.
            part: what of it the numbers move, "z" or its output "y".
            columns: the entry of it that each number moves (k,).
            moves: by how much, per unit of the number (k,).
        """
        moves = np.broadcast_to(np.asarray(moves, np.float64), columns.shape)
        blocks = range(0, len(columns), _AT_ONCE)
        found = [
            self._block(index, part, columns[at : at + _AT_ONCE], moves[at : at + _AT_ONCE])
            for at in blocks
        ]
        return np.concatenate(found) if found else np.empty(0)

    def _block(self, index: int, part: str, columns: IntArray, moves: FloatArray) -> FloatArray:
        rows = len(columns) * len(_POINTS)
        cache = self._workspace.cache(rows)
        start = np.repeat(getattr(self.base.layers[index], part), rows, axis=0)
        offsets = (moves[:, None] * _POINTS * H).reshape(-1)
        start[np.arange(rows), np.repeat(columns, len(_POINTS))] += offsets
        losses, sides = self._losses(index, part, start, cache)
        differs = (sides != self._sides(index, part, self.base)).any(axis=1)
        crossed = differs.reshape(-1, len(_POINTS)).any(axis=1)
        slopes: FloatArray = losses.reshape(-1, len(_POINTS)) @ _FACTORS / H
        return np.where(crossed, np.nan, slopes)

    def _losses(
        self, index: int, part: str, start: FloatArray, cache: Cache
    ) -> tuple[FloatArray, Array]:
        """Losses (n,) and kink sides of n passes that start with the given numbers."""
        network, buffers = self.network, cache.layers[index]
        getattr(buffers, part)[:] = start
        if part == "z":
            buffers.y[:] = activation_at(network, index)(start)
        if index == len(network.stack) - 1 and part == "y":
            buffers.z[:] = self.base.layers[index].z  # type: ignore[attr-defined]
        run_from(network, cache, index + 1)
        targets = np.repeat(self.targets.values, len(start), axis=0)
        network.compute_loss(cache, targets, gradient=False)
        return cache.loss.losses, self._sides(index, part, cache)

    def _sides(self, index: int, part: str, cache: Cache) -> Array:
        """On which side of every kink behind the number each pass lies: (n, kinks)."""
        first = index if part == "z" else index + 1
        layers = zip(self.network.stack[first:], cache.layers[first:], strict=True)
        sides = [
            buffers.z > 0  # type: ignore[attr-defined]
            for placed, buffers in layers
            if placed.layer.activation is not None and placed.layer.activation.kink
        ]
        if isinstance(self.network.loss, AbsoluteError):
            sides.append(cache.output > self.targets.values)
        return np.hstack(sides) if sides else np.zeros((len(cache.output), 1), bool)
