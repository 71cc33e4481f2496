"""The training loop of a rank: each batch is shared, and every rank makes the same step.

    1. The batch is divided into shards; each rank computes the gradients of its own.
    2. The gradients are added along a tree that is the same for any number of ranks.
    3. Every rank has the same gradient then, and makes the same step.

Random numbers of dropout and noise follow from the place of a shard in its epoch, those of an
`Augmentation` from the row. So nothing depends on which rank computes a shard.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np

from byhand import backend
from byhand.arrays import FloatArray
from byhand.augmentation import Augmentation
from byhand.distributed.ranks import Ranks
from byhand.distributed.shards import shard, sum_along_tree
from byhand.errors import ArgumentError, DivergedError
from byhand.training.callbacks import Callback
from byhand.training.run import Examples, TrainingRun
from byhand.training.trainer import Trainer, normalises


class ShardedTrainer(Trainer):
    """A `Trainer` whose batches are shared by ranks.

    Args:
        run: state of the training run, the same on every rank.
        callbacks: callbacks in their order. One that changes the run, such as early stopping, is
            given on every rank; one that writes files only on the first.
        ranks: the ranks.

    Raises:
        ArgumentError: the ranks cannot share the shards equally, or the network or the
            augmentation needs the whole batch in one place.
    """

    augments_ahead = False  # other ranks change the rows that follow

    def __init__(self, run: TrainingRun, callbacks: Sequence[Callback], ranks: Ranks) -> None:
        ranks.check()
        _check_divisible(run)
        super().__init__(run, callbacks)
        self.ranks, ranks.run = ranks, run
        levels = len(ranks.own).bit_length() - 1
        self._partial = [np.empty_like(self._sum) for _ in range(levels)]
        self._losses = np.zeros(len(ranks.own))
        self._epoch_stream = np.random.PCG64(0)
        run.history.record |= {"shards": ranks.shards, "ranks": ranks.size}

    def begin(self) -> None:
        """Begin when every rank is ready, and all have the same network and data."""
        super().begin()
        self.ranks.agree()
        self.ranks.stage = "training"
        self.ranks.check_equal(_fingerprint(self.run), "data, settings or weights")

    def train(self) -> None:
        """Run epochs until all are done or the run is stopped on any rank."""
        super().train()
        self.ranks.stage = "done"

    def stopped(self) -> bool:
        """Return whether any rank has been asked to stop; then all are."""
        asked = np.array([bool(self.run.stop_reason)])
        if not self.ranks.gather(asked).any():
            return False
        reasons = self.ranks.gather_texts(self.run.stop_reason or "")
        self.run.stop(next(reason for reason in reasons if reason))
        return True

    # --- a step ---------------------------------------------------------------------------------

    def loss_gradient(self, first: int, last: int, scale: float) -> float:
        """Write scale * the gradient of the losses of order[first:last]; return their sum."""

        def compute(index: int) -> None:
            rows = shard(first, last, index, self.ranks.shards)
            self._losses[index - self.ranks.own.start] = self._shard_gradient(*rows, scale)

        problem = ""
        try:
            sum_along_tree(self.ranks.own, compute, self.net.gradients.vector, self._partial)
        except DivergedError as error:
            problem, self._losses[:] = str(error), math.nan
        losses = self.ranks.gather(self._losses)
        if np.isnan(losses).any():
            raise DivergedError(next(filter(None, self.ranks.gather_texts(problem))))
        self.ranks.sum(self.net.gradients.vector)
        return float(np.add.reduce(losses))

    def _shard_gradient(self, first: int, last: int, scale: float) -> float:
        """Write the gradient of one shard; return the sum of its losses."""
        if first == last:  # a batch of fewer rows than shards
            self.net.gradients.vector.fill(0)
            return 0.0
        self._dropout_rng = np.random.Generator(self._epoch_stream.jumped(first))
        return super().loss_gradient(first, last, scale)

    # --- an epoch -------------------------------------------------------------------------------

    def _start_epoch(self) -> None:
        super()._start_epoch()
        self._correct.fill(False)
        assert self._dropout_rng is not None  # noqa: S101 - the epoch's has just been made
        stream = self._dropout_rng.bit_generator
        assert isinstance(stream, np.random.PCG64)  # noqa: S101 - `randomness.stream` makes it
        self._epoch_stream = stream

    def _record(self, loss: float, used: int, seconds: float) -> None:
        """Record the epoch, with the correct examples of all ranks."""
        self.ranks.check_equal(_checksum(self.net.parameters.vector), "weights")
        self.ranks.mark_any(self._correct)
        super()._record(loss, used, seconds)

    def validate(self, examples: Examples) -> dict[str, float]:
        """Return val_loss, and val_accuracy if there are labels; the ranks share the examples."""
        rows, shards = examples.rows, self.ranks.shards
        sums = np.zeros((len(self.ranks.own), 2))
        has_accuracy = examples.targets.labels is not None
        for place, index in enumerate(self.ranks.own):
            start, stop = shard(0, len(rows), index, shards)
            if start == stop:
                continue
            part = Examples(examples.x, examples.shape, examples.targets, rows[start:stop])
            scores = super().validate(part)
            sums[place] = (stop - start) * scores["val_loss"], scores.get("val_accuracy", 0.0)
            sums[place, 1] *= stop - start
        loss, correct = self.ranks.gather(sums.ravel()).reshape(shards, 2).sum(axis=0) / len(rows)
        return {"val_loss": float(loss)} | (
            {"val_accuracy": float(correct)} if has_accuracy else {}
        )


def _check_divisible(run: TrainingRun) -> None:
    """Raise unless the shards of a batch can be computed apart."""
    if normalises(run.net):
        raise ArgumentError(
            "batch normalisation needs the mean of the whole batch, which ranks do not have. Use "
            "layer normalisation, or train in one process without --shards."
        )
    augment = run.settings.augment
    if augment is not None and not isinstance(augment, Augmentation):
        raise ArgumentError(
            "ranks can only share an Augmentation, whose random numbers follow from the row; got "
            f"{augment!r}."
        )


def _fingerprint(run: TrainingRun) -> int:
    """Return a checksum of what has to be the same on every rank."""
    examples = run.examples
    ends = examples.x[examples.rows[[0, -1]]]
    record = {**run.history.record, "ranks": None}
    facts = f"{record} {run.epochs} {run.epoch} {run.settings} {backend.active()}"
    labels = np.ascontiguousarray(examples.targets.values)
    checksum = zlib.crc32(facts.encode(), _checksum(run.net.parameters.vector))
    return zlib.crc32(labels.data, zlib.crc32(ends.tobytes(), checksum))


def _checksum(vector: FloatArray) -> int:
    return zlib.crc32(vector.data)
