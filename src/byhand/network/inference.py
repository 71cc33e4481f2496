"""Computes predictions and scores of a network, block by block.

It is the forward pass with `training=False`: dropout passes its input on (`layers/dropout.py`),
batch normalisation uses its running statistics, and there is no backward pass.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand import backend
from byhand.arrays import Array, FloatArray, IntArray
from byhand.network.cache import Cache
from byhand.network.layers import InputLayer
from byhand.network.r_squared import r2, sum_of_squares
from byhand.network.targets import Targets
from byhand.threads import choose_threads, held_threads, hold_threads

if TYPE_CHECKING:
    from byhand.network.network import Network

BLOCK_ROWS = 1024
"""Number of rows in a block; blocks of this size stay in the CPU's cache."""


class Inference:
    """Forward passes over data with reused buffers, one set for each calling thread."""

    def __init__(self, net: Network) -> None:
        """Store the network; its buffers are created at first use."""
        self.net = net
        self._thread = threading.local()

    def __getstate__(self) -> dict[str, Any]:
        return {"net": self.net}  # buffers are not part of a pickled network

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["net"])  # type: ignore[misc]

    def outputs(self, rows: Array, input_layer: InputLayer) -> FloatArray:
        """Return the last layer's activations for all rows (n, units)."""
        outputs = np.empty((len(rows), self.net.output_layer.units), self.net.dtype)
        with self._threads(len(rows)):
            for block, cache in self.passes(rows, input_layer, None):
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
        """Return mean loss and accuracy (r2 in regression) over the chosen rows, or all rows."""
        count = len(rows) if chosen is None else len(chosen)
        values, labels = targets.values, targets.labels
        if chosen is not None:
            values = values[chosen]
            labels = None if labels is None else labels[chosen]
        losses = np.empty(count, self.net.dtype)
        correct = np.empty(count, bool)
        residual = 0.0
        single = 0
        with self._threads(count):
            for block, cache in self.passes(rows, input_layer, chosen):
                self.net.compute_loss(cache, values[block], gradient=False)
                losses[block] = cache.loss.losses
                if labels is None:
                    residual += sum_of_squares(cache.output - values[block])
                elif labels.ndim == 1:
                    correct[block] = cache.loss.predictions == labels[block]
                else:
                    agree = (cache.output > 0.5) == labels[block]
                    correct[block] = agree.all(axis=1)
                    single += int(agree.sum())
        if weights is not None:
            losses *= (
                weights  # divided by the number of examples, not the sum of weights, as in training
            )
        scores = {"loss": float(losses.mean())}
        if labels is not None:
            wrong = int(count - correct.sum())
            scores |= {"accuracy": (count - wrong) / count, "wrong": wrong}
            if labels.ndim == 2:
                scores["label_accuracy"] = single / labels.size
        else:
            scores["r2"] = r2(residual, values)
        return scores | {"examples": count}

    def _threads(self, count: int) -> AbstractContextManager[None]:
        """Hold the kernels' pool for large data, unless a training run already holds it."""
        if count <= BLOCK_ROWS or held_threads() or backend.pool() is None:
            return nullcontext()
        return hold_threads(choose_threads(self.net.widths, BLOCK_ROWS))

    def passes(
        self, rows: Array, input_layer: InputLayer, chosen: IntArray | None
    ) -> Iterator[tuple[slice, Cache]]:
        """Yield forward passes over blocks: the slice of rows, and the cache of their pass."""
        count = len(rows) if chosen is None else len(chosen)
        for start in range(0, count, BLOCK_ROWS):
            block = slice(start, min(start + BLOCK_ROWS, count))
            cache = self._cache(block.stop - start, rows)
            if chosen is None:
                input_layer.forward(rows[block], cache.input)
            else:
                input_layer.gather(rows, chosen[block], cache.input)
            self.net.propagate(cache, training=False, rng=None)
            yield block, cache

    def _cache(self, n: int, source: Array) -> Cache:
        """Return a cache that this thread reuses; a single example gets a small one."""
        caches: dict[object, Cache] | None = getattr(self._thread, "caches", None)
        if caches is None:
            caches = self._thread.caches = {}
        capacity = 1 if n == 1 else BLOCK_ROWS
        key = (capacity, source.dtype)
        if key not in caches:
            caches[key] = self.net.new_cache(capacity, source)
        return caches[key].head(n)
