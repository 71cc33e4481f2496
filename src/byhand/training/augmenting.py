"""Augments the inputs of an epoch's batches, ahead of time if a core is free.

An `Augmentation` changes each image by a key computed from the seed, the epoch and the row. So it
does not matter how many images are changed together, on how many threads, or when. A function of
your own gets one batch after another and one random generator for the epoch.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.augmentation import Augmentation
from byhand.augmentation.draws import epoch_key, keys_of_rows
from byhand.errors import ArgumentError
from byhand.randomness import stream
from byhand.threads import cores, held_threads
from byhand.training.run import Augment, Examples

AHEAD = 2048
"""Number of rows augmented at once while earlier batches are trained on."""


class Augmenting:
    """Changes the rows of each batch before they enter the network.

    Args:
        augment: an `Augmentation`, or a function (batch, rng) -> batch.
        examples: the training examples.
        seed: seed of the network.
        ahead: whether rows of later batches are computed ahead, if a core is free.
    """

    def __init__(self, augment: Augment, examples: Examples, seed: int, ahead: bool = True) -> None:
        """Find out whether a core is free to compute ahead."""
        self._augment, self._examples, self._seed = augment, examples, seed
        self._rng = np.random.default_rng(0)
        self._epoch_key = 0
        self._order: IntArray = examples.rows
        self._ready: tuple[int, Array] = 0, np.empty(0)  # first row of a piece, and the piece
        self._next: tuple[int, Future[Array]] | None = None  # the same for the next piece
        is_keyed = isinstance(augment, Augmentation)
        is_ahead = ahead and is_keyed and (held_threads() or 1) < cores()
        self._worker = ThreadPoolExecutor(1, "byhand-augment") if is_ahead else None

    def start(self, moment: int, order: IntArray) -> None:
        """Start an epoch whose rows come in this order."""
        self._rng = stream(self._seed, "augmentation", moment)
        self._order = order
        if isinstance(self._augment, Augmentation):
            self._epoch_key = epoch_key(self._rng)
        self._ready = 0, np.empty(0)
        self._next = (0, self._worker.submit(self._piece, 0)) if self._worker else None

    def batch(self, first: int, last: int) -> Array:
        """Return the rows order[first:last], changed: (n, units)."""
        if self._worker is None:
            return self.changed(self._order[first:last])
        parts = []
        while first < last:
            start, piece = self._piece_with(first)
            stop = min(last, start + len(piece))
            parts.append(piece[first - start : stop - start])
            first = stop
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def close(self) -> None:
        """End the thread that computes ahead."""
        if self._worker is not None:
            self._worker.shutdown(cancel_futures=True)

    def _piece_with(self, row: int) -> tuple[int, Array]:
        """Return the piece of the epoch that contains a row, and start computing the next piece."""
        start, piece = self._ready
        if start <= row < start + len(piece):
            return self._ready
        assert self._worker is not None  # noqa: S101 - only called with a worker
        if self._next is None or not self._next[0] <= row < self._next[0] + AHEAD:
            self._next = row, self._worker.submit(self._piece, row)  # rows were left out
        start, future = self._next
        self._ready, self._next = (start, future.result()), None
        if start + AHEAD < len(self._order):
            self._next = start + AHEAD, self._worker.submit(self._piece, start + AHEAD)
        return self._ready

    def _piece(self, start: int) -> Array:
        return self.changed(self._order[start : start + AHEAD])

    def changed(self, rows: IntArray) -> Array:
        """Compute these rows of the examples, changed: (n, units)."""
        raw = self._examples.x[rows].reshape(-1, *self._examples.shape)
        if isinstance(self._augment, Augmentation):
            keys = keys_of_rows(self._epoch_key, rows)
            return self._augment.with_keys(raw, keys).reshape(len(rows), -1)
        changed = np.asarray(self._augment(raw, self._rng))
        if changed.shape != raw.shape:
            raise ArgumentError(
                f"augment must return a batch of the same shape, {raw.shape}; got {changed.shape}."
            )
        return changed.reshape(len(rows), -1)
