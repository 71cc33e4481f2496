"""Checks the arguments of `fit` and resolves them into the objects that the trainer needs."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from byhand import backend
from byhand.arrays import Array, IntArray
from byhand.checks import integer, number
from byhand.errors import ArgumentError, DataError
from byhand.network.layers import InputLayer
from byhand.network.network import Network
from byhand.network.targets import CLASSES, Targets
from byhand.randomness import stream
from byhand.tables import Described
from byhand.training.callbacks import Callback, ModelCheckpoint, ReduceOnPlateau
from byhand.training.disk_blocks import BLOCKS
from byhand.training.run import Augment, Examples, Settings
from byhand.training.schedules import ScheduleFunction, resolve_schedule
from byhand.training.split import split_rows
from byhand.training.trainer import normalises

LIMITS: dict[str, dict[str, float]] = {
    "l1": {"at_least": 0},
    "l2": {"at_least": 0},
    "clip_norm": {"above": 0},
    "clip_value": {"above": 0},
    "max_norm": {"above": 0},
    "ema": {"at_least": 0, "below": 1},
    "mixup": {"at_least": 0, "at_most": 1000},
    "adversarial": {"at_least": 0},
}
"""Limits of the numbers among the settings of the steps."""


def split_schedule(
    schedule: str | ScheduleFunction | ReduceOnPlateau | None,
) -> tuple[ScheduleFunction | None, list[Callback]]:
    """Return the schedule, and a list with reduce-on-plateau, which is a callback, if chosen."""
    if schedule is None:
        return None, []
    if schedule == "reduce_on_plateau":
        schedule = ReduceOnPlateau()
    if isinstance(schedule, ReduceOnPlateau):
        return None, [schedule]
    return resolve_schedule(schedule), []


def check_examples(rows: Array, targets: Targets, is_portion: bool) -> None:
    """Raise if there are no examples, or only one class and no further portions to come."""
    if not len(rows):
        raise DataError("expected at least one training example; got none.")
    labels = targets.labels
    if is_portion or targets.task != CLASSES or labels is None:
        return
    if (labels == labels[0]).all():
        raise DataError(
            f"all {len(rows)} training labels are {labels[0]}: with only one class there is "
            "nothing to learn. Check the labels; if more classes follow in later calls of fit, "
            "give keep_optimizer=True."
        )


def split_examples(
    net: Network,
    targets: Targets,
    validation_split: float | int | None,
    validation_data: tuple[Array, Array] | None,
    stratify: bool,
) -> tuple[IntArray, IntArray | None]:
    """Return the rows to train on, and those of the validation set if one is split off."""
    if validation_split is None or validation_split == 0:
        return np.arange(len(targets)), None
    if validation_data is not None:
        raise ArgumentError("give validation_data or validation_split, not both.")
    is_stratified = stratify and targets.task == CLASSES
    labels = targets.labels if is_stratified else None
    return split_rows(len(targets), validation_split, stream(net.seed, "split"), labels)


def validation_examples(
    net: Network,
    input_layer: InputLayer,
    examples: Examples,
    validation_rows: IntArray | None,
    validation_data: tuple[Array, Array] | None,
) -> Examples | None:
    """Return the validation set, from rows of the examples or from `validation_data`."""
    if validation_rows is not None:
        return Examples(examples.x, examples.shape, examples.targets, validation_rows)
    if validation_data is None:
        return None
    if not isinstance(validation_data, tuple) or len(validation_data) != 2:
        raise ArgumentError(f"validation_data must be a pair (x, y); got {type(validation_data)}.")
    x, y = validation_data
    rows = input_layer.rows(x)
    input_layer.check(rows)
    targets = net.encode(y, len(rows), examples.targets.task)
    if not len(rows):
        raise DataError("validation_data has no examples.")
    return Examples(rows, np.shape(x)[1:], targets, np.arange(len(rows)))


def check_settings(settings: Settings) -> Settings:
    """Return the settings with numbers as floats; raise if one is outside its limits."""
    shuffle = settings.shuffle
    if not isinstance(shuffle, (bool, np.bool_)) and shuffle != BLOCKS:
        raise ArgumentError(f'shuffle must be True, False or "{BLOCKS}"; got {shuffle!r}.')
    numbers: dict[str, Any] = {}
    for name, limits in LIMITS.items():
        value, default = getattr(settings, name), getattr(Settings, name)
        if value is not None or default is not None:
            numbers[name] = number(name, value, **limits)
    return replace(settings, **numbers)


def resolve_batch_size(batch_size: int | str, n: int) -> int:
    """Return the number of examples in a step; "all" means all n."""
    if isinstance(batch_size, str) and batch_size == "all":
        return n
    return min(integer('batch_size (or else "all")', batch_size), n)


def check_batches(net: Network, settings: Settings, n: int) -> None:
    """Raise if batch normalisation would get a batch of one."""
    last = n % settings.batch_size
    if normalises(net) and (settings.batch_size < 2 or (last == 1 and not settings.drop_last)):
        raise ArgumentError(
            "batch normalisation needs at least two examples in every batch; "
            f"{n} examples in batches of {settings.batch_size} leave one of 1. Change batch_size "
            "or set drop_last=True."
        )


def check_callables(callbacks: Sequence[Callback], augment: Augment | None) -> list[Callback]:
    """Check callbacks and augmentation; return the callbacks with checkpoints last."""
    if not isinstance(callbacks, Sequence) or not all(
        isinstance(callback, Callback) for callback in callbacks
    ):
        raise ArgumentError(
            "callbacks must be a list of Callback objects, such as [EarlyStopping(patience=5)]; "
            f"got {callbacks!r}."
        )
    if augment is not None and not callable(augment):
        raise ArgumentError(
            "augment must be a function (batch, rng) -> batch, such as Augmentation(rotate=10); "
            f"got {augment!r}."
        )
    # Checkpoints come last, so that they include the changes of other callbacks.
    return sorted(callbacks, key=lambda callback: isinstance(callback, ModelCheckpoint))


def training_record(
    net: Network, optimizer: Described, schedule: Any, settings: Settings, examples: Examples
) -> dict[str, Any]:
    """Return the settings of a run as plain values, for its history."""
    record = {
        "seed": net.seed,
        "optimizer": optimizer.config(),
        "schedule": config_of(schedule or "constant"),
        "batch_size": settings.batch_size,
        "examples": len(examples.rows),
    }
    if settings.shuffle == BLOCKS:
        record["shuffle"] = BLOCKS
    optional = ("l1", "l2", "clip_norm", "clip_value", "max_norm", "ema", "mixup", "adversarial")
    used = {name: getattr(settings, name) for name in optional}
    return {
        **record,
        **{name: value for name, value in used.items() if value},
        "kernels": backend.active(),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def config_of(choice: str | Described | Callable[..., Any]) -> dict[str, Any]:
    """Return the config of an object, or the name of a plain function."""
    if isinstance(choice, Described):
        return choice.config()
    if isinstance(choice, str):
        return {"name": choice}
    return {"name": getattr(choice, "__name__", repr(choice))}


@contextmanager
def unchanged_if_refused(net: Network) -> Iterator[None]:
    """Restore the network if the block raises: a checkpoint or callback rejects the run."""
    input_layer, facts = net.input_layer, dict(net.facts)
    vectors = (net.parameters.vector, net.statistics.vector)
    values = [vector.copy() for vector in vectors]
    try:
        yield
    except BaseException:
        net.input_layer, net.facts = input_layer, facts
        for vector, before in zip(vectors, values, strict=True):
            vector[:] = before
        raise


def print_split(net: Network, train: IntArray, validation: IntArray, stratified: bool) -> None:
    """Print the sizes of the training and validation sets."""
    how = "stratified" if stratified else "not stratified"
    print(  # noqa: T201 - users should see the split
        f"split: {len(train):,} for training, {len(validation):,} for validation "
        f"({how}, seed {net.seed})"
    )
