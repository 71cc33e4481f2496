"""Running a network without training it: predictions and scores, block by block."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import numpy as np

from byhand import kernels
from byhand.arrays import Array, FloatArray, IntArray
from byhand.kernels.threads import choose_threads, held_threads, hold_threads
from byhand.network.cache import Cache, Workspace
from byhand.network.input_layer import InputLayer
from byhand.network.targets import Targets

if TYPE_CHECKING:
    from byhand.network.mlp import MultiLayerPerceptron

BLOCK_ROWS = 1024
"""Data go through in blocks of this many rows, which stay in the CPU's cache."""


class Inference:
    """Passes over data with buffers that are reused, a set for each thread that asks."""

    def __init__(self, net: MultiLayerPerceptron) -> None:
        """Of a network; buffers are made when they are first needed."""
        self.net = net
        self._thread = threading.local()

    def outputs(self, rows: Array, input_layer: InputLayer) -> FloatArray:
        """The last layer's activations for all rows (n, units)."""
        outputs = np.empty((len(rows), self.net.output_layer.units), self.net.dtype)
        with self._threads(len(rows)):
            for block, cache in self._passes(rows, input_layer, None):
                outputs[block] = cache.output
        return outputs

    def scores(
        self,
        rows: Array,
        targets: Targets,
        input_layer: InputLayer,
        chosen: IntArray | None = None,
        weights: FloatArray | None = None,
    ) -> dict[str, float]:
        """Mean loss and accuracy (for values: r2) over the chosen rows, or all of them."""
        count = len(rows) if chosen is None else len(chosen)
        values, labels = targets.values, targets.labels
        if chosen is not None:
            values = values[chosen]
            labels = None if labels is None else labels[chosen]
        losses = np.empty(count, self.net.dtype)
        predictions = np.empty(count, np.intp)
        residual = 0.0
        with self._threads(count):
            for block, cache in self._passes(rows, input_layer, chosen):
                self.net.compute_loss(cache, values[block], gradient=False)
                losses[block] = cache.loss.losses
                predictions[block] = cache.loss.predictions
                if labels is None:
                    residual += _sum_of_squares(cache.output - values[block])
        if weights is not None:
            losses *= weights  # a mean over examples, not over weights, as in training
        loss = {"loss": float(losses.mean())}
        if labels is not None:
            wrong = int((predictions != labels).sum())
            return loss | {"accuracy": (count - wrong) / count, "wrong": wrong, "examples": count}
        spread = _sum_of_squares(values - values.mean(axis=0))
        return loss | {"r2": 1 - residual / spread if spread else np.nan, "examples": count}

    def _threads(self, count: int) -> AbstractContextManager[None]:
        """The kernels' pool of threads, for data that are worth it; a run has its own already."""
        if count <= BLOCK_ROWS or held_threads() or not kernels.have_pool():
            return nullcontext()
        return hold_threads(choose_threads(self.net.widths, BLOCK_ROWS))

    def _passes(
        self, rows: Array, input_layer: InputLayer, chosen: IntArray | None
    ) -> Iterator[tuple[slice, Cache]]:
        """Forward passes over blocks: which of the rows, and the cache they went through."""
        count = len(rows) if chosen is None else len(chosen)
        for start in range(0, count, BLOCK_ROWS):
            block = slice(start, min(start + BLOCK_ROWS, count))
            cache = self._cache(block.stop - start, rows)
            if chosen is None:
                input_layer.forward(rows[block], cache.input)
            else:
                input_layer.gather(rows, chosen[block], cache.input)
            self.net.propagate(cache, False, None)
            yield block, cache

    def _cache(self, n: int, source: Array) -> Cache:
        """A cache that this thread reuses: a single example does not wait for 1024 rows."""
        workspaces: dict[object, Workspace] | None = getattr(self._thread, "workspaces", None)
        if workspaces is None:
            workspaces = self._thread.workspaces = {}
        capacity = 1 if n == 1 else BLOCK_ROWS
        key = (capacity, source.dtype)
        if key not in workspaces:
            workspaces[key] = Workspace(self.net.new_cache(capacity, source))
        return workspaces[key].cache(n)


def _sum_of_squares(x: FloatArray) -> float:
    return float(np.square(x, dtype=np.float64).sum())
