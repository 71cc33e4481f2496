"""Finite differences of the loss of one example by any number in the network.

They use four points (see `byhand.network.finite_differences`), float64 and h = 1e-3. The pass
starts at the number: changing a weight W[i, j] by h changes Z[j] by x[i] h, so only the layers
after it run, for many weights in one batch.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.unit_rows import activation_at, run_from
from byhand.network import AbsoluteError, Cache, Network
from byhand.network.finite_differences import OFFSETS, slopes
from byhand.network.targets import Targets

H = 1e-3
POINTS = OFFSETS[4]
AT_ONCE = 256
"""Number of slopes that one batch computes; each takes four rows."""


class Differences:
    """Slopes of the loss around one pass of one example, in inference."""

    def __init__(self, network: Network, cache: Cache, targets: Targets) -> None:
        """Keep the cache of the pass, which must be float64."""
        self.network, self.targets = network, targets
        self.base = cache
        self._cache = network.new_cache(AT_ONCE * len(POINTS), cache.input.raw)

    def slopes(
        self, index: int, field: str, columns: IntArray, moves: FloatArray | float = 1.0
    ) -> FloatArray:
        """Return the slopes of the loss by k numbers (k,); NaN where a kink is too near.

        Args:
            index: index of the layer in `network.stack`.
            field: array of the layer that the numbers change, "z" or its output "a".
            columns: entry of that array which each number changes (k,).
            moves: change of the entry for each unit of the number (k,).
        """
        moves = np.broadcast_to(np.asarray(moves, np.float64), columns.shape)
        blocks = range(0, len(columns), AT_ONCE)
        found = [
            self._block(index, field, columns[at : at + AT_ONCE], moves[at : at + AT_ONCE])
            for at in blocks
        ]
        return np.concatenate(found) if found else np.empty(0)

    def _block(self, index: int, field: str, columns: IntArray, moves: FloatArray) -> FloatArray:
        rows = len(columns) * len(POINTS)
        cache = self._cache.head(rows)
        start = np.repeat(getattr(self.base.layers[index], field), rows, axis=0)
        offsets = (moves[:, None] * POINTS * H).reshape(-1)
        start[np.arange(rows), np.repeat(columns, len(POINTS))] += offsets
        losses, sides = self._losses(index, field, start, cache)
        differs = (sides != self._sides(index, field, self.base)).any(axis=1)
        crossed = differs.reshape(-1, len(POINTS)).any(axis=1)
        found = slopes(losses.reshape(-1, len(POINTS)), H)
        return np.where(crossed, np.nan, found)

    def of_parameter(self, index: int, values: FloatArray, entries: IntArray) -> FloatArray:
        """Return the slopes of the loss by entries of a parameter (k,); NaN where a kink is near.

        The layer runs again for every entry and point, which works for any kind of layer.

        Args:
            index: index of the layer in `network.stack`.
            values: the network's own array of the parameter.
            entries: flat indices of the entries (k,).
        """
        found = [self._of_entry(index, values.reshape(-1), int(entry)) for entry in entries]
        return np.array(found)

    def _of_entry(self, index: int, flat: FloatArray, entry: int) -> float:
        cache, before = self._cache.head(1), flat[entry]
        cache.layers[index].x[:] = self.base.layers[index].x
        losses, sides = [], []
        for offset in POINTS:
            flat[entry] = before + offset * H
            run_from(self.network, cache, index)
            self.network.compute_loss(cache, self.targets.values, gradient=False)
            losses.append(float(cache.loss.losses[0]))
            sides.append(self._sides(index, "z", cache))
        flat[entry] = before
        crossed = any((side != self._sides(index, "z", self.base)).any() for side in sides)
        return float("nan") if crossed else float(slopes(np.array(losses), H))

    def _losses(
        self, index: int, field: str, start: FloatArray, cache: Cache
    ) -> tuple[FloatArray, Array]:
        """Return the losses (n,) and sides (n, kinks) of n passes that start with these numbers."""
        network, buffers = self.network, cache.layers[index]
        getattr(buffers, field)[:] = start
        if field == "z":
            buffers.a[:] = activation_at(network, index)(start)
        if index == len(network.stack) - 1 and field == "a":
            buffers.z[:] = self.base.layers[index].z  # type: ignore[attr-defined]
        run_from(network, cache, index + 1)
        targets = np.repeat(self.targets.values, len(start), axis=0)
        network.compute_loss(cache, targets, gradient=False)
        return cache.loss.losses, self._sides(index, field, cache)

    def _sides(self, index: int, field: str, cache: Cache) -> Array:
        """Return the side of every later kink on which each pass lies, (n, kinks)."""
        first = index if field == "z" else index + 1
        layers = zip(self.network.stack[first:], cache.layers[first:], strict=True)
        sides = [
            buffers.z > 0
            for placed, buffers in layers
            if placed.layer.activation is not None
            and placed.layer.activation.kink
            and hasattr(buffers, "z")
        ]
        if isinstance(self.network.loss, AbsoluteError):
            sides.append(cache.output > self.targets.values)
        return np.hstack(sides) if sides else np.zeros((len(cache.output), 1), bool)
