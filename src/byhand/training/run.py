"""The state of a training run, which callbacks can read and stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError, unknown_name
from byhand.network.cache import Cache
from byhand.network.targets import Targets
from byhand.training.best_weights import MONITORS, Best
from byhand.training.history import History
from byhand.training.optimizers import Optimizer, State
from byhand.training.schedules import ScheduleFunction

if TYPE_CHECKING:
    from byhand.network.network import Network

Augment: TypeAlias = Callable[[Array, np.random.Generator], Array]


@dataclass(frozen=True)
class Examples:
    """The examples of a training or validation set.

    Args:
        x: raw inputs (n, units), possibly with rows that are not used.
        shape: original shape of one input, (height, width) or (units,).
        targets: targets of all rows of x.
        rows: numbers of the rows that belong to the set.
        weights: factor of each row's loss (n,), or None.
    """

    x: Array
    shape: tuple[int, ...]
    targets: Targets
    rows: IntArray
    weights: FloatArray | None = None


@dataclass(frozen=True)
class Settings:
    """Settings of the steps: the arguments of `fit` with the same names."""

    batch_size: int
    shuffle: bool | str = True
    drop_last: bool = False
    l1: float = 0.0
    l2: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    max_norm: float | None = None
    ema: float = 0.0
    mixup: float = 0.0
    adversarial: float = 0.0
    augment: Augment | None = None


@dataclass
class TrainingRun:
    """The state of one training run.

    Args:
        net: network to train; after each step `net.gradients` are those of that step.
        examples: training examples.
        validation: validation examples, or None.
        settings: settings of the steps.
        optimizer: computes each step from the gradient.
        schedule: changes the learning rate over time; None leaves it constant.
        epochs: number of epochs to train.
        monitor: quantity that decides the best epoch; `fit` chooses val_loss, or loss without a
            validation set.
        history: history of the epochs so far.
        optimizer_state: arrays of the optimizer.
        first_epoch: number of epochs that the network was trained before this run.
        first_step: number of steps that the optimizer took before this run, if it continues.
        epoch: the current epoch, counted from 1.
        step: number of steps since the start of this run.
        learning_rate: learning rate of the current step.
        learning_rate_scale: factor of the schedule; reduce-on-plateau lowers it.
        best_so_far: best epoch by the monitor of the run, with its weights.
        batch_loss: mean loss of the last batch.
        cache: all activations and gradients of the last batch.
    """

    net: Network
    examples: Examples
    validation: Examples | None
    settings: Settings
    optimizer: Optimizer
    schedule: ScheduleFunction | None
    epochs: int
    monitor: str
    history: History
    optimizer_state: State = field(default_factory=dict)
    first_epoch: int = 0
    first_step: int = 0
    epoch: int = 0
    step: int = 0
    learning_rate: float = 0.0
    learning_rate_scale: float = 1.0
    best_so_far: Best | None = None
    batch_loss: float = float("nan")
    cache: Cache | None = None
    stop_reason: str | None = None

    @cached_property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch."""
        n, batch = len(self.examples.rows), self.settings.batch_size
        return n // batch if self.settings.drop_last else -(-n // batch)

    @property
    def has_labels(self) -> bool:
        """Whether accuracy and val_accuracy exist."""
        return self.examples.targets.labels is not None

    @property
    def has_validation(self) -> bool:
        """Whether val_loss and val_accuracy exist."""
        return self.validation is not None

    def stop(self, reason: str) -> None:
        """End training after this step, or after this epoch if called at its end."""
        self.stop_reason = self.stop_reason or reason

    def check_monitor(self, monitor: str) -> None:
        """Raise unless the quantity exists in this run."""
        if monitor not in MONITORS:
            raise unknown_name("monitor", monitor, MONITORS)
        if monitor.endswith("accuracy") and not self.has_labels:
            raise ArgumentError(
                f"{monitor} needs class labels, but these targets are values; monitor "
                f"{monitor.replace('accuracy', 'loss')!r}."
            )
        if monitor.startswith("val_") and not self.has_validation:
            raise ArgumentError(
                f"{monitor} needs validation data; pass validation_split= or validation_data=, or "
                f"monitor {monitor.removeprefix('val_')!r}."
            )
