"""The training loop.

Each step: gather a batch, forward, loss, backward, penalties and clipping, optimizer. Everything
is written into arrays made before the first step. A batch larger than `BLOCK_ROWS` goes through
in blocks that stay in the CPU's cache; their gradients add up to that of the batch, so full-batch
descent needs no more memory than a mini-batch, and data larger than memory can be trained on.

Nothing is checked here: `byhand.training.fitting` has done it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np

from byhand import kernels
from byhand.arrays import IntArray, aligned_zeros
from byhand.errors import ArgumentError
from byhand.network.batch_norm import BatchNormLayer
from byhand.network.cache import Cache, Workspace
from byhand.network.layers import DropoutLayer
from byhand.network.mlp import MultiLayerPerceptron
from byhand.randomness import stream
from byhand.training.callbacks import Callback
from byhand.training.divergence import explain_divergence
from byhand.training.interrupt import INTERRUPTED
from byhand.training.run import Best, Run

BLOCK_ROWS = 2048
"""Rows that go through the network at a time when the batch is larger."""


def normalises(net: MultiLayerPerceptron) -> bool:
    """Whether there is batch normalisation in a network."""
    return any(isinstance(layer, BatchNormLayer) for layer in net.hidden)


def rows_at_once(net: MultiLayerPerceptron, batch_rows: int) -> int:
    """How many rows of a batch go through the network together: all, or a block of a large one.

    The statistics of batch normalisation are those of the whole batch: no blocks then.
    """
    return batch_rows if normalises(net) else min(batch_rows, BLOCK_ROWS)


class Trainer:
    """Runs epochs over examples until they are done or somebody asks to stop."""

    def __init__(self, run: Run, callbacks: Sequence[Callback]) -> None:
        """Make every array that training needs."""
        self.run, self.net = run, run.net
        self.examples, self.validation, self.settings = run.examples, run.validation, run.settings
        self.callbacks = list(callbacks)
        self._batch_hooks = [
            callback.on_batch_end
            for callback in self.callbacks
            if type(callback).on_batch_end is not Callback.on_batch_end
        ]
        net, examples, settings = run.net, run.examples, run.settings
        self._normalises = normalises(net)
        self._drops = any(isinstance(layer, DropoutLayer) for layer in net.hidden)
        block = rows_at_once(net, settings.batch_rows)
        self._workspace = Workspace(net.new_cache(block, examples.x))
        self._order = examples.rows.copy()
        self._predictions = np.empty(len(self._order), np.intp)
        self._scratch = aligned_zeros(net.parameters.vector.size, net.dtype)
        self._sum = np.empty_like(net.parameters.vector)
        self._targets = np.empty_like(examples.targets.values[:block])
        self._weights = np.empty(block, net.dtype)
        self._dropout_rng: np.random.Generator | None = None
        self._augment_rng: np.random.Generator | None = None

    # --- epochs ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """Let the callbacks see the run, and refuse it, before the first step."""
        best = Best(self.run.monitor)
        best.catch_up(self.run)
        self.run.best_so_far = best
        self._notify("on_train_begin")

    def train(self) -> None:
        """All epochs of a run that has begun, with the callbacks around them."""
        run, best = self.run, self.run.best_so_far
        assert best is not None  # noqa: S101 - since begin
        try:
            while run.epoch < run.epochs and not run.stop_reason:
                if self._epoch():
                    best.update(run)
                    run.history.best_epoch = best.epoch
                    self._notify("on_epoch_end")
            if run.stop_reason == INTERRUPTED:
                best.restore(self.net)
        finally:
            self._notify("on_train_end")

    def _epoch(self) -> bool:
        """One epoch; False where it was broken off, in which case it leaves no row."""
        run, batch = self.run, self.settings.batch_rows
        began = time.perf_counter()
        run.epoch += 1
        self._start_epoch()
        self._notify("on_epoch_begin")
        used = self._rows_used()
        loss = 0.0
        for first in range(0, used, batch):
            total = self._step(first, min(first + batch, used))
            loss += total
            for hook in self._batch_hooks:
                hook(run)
            if run.stop_reason and first + batch < used:
                run.epoch -= 1
                return False
        if not np.isfinite(self.net.parameters.vector).all():
            raise explain_divergence(run)  # the last step has no loss after it that would tell
        self._record(loss / used, used, time.perf_counter() - began)
        return True

    def _start_epoch(self) -> None:
        """Grow the epoch's random streams and draw its order."""
        seed, moment = self.net.seed, self.run.first_epoch + self.run.epoch
        self._dropout_rng = stream(seed, "dropout", moment) if self._drops else None
        self._augment_rng = stream(seed, "augmentation", moment) if self.settings.augment else None
        if self.settings.shuffle and self.settings.batch_rows < len(self._order):
            self._order[:] = self.examples.rows
            stream(seed, "shuffle", moment).shuffle(self._order)

    def _rows_used(self) -> int:
        """How many rows an epoch uses: all, or with drop_last whole batches only."""
        n, batch = len(self._order), self.settings.batch_rows
        return n // batch * batch if self.settings.drop_last else n

    def _record(self, loss: float, used: int, seconds: float) -> None:
        row = {"loss": loss}
        labels = self.examples.targets.labels
        if labels is not None:
            right = self._predictions[:used] == labels[self._order[:used]]
            row["accuracy"] = float(right.mean())
        if self.validation is not None:
            began = time.perf_counter()
            held_out = self.validation
            scores = self.net.inference.scores(
                held_out.x, held_out.targets, self.net.input_layer, held_out.rows
            )
            row["val_loss"] = scores["loss"]
            if "accuracy" in scores:
                row["val_accuracy"] = scores["accuracy"]
            seconds += time.perf_counter() - began
        self.run.history.append({**row, "learning_rate": self.run.rate, "seconds": seconds})

    def _notify(self, hook: str) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(self.run)

    # --- steps ----------------------------------------------------------------------------------

    def _step(self, first: int, last: int) -> float:
        """One step on the batch order[first:last]; returns the sum of its examples' losses."""
        run, net, settings = self.run, self.net, self.settings
        schedule_time = run.step / run.steps_per_epoch
        run.rate = (
            run.optimizer.learning_rate * run.schedule(schedule_time, run.epochs) * run.rate_factor
        )
        if last - first <= self._workspace.capacity:
            total = self._gradient(first, last, 1 / (last - first))
        else:
            total = self._gradient_in_blocks(first, last)
        run.batch_loss = total / (last - first)
        if settings.l1 or settings.l2:
            kernels.penalty_gradient(
                net.parameters.weights,
                settings.l1,
                settings.l2,
                net.gradients.weights,
                net.parameters.weight_ends,
                self._scratch,
            )
        if settings.clip_norm or settings.clip_value:
            self._clip()
        run.step += 1
        run.optimizer.update(
            net.parameters, net.gradients, run.memory, run.rate, run.step, self._scratch
        )
        return total

    def _gradient(self, first: int, last: int, scale: float) -> float:
        """Forward and backward for order[first:last]; returns the sum of the losses."""
        run, net, examples = self.run, self.net, self.examples
        rows = self._order[first:last]
        cache = run.cache = self._workspace.cache(last - first)
        targets = self._targets[: last - first]
        examples.targets.values.take(rows, axis=0, out=targets, mode="clip")
        self._load(rows, cache)
        net.propagate(cache, True, self._dropout_rng)
        net.compute_loss(cache, targets, True)
        losses = cache.loss.losses
        weights = None
        if examples.weights is not None:
            weights = self._weights[: last - first]
            examples.weights.take(rows, out=weights, mode="clip")
            losses *= weights
        total = float(np.add.reduce(losses))
        if not math.isfinite(total):
            raise explain_divergence(run)
        self._predictions[first:last] = cache.loss.predictions
        net.backpropagate(cache, scale, weights)
        if self._normalises:
            net.update_statistics(cache)
        return total

    def _load(self, rows: IntArray, cache: Cache) -> None:
        """A0 from the rows, augmented if that is wanted."""
        examples, first = self.examples, self.net.input_layer
        if self.settings.augment is None or self._augment_rng is None:
            first.gather(examples.x, rows, cache.input)
            return
        examples.x.take(rows, axis=0, out=cache.input.raw, mode="clip")
        raw = cache.input.raw.reshape(-1, *examples.shape)
        changed = np.asarray(self.settings.augment(raw, self._augment_rng))
        if changed.shape != raw.shape:
            raise ArgumentError(
                f"augment must return a batch of the shape that it gets, {raw.shape}; "
                f"got {changed.shape}."
            )
        first.forward(changed.reshape(len(rows), -1), cache.input)

    def _gradient_in_blocks(self, first: int, last: int) -> float:
        """The same for a large batch, block by block: gradients of sums add up."""
        block, total = self._workspace.capacity, 0.0
        gradient = self.net.gradients.vector
        self._sum.fill(0)
        for start in range(first, last, block):
            total += self._gradient(start, min(start + block, last), 1 / (last - first))
            self._sum += gradient
        gradient[:] = self._sum
        return total

    def _clip(self) -> None:
        gradient = self.net.gradients.vector
        if self.settings.clip_value:
            np.clip(gradient, -self.settings.clip_value, self.settings.clip_value, out=gradient)
        if self.settings.clip_norm:
            length = math.sqrt(float(np.dot(gradient, gradient)))
            if length > self.settings.clip_norm:
                gradient *= self.settings.clip_norm / length
