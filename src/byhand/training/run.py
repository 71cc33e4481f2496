"""A run in progress: what callbacks see and may ask of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError, unknown_name
from byhand.network.cache import Cache
from byhand.network.targets import Targets
from byhand.training.history import History
from byhand.training.optimizers import Memory, Optimizer
from byhand.training.schedules import Schedule

if TYPE_CHECKING:
    from byhand.network.mlp import MultiLayerPerceptron

MONITORS = {"loss": "min", "val_loss": "min", "accuracy": "max", "val_accuracy": "max"}
"""What can be watched, and which way is better."""


Augment: TypeAlias = Callable[[Array, np.random.Generator], Array]


@dataclass(frozen=True)
class Examples:
    """Rows of data that take part.

    Args:
        x: raw inputs (n, units), possibly more than take part.
        shape: of one input as it was given, (height, width) or (units,).
        targets: what the network should say for each row of x.
        rows: which rows take part.
        weights: of each row's loss, or None.
    """

    x: Array
    shape: tuple[int, ...]
    targets: Targets
    rows: IntArray
    weights: FloatArray | None = None


@dataclass(frozen=True)
class Settings:
    """How steps are made; the arguments of `fit` by the same names."""

    batch_rows: int
    shuffle: bool = True
    drop_last: bool = False
    l1: float = 0.0
    l2: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    augment: Augment | None = None


@dataclass
class Run:
    """The state of one training run.

    Args:
        net: the network that learns; after each step `net.gradients` are those of that step.
        examples: what it trains on.
        validation: what is held out, or None.
        settings: how steps are made.
        optimizer: how it steps.
        schedule: how its rate changes.
        epochs: how many are wanted.
        steps_per_epoch: batches in an epoch.
        monitor: what decides which epoch is best.
        history: the numbers so far.
        memory: the optimizer's arrays.
        first_epoch: epochs that the network had been trained for before this run.
        epoch: the current epoch, counted from 1.
        step: steps done since the start of training.
        rate: the learning rate of the current step.
        rate_factor: multiplies the schedule; reduce-on-plateau lowers it.
        best_so_far: the best epoch by the run's monitor, with its weights.
        batch_loss: mean loss of the last batch.
        cache: all activations and gradients of the last batch.
    """

    net: MultiLayerPerceptron
    examples: Examples
    validation: Examples | None
    settings: Settings
    optimizer: Optimizer
    schedule: Schedule
    epochs: int
    steps_per_epoch: int
    monitor: str
    history: History
    memory: Memory = field(default_factory=dict)
    first_epoch: int = 0
    epoch: int = 0
    step: int = 0
    rate: float = 0.0
    rate_factor: float = 1.0
    best_so_far: Best | None = None
    batch_loss: float = float("nan")
    cache: Cache | None = None
    stop_reason: str | None = None

    @property
    def has_labels(self) -> bool:
        """Whether accuracy and val_accuracy exist."""
        return self.examples.targets.labels is not None

    @property
    def has_validation(self) -> bool:
        """Whether val_loss and val_accuracy exist."""
        return self.validation is not None

    def stop(self, reason: str) -> None:
        """End training after this step, or this epoch when asked at its end; say why."""
        self.stop_reason = self.stop_reason or reason

    def check_monitor(self, monitor: str) -> None:
        """Raise unless the quantity exists in this run."""
        if monitor not in MONITORS:
            raise unknown_name("monitor", monitor, MONITORS)
        if monitor.endswith("accuracy") and not self.has_labels:
            raise ArgumentError(
                f"{monitor} needs class labels, and these targets are values; monitor "
                f"{monitor.replace('accuracy', 'loss')!r}."
            )
        if monitor.startswith("val_") and not self.has_validation:
            raise ArgumentError(
                f"{monitor} needs held-out data; pass validation_split= or validation_data=, or "
                f"monitor {monitor.removeprefix('val_')!r}."
            )


class Best:
    """The best value of a monitored quantity so far, and the weights it belongs to."""

    def __init__(self, monitor: str, min_delta: float = 0.0) -> None:
        """Better means better by more than `min_delta`."""
        self.monitor, self.min_delta = monitor, min_delta
        self.value: float | None = None
        self.epoch = 0
        self.weights: FloatArray | None = None
        self.statistics: FloatArray | None = None

    def update(self, run: Run) -> bool:
        """Take in the epoch that has just ended; True if it is the best so far."""
        value = run.history[self.monitor][-1]
        if not self._is_better(value):
            return False
        self.value, self.epoch = value, run.epoch
        if self.weights is None or self.statistics is None:
            self.weights = np.empty_like(run.net.parameters.vector)
            self.statistics = np.empty_like(run.net.statistics.vector)
        self.weights[:] = run.net.parameters.vector
        self.statistics[:] = run.net.statistics.vector
        return True

    def catch_up(self, run: Run) -> None:
        """Take in the epochs of a resumed run: their values, and the best weights if kept."""
        for epoch, value in enumerate(run.history.columns.get(self.monitor, []), start=1):
            if self._is_better(value):
                self.value, self.epoch = value, epoch
        kept = run.best_so_far
        if kept is None or kept.weights is None or kept.statistics is None:
            return
        if kept.epoch == self.epoch:
            self.weights, self.statistics = kept.weights.copy(), kept.statistics.copy()

    def _is_better(self, value: float) -> bool:
        if math.isnan(value):
            return False
        if self.value is None:
            return True
        gain = value - self.value if MONITORS[self.monitor] == "max" else self.value - value
        return gain > self.min_delta

    def restore(self, net: MultiLayerPerceptron) -> None:
        """Put the best weights back into the network."""
        if self.weights is not None and self.statistics is not None:
            net.parameters.vector[:] = self.weights
            net.statistics.vector[:] = self.statistics
