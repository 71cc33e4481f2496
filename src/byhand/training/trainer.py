"""The training loop: shuffle the rows, then take a step for each batch.

Each step: gather a batch, forward, loss, backward, penalties and clipping, optimizer. The last
batch of an epoch may be smaller; `drop_last` leaves it out. Everything is written into arrays
created before the first step. A batch larger than `BLOCK_ROWS` is processed in blocks that stay in
the CPU's cache. Their gradients add up to that of the batch, so full-batch descent needs no more
memory than one block, and the data may be larger than memory. (Batch normalisation needs the whole
batch at once.)

`fit` checks the arguments; the trainer checks only the loss and the parameters.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.network.cache import Cache
from byhand.network.network import Network
from byhand.randomness import stream
from byhand.training import max_norm, penalties
from byhand.training.adversarial import Adversary
from byhand.training.augmenting import Augmenting
from byhand.training.averaging import STATE, WeightAverage
from byhand.training.best_weights import Best
from byhand.training.callbacks import Callback
from byhand.training.clipping import clip_by_norm, clip_by_value
from byhand.training.disk_blocks import BLOCKS, shuffle_in_blocks
from byhand.training.divergence import check_parameters, explain_divergence
from byhand.training.interrupt import was_interrupted
from byhand.training.mixup import Mixup
from byhand.training.run import Examples, TrainingRun

BLOCK_ROWS = 2048
"""A larger batch passes through the network in blocks of this many rows."""


def normalises(net: Network) -> bool:
    """Return whether a network has layers with batch statistics, such as batch normalisation."""
    return any(placed.layer.statistic_names for placed in net.stack)


def rows_at_once(net: Network, batch_size: int) -> int:
    """Return the number of rows that pass through the network together: a batch or a block of it.

    Batch normalisation needs the whole batch at once.
    """
    return batch_size if normalises(net) else min(batch_size, BLOCK_ROWS)


class Trainer:
    """Run epochs over the examples until all are done or a callback stops the run."""

    augments_ahead = True
    """Whether the images of coming batches may be changed while a batch is trained on."""

    def __init__(self, run: TrainingRun, callbacks: Sequence[Callback]) -> None:
        """Create every array that training needs."""
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
        self._block = block = rows_at_once(net, settings.batch_size)
        self._cache = net.new_cache(block, examples.x)
        self._order = examples.rows.copy()
        self._correct = np.empty(len(self._order), bool)
        self._sum = np.empty_like(net.parameters.vector)
        self._targets = np.empty_like(examples.targets.values[:block])
        labels = examples.targets.labels
        self._labels = np.empty_like(self._targets if labels is None else labels[:block])
        self._weights = np.empty(block, net.dtype)
        self._dropout_rng: np.random.Generator | None = None
        self._augmenting: Augmenting | None = None
        if settings.augment is not None:
            self._augmenting = Augmenting(settings.augment, examples, net.seed, self.augments_ahead)
        self._mixup: Mixup | None = None
        if settings.mixup:
            self._mixup = Mixup(settings.mixup, examples.rows, len(examples.x), net.seed)
        self._adversary: Adversary | None = None
        if settings.adversarial:
            self._adversary = Adversary(net, settings.adversarial, block)
        self._average: WeightAverage | None = None
        if settings.ema:
            average, resumed = run.optimizer_state[STATE], run.epoch > 0
            self._average = WeightAverage(net, settings.ema, average, resumed)

    # --- epochs ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """Call the callbacks' `on_train_begin`, which may refuse the run."""
        run = self.run
        if run.history.epochs:  # a resumed run
            best = Best(run.monitor)
            best.catch_up(run.history, run.best_so_far)
            run.best_so_far = best
        self._notify("on_train_begin")

    def train(self) -> None:
        """Run epochs until all are done or the run is stopped; a signal restores the best."""
        run = self.run
        try:
            while run.epoch < run.epochs and not self.stopped():
                if self._epoch():
                    self._keep_best()
                    self._notify("on_epoch_end")
            self._show_average(True)
            if was_interrupted(run.stop_reason) and run.best_so_far is not None:
                run.best_so_far.restore(self.net)
        finally:
            if self._augmenting is not None:
                self._augmenting.close()
            self._notify("on_train_end")

    def _keep_best(self) -> None:
        """Keep the weights of the last epoch if it is the best so far."""
        run = self.run
        best = run.best_so_far = run.best_so_far or Best(run.monitor)
        best.update(self.net, run.history)
        run.history.best_epoch = best.epoch

    def stopped(self) -> bool:
        """Return whether a callback or a signal has stopped the run."""
        return bool(self.run.stop_reason)

    def _epoch(self) -> bool:
        """Run one epoch; return False, without adding a row, if a callback stopped it midway."""
        run, batch = self.run, self.settings.batch_size
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
            if first + batch < used and self.stopped():
                run.epoch -= 1
                return False
        check_parameters(run)
        self._show_average(True)
        self._record(loss / used, used, time.perf_counter() - began)
        return True

    def _start_epoch(self) -> None:
        """Seed the epoch's random generators and shuffle its rows."""
        self._show_average(False)
        seed, moment = self.net.seed, self.run.first_epoch + self.run.epoch
        self._dropout_rng = stream(seed, "dropout", moment)
        if self.settings.shuffle and self.settings.batch_size < len(self._order):
            self.shuffle(self._order, moment)
        if self._augmenting is not None:
            self._augmenting.start(moment, self._order)
        if self._mixup is not None:
            self._mixup.start(moment)

    def shuffle(self, order: IntArray, moment: int) -> None:
        """Write the training rows to `order` in a new order; `moment` counts all epochs."""
        order[:] = self.examples.rows
        rng = stream(self.net.seed, "shuffle", moment)
        if self.settings.shuffle == BLOCKS:
            shuffle_in_blocks(order, rng)
        else:
            rng.shuffle(order)

    def _show_average(self, shown: bool) -> None:
        """Put the average of the weights, if there is one, into the network between epochs."""
        if self._average is not None:
            self._average.show(shown)

    def _rows_used(self) -> int:
        """Return the number of rows in an epoch: all, or full batches only with drop_last."""
        n, batch = len(self._order), self.settings.batch_size
        return n // batch * batch if self.settings.drop_last else n

    def _record(self, loss: float, used: int, seconds: float) -> None:
        """Add a row to the history: means over the batches as trained on, then the validation."""
        row = {"loss": loss}
        if self.examples.targets.labels is not None:
            row["accuracy"] = float(self._correct[:used].mean())
        if self.validation is not None:
            began = time.perf_counter()
            row |= self.validate(self.validation)
            seconds += time.perf_counter() - began
        self.run.history.append(
            {**row, "learning_rate": self.run.learning_rate, "seconds": seconds}
        )

    def validate(self, examples: Examples) -> dict[str, float]:
        """Return val_loss, and val_accuracy if there are labels."""
        scores = self.net.inference.scores(
            examples.x, examples.targets, self.net.input_layer, examples.rows
        )
        return {f"val_{name}": scores[name] for name in ("loss", "accuracy") if name in scores}

    def _notify(self, hook: str) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(self.run)

    # --- steps ----------------------------------------------------------------------------------

    def _step(self, first: int, last: int) -> float:
        """Take one step on the batch order[first:last]; return the sum of its examples' losses."""
        run, net, settings = self.run, self.net, self.settings
        run.learning_rate = run.optimizer.learning_rate * run.learning_rate_scale
        if run.schedule is not None:
            run.learning_rate *= run.schedule(run.step / run.steps_per_epoch, run.epochs)
        total = self.batch_gradient(first, last)
        run.batch_loss = total / (last - first)
        if settings.clip_value:
            clip_by_value(net.gradients, settings.clip_value)
        if settings.clip_norm:
            clip_by_norm(net.gradients, settings.clip_norm)
        run.step += 1
        run.optimizer.update(
            net.parameters,
            net.gradients,
            run.optimizer_state,
            run.learning_rate,
            run.first_step + run.step,
        )
        if settings.max_norm:
            max_norm.limit_norms(net.parameters, settings.max_norm)
        if self._average is not None:
            self._average.update(run.step)
        return total

    def batch_gradient(self, first: int, last: int) -> float:
        """Write the gradient of mean loss and penalties over the batch order[first:last].

        Return the sum of its examples' losses.
        """
        net, l1, l2 = self.net, self.settings.l1, self.settings.l2
        total = self.loss_gradient(first, last, 1 / (last - first))
        if l1 or l2:
            penalties.add_penalty_gradient(net.parameters, net.gradients, l1, l2)
        return total

    def loss_gradient(self, first: int, last: int, scale: float) -> float:
        """Write scale * the gradient of the losses of order[first:last]; return their sum."""
        if last - first <= self._block:
            return self._gradient(first, last, scale)
        return self._gradient_in_blocks(first, last, scale)

    def _gradient(self, first: int, last: int, scale: float) -> float:
        """Write the gradient of rows order[first:last] into `net.gradients`; return their loss."""
        run, net, examples = self.run, self.net, self.examples
        rows = self._order[first:last]
        is_full = last - first == self._block
        cache = run.cache = self._cache if is_full else self._cache.head(last - first)
        targets = self._targets[: last - first]
        examples.targets.values.take(rows, axis=0, out=targets, mode="clip")
        self._load(first, last, cache)
        self._forward(rows, cache, targets)
        losses = cache.loss.losses
        weights = None
        if examples.weights is not None:
            weights = self._weights[: last - first]
            examples.weights.take(rows, out=weights, mode="clip")
            losses *= weights
        total = float(np.add.reduce(losses))
        if not math.isfinite(total):
            raise explain_divergence(run)
        self._mark_correct(first, last, cache, targets)
        if self._adversary is None:
            net.backpropagate(cache, scale, weights)
        else:
            self._adversary.backpropagate(
                cache, scale, weights, lambda: self._forward(rows, cache, targets)
            )
        if self._normalises:
            net.update_statistics(cache)
        return total

    def _mark_correct(self, first: int, last: int, cache: Cache, targets: Array) -> None:
        """Mark the examples of order[first:last] that were predicted correctly."""
        labels = self.examples.targets.labels
        if labels is None:
            return
        correct = self._correct[first:last]
        if labels.ndim == 2:
            np.all((cache.output > 0.5) == targets, axis=1, out=correct)
            return
        if targets.ndim == 2:  # the loss takes values; the labels are gathered for the accuracy
            targets = self._labels[: last - first]
            labels.take(self._order[first:last], out=targets, mode="clip")
        np.equal(cache.loss.predictions, targets, out=correct)

    def _load(self, first: int, last: int, cache: Cache) -> None:
        """Compute A0 of the batch order[first:last], augmented and mixed if requested."""
        rows, layer, x = self._order[first:last], self.net.input_layer, self.examples.x
        other = None
        if self._mixup is not None:
            partners = self._mixup.partners(rows)
            if self._augmenting is None:
                layer.gather(x, partners, cache.input)
            else:
                layer.forward(self._augmenting.changed(partners), cache.input)
            other = cache.input.a.copy()
        if self._augmenting is None:
            layer.gather(x, rows, cache.input)
        else:
            layer.forward(self._augmenting.batch(first, last), cache.input)
        if self._mixup is not None and other is not None:
            self._mixup.blend(rows, cache.input.a, other)

    def _forward(self, rows: IntArray, cache: Cache, targets: Array) -> None:
        """Compute the loss and its gradient by the outputs from the A0 in the cache."""
        self.net.propagate(cache, True, self._dropout_rng)
        self._compute_loss(rows, cache, targets)

    def _compute_loss(self, rows: IntArray, cache: Cache, targets: Array) -> None:
        """Compute losses, classes and the gradient of a batch, mixed if requested."""
        if self._mixup is None:
            self.net.compute_loss(cache, targets, True)
            return
        partners = self._mixup.partners(rows)
        self.net.compute_loss(cache, self.examples.targets.values[partners], True)
        losses, grad = cache.loss.losses.copy(), cache.loss.grad.copy()
        self.net.compute_loss(cache, targets, True)
        self._mixup.blend(rows, cache.loss.losses, losses)
        self._mixup.blend(rows, cache.loss.grad, grad)

    def _gradient_in_blocks(self, first: int, last: int, scale: float) -> float:
        """Compute `_gradient` of a large batch in blocks, whose gradients add up."""
        block, total = self._block, 0.0
        gradient = self.net.gradients.vector
        self._sum.fill(0)
        for start in range(first, last, block):
            total += self._gradient(start, min(start + block, last), scale)
            self._sum += gradient
        gradient[:] = self._sum
        return total
