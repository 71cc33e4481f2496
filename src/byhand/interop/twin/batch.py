"""The data given to a twin at each step: the batch that byhand has just trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError
from byhand.network.layers import DropoutLayer, NoiseLayer
from byhand.randomness import stream
from byhand.training.run import TrainingRun
from byhand.training.trainer import rows_at_once


@dataclass(frozen=True, eq=False)
class Batch:
    """One batch after normalisation, with its random choices.

    Args:
        A0: inputs (n, units), normalised and augmented.
        targets: class numbers (n,), or values (n, outputs).
        weights: factor of each example's loss (n,), or None.
        masks: mask D of each dropout layer (n, units), by the number of the layer.
        learning_rate: learning rate of this step.
    """

    A0: FloatArray
    targets: Array
    weights: FloatArray | None
    masks: Mapping[int, FloatArray]
    learning_rate: float


class Rival(Protocol):
    """A network of another library that takes the same steps as byhand."""

    library: str
    """Name and version."""

    def step(self, batch: Batch) -> float:
        """Take one step; return the mean loss of the batch before the step."""

    def parameters(self) -> Mapping[str, FloatArray]:
        """Return the parameters and running statistics under byhand's names: W1, b1, ..."""


def check_batches(run: TrainingRun) -> None:
    """Raise if another library cannot be given the random choices of training."""
    settings = run.settings
    for name, value in (
        ("mixup", settings.mixup),
        ("adversarial training", settings.adversarial),
    ):
        if value:
            raise ArgumentError(f"a twin run cannot repeat {name}; compare a run without it.")
    if any(isinstance(layer, NoiseLayer) for layer in run.net.layers):
        raise ArgumentError("a twin run cannot repeat a noise layer; compare a run without it.")
    in_blocks = settings.batch_size > rows_at_once(run.net, settings.batch_size)
    drops = any(isinstance(layer, DropoutLayer) for layer in run.net.layers)
    if in_blocks and (drops or settings.augment):
        raise ArgumentError(
            f"a batch of {settings.batch_size:,} passes in blocks, whose dropout and augmentation "
            "another library cannot repeat; give it at most 2,048 rows with --batch-size."
        )


def last_batch(run: TrainingRun) -> Batch:
    """Return the batch of the last step."""
    net, examples, cache = run.net, run.examples, run.cache
    assert cache is not None  # noqa: S101 - there is one after every step
    rows = _rows_of_last_step(run)
    if len(cache.output) == len(rows):
        A0 = cache["A0"].copy()
    else:  # the cache holds the last block only
        buffers = net.input_layer.new_buffers(len(rows), examples.x, net.dtype)
        net.input_layer.gather(examples.x, rows, buffers)
        A0 = buffers.a
    numbers = [p.number for p in net.stack if isinstance(p.layer, DropoutLayer)]
    return Batch(
        A0,
        examples.targets.values[rows],
        None if examples.weights is None else examples.weights[rows],
        {number: cache[f"D{number}"].copy() for number in numbers},
        run.learning_rate,
    )


def _rows_of_last_step(run: TrainingRun) -> IntArray:
    """Return the row numbers of the batch, from the stream that shuffles each epoch."""
    size, order = run.settings.batch_size, run.examples.rows.copy()
    if run.settings.shuffle and size < len(order):
        stream(run.net.seed, "shuffle", run.first_epoch + run.epoch).shuffle(order)
    place = (run.step - 1) % run.steps_per_epoch * size
    used = len(order) // size * size if run.settings.drop_last else len(order)
    rows: IntArray = np.asarray(order[place : min(place + size, used)])
    return rows
