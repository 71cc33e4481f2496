"""`fit`: the edge of training, where arguments are checked, settled and recorded, once."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from byhand import kernels
from byhand.arrays import Array, FloatArray, IntArray
from byhand.checks import number, whole_number
from byhand.errors import ArgumentError, DataError
from byhand.kernels.threads import blas_name, choose_threads, hold_threads
from byhand.network.input_layer import InputLayer
from byhand.network.mlp import MultiLayerPerceptron
from byhand.network.targets import Targets, encode_targets
from byhand.randomness import stream
from byhand.training.callbacks import Callback, ModelCheckpoint, ReduceOnPlateau
from byhand.training.checkpoint import restore_checkpoint
from byhand.training.history import History
from byhand.training.interrupt import stop_on_interrupt
from byhand.training.optimizers import Optimizer, resolve_optimizer
from byhand.training.progress import progress
from byhand.training.run import Augment, Examples, Run, Settings
from byhand.training.schedules import Constant, Schedule, resolve_schedule
from byhand.training.split import split_rows
from byhand.training.trainer import Trainer, normalises, rows_at_once


def fit(
    net: MultiLayerPerceptron,
    x: Array,
    y: Array,
    *,
    epochs: int = 20,
    batch_size: int | str = 64,
    optimizer: str | Optimizer = "adam",
    learning_rate: float | None = None,
    schedule: str | Schedule | ReduceOnPlateau = "constant",
    validation_data: tuple[Array, Array] | None = None,
    validation_split: float | int | None = None,
    stratify: bool = True,
    shuffle: bool = True,
    drop_last: bool = False,
    l1: float = 0.0,
    l2: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    class_weight: Mapping[int, float] | str | None = None,
    sample_weight: FloatArray | None = None,
    augment: Augment | None = None,
    callbacks: Sequence[Callback] = (),
    monitor: str | None = None,
    threads: int | None = None,
    resume_from: str | Path | None = None,
    verbose: int = 1,
) -> History:
    """Train a network and return what happened, epoch by epoch.

    What is minimised is mean(loss) + l2/2 sum(W^2) + l1 sum(|W|), over weights, not biases.

    Args:
        net: the network; its parameters change in place.
        x: raw inputs, (n, units) or (n, height, width); a memory-mapped array is read as needed.
        y: class labels (n,), or values (n, units).
        epochs: passes through the data.
        batch_size: examples in a step, or "all" for full-batch descent.
        optimizer: a name from `OPTIMIZERS`, or an object such as `Adam(1e-3, beta1=0.8)`.
        learning_rate: replaces the optimizer's own.
        schedule: a name from `SCHEDULES` or "reduce_on_plateau", an object such as
            `Warmup(2, then=Cosine())`, or your own function (time in epochs, epochs) -> factor.
        validation_data: (x, y) that you hold out.
        validation_split: share, or number, of rows to hold out; drawn from the seed and recorded.
        stratify: keep the share of each class in the split.
        shuffle: draw a new order for every epoch.
        drop_last: leave out the last batch of an epoch where it is short.
        l1: strength of the penalty sum(|W|).
        l2: strength of the penalty sum(W^2) / 2.
        clip_norm: scale the gradient down to this length where it is longer.
        clip_value: clip each number of the gradient to [-clip_value, clip_value], before the norm.
        class_weight: factor of each class's loss, or "balanced" for n / (classes * count).
        sample_weight: factor of each example's loss (n,). The mean is over n, not over weights.
        augment: function (raw batch, rng) -> raw batch of the same shape, as `Augmentation`.
        callbacks: more `Callback` objects.
        monitor: what decides the best epoch: val_loss where rows are held out, else loss.
        threads: for products and kernels; sensible for the network's size unless given. Sums are
            rounded as they are divided, so the same bits take the same number.
        resume_from: a last.safetensors to go on from, with the same data and options.
        verbose: 0 is silent.

    Raises:
        ArgumentError, DataError: before any work, where an argument or the data cannot be used.
        DivergedError: when the loss is no longer a number; it names layer, step and likely cause.
    """
    callbacks = _check_callables(callbacks, augment)
    optimizer = resolve_optimizer(optimizer, learning_rate)
    schedule, plateau = _settle_schedule(schedule)
    rows = net.input_layer.rows(x)
    targets = encode_targets(y, len(rows), net.output_layer.units, net.loss, net.dtype)
    _check_examples(rows, targets)
    train_rows, held_out = _split(net, targets, validation_split, validation_data, stratify)
    input_layer = net.input_layer.fit(rows, np.ndim(x) > 2, train_rows).astype(net.dtype)
    examples = Examples(
        rows,
        np.shape(x)[1:],
        targets,
        train_rows,
        _weights(net, targets, train_rows, class_weight, sample_weight),
    )
    validation = _validation(net, input_layer, examples, held_out, validation_data)
    settings = Settings(
        batch_rows=_batch_rows(batch_size, len(train_rows)),
        shuffle=shuffle,
        drop_last=drop_last,
        l1=number("l1", l1, at_least=0),
        l2=number("l2", l2, at_least=0),
        clip_norm=None if clip_norm is None else number("clip_norm", clip_norm, above=0),
        clip_value=None if clip_value is None else number("clip_value", clip_value, above=0),
        augment=augment,
    )
    _check_steps(net, settings, len(train_rows))
    threads = choose_threads(net.widths, rows_at_once(net, settings.batch_rows), threads)
    run = _new_run(net, optimizer, schedule, epochs, settings, examples, validation, monitor)
    if held_out is not None:
        run.history.split = {"train": train_rows, "validation": held_out}
    run.history.record |= {"threads": threads, "blas": blas_name()}
    with hold_threads(threads), stop_on_interrupt(run), np.errstate(all="ignore"):
        with _as_it_was_if_refused(net):
            net.input_layer = input_layer
            net.facts["classification"] = targets.labels is not None
            if resume_from is not None:
                restore_checkpoint(run, Path(resume_from).expanduser())
            if held_out is not None:
                stratified = stratify and targets.labels is not None
                _say_split(verbose, net, train_rows, held_out, stratified)
            trainer = Trainer(run, [*plateau, *callbacks, *progress(verbose)])
            trainer.begin()
        trainer.train()
    run.history.stopped = run.stop_reason or f"all {run.epochs} epochs done"
    net.facts["epochs_trained"] = run.first_epoch + run.epoch
    return run.history


# --- settling -----------------------------------------------------------------------------------


def _settle_schedule(
    schedule: str | Schedule | ReduceOnPlateau,
) -> tuple[Schedule, list[Callback]]:
    """The schedule proper, and reduce-on-plateau as the callback that it is."""
    if schedule == "reduce_on_plateau":
        schedule = ReduceOnPlateau()
    if isinstance(schedule, ReduceOnPlateau):
        return Constant(), [schedule]
    return resolve_schedule(schedule), []


def _check_examples(rows: Array, targets: Targets) -> None:
    if not len(rows):
        raise DataError("expected at least one training example; got none.")
    if targets.labels is not None and (targets.labels == targets.labels[0]).all():
        raise DataError(
            f"all {len(rows)} training labels are {targets.labels[0]}: with one class there is "
            "nothing to tell apart. Check the labels."
        )


def _split(
    net: MultiLayerPerceptron,
    targets: Targets,
    share: float | int | None,
    validation_data: tuple[Array, Array] | None,
    stratify: bool,
) -> tuple[IntArray, IntArray | None]:
    if share is None or share == 0:
        return np.arange(len(targets)), None
    if validation_data is not None:
        raise ArgumentError("give validation_data or validation_split, not both.")
    labels = targets.labels if stratify else None
    return split_rows(len(targets), share, stream(net.seed, "split"), labels)


def _validation(
    net: MultiLayerPerceptron,
    input_layer: InputLayer,
    examples: Examples,
    held_out: IntArray | None,
    validation_data: tuple[Array, Array] | None,
) -> Examples | None:
    if held_out is not None:
        return Examples(examples.x, examples.shape, examples.targets, held_out)
    if validation_data is None:
        return None
    if not isinstance(validation_data, tuple) or len(validation_data) != 2:
        raise ArgumentError(f"validation_data must be a pair (x, y); got {type(validation_data)}.")
    x, y = validation_data
    rows = input_layer.rows(x)
    input_layer.check(rows)
    targets = encode_targets(y, len(rows), net.output_layer.units, net.loss, net.dtype)
    if not len(rows):
        raise DataError("validation_data holds no examples.")
    return Examples(rows, np.shape(x)[1:], targets, np.arange(len(rows)))


def _weights(
    net: MultiLayerPerceptron,
    targets: Targets,
    rows: IntArray,
    class_weight: Mapping[int, float] | str | None,
    sample_weight: FloatArray | None,
) -> FloatArray | None:
    """Class and sample weights multiplied into one factor for each example."""
    weights = None
    if sample_weight is not None:
        weights = _sample_weights(sample_weight, len(targets), net.dtype)
    if class_weight is None:
        return weights
    if targets.labels is None:
        raise ArgumentError("class_weight needs class labels; these targets are values.")
    factors = _class_factors(class_weight, targets.labels[rows], max(net.output_layer.units, 2))
    by_class = factors.astype(net.dtype)[targets.labels]
    return by_class if weights is None else weights * by_class


def _sample_weights(values: FloatArray, n: int, dtype: np.dtype[np.generic]) -> FloatArray:
    weights = np.asarray(values)
    if (
        weights.shape != (n,)
        or weights.dtype.kind not in "fiub"
        or not (np.isfinite(weights) & (weights >= 0)).all()
        or not weights.any()
    ):
        raise ArgumentError(
            f"sample_weight must hold one finite number of at least 0 for each of the {n} "
            f"examples, not all 0; got {weights.dtype} of shape {weights.shape}."
        )
    return weights.astype(dtype)


def _class_factors(
    class_weight: Mapping[int, float] | str, labels: IntArray, classes: int
) -> FloatArray:
    if class_weight == "balanced":
        counts = np.bincount(labels, minlength=classes)
        return len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    if not isinstance(class_weight, Mapping):
        raise ArgumentError(
            "class_weight must be 'balanced' or a dictionary class -> factor; "
            f"got {class_weight!r}."
        )
    factors = np.ones(classes)
    for label, factor in class_weight.items():
        if label not in range(classes):
            raise ArgumentError(f"class_weight takes classes 0 to {classes - 1}; got {label!r}.")
        factors[int(label)] = number(f"class_weight of class {label}", factor, at_least=0)
    return factors


def _batch_rows(batch_size: int | str, n: int) -> int:
    if isinstance(batch_size, str) and batch_size == "all":
        return n
    return min(whole_number('batch_size (or else "all")', batch_size), n)


def _check_steps(net: MultiLayerPerceptron, settings: Settings, n: int) -> None:
    last = n % settings.batch_rows
    if normalises(net) and (settings.batch_rows < 2 or (last == 1 and not settings.drop_last)):
        raise ArgumentError(
            "batch normalisation needs at least two examples in every batch; "
            f"{n} examples in batches of {settings.batch_rows} leave one of 1. Change batch_size "
            "or set drop_last=True."
        )


def _check_callables(callbacks: Sequence[Callback], augment: Augment | None) -> list[Callback]:
    if not isinstance(callbacks, Sequence) or not all(
        isinstance(callback, Callback) for callback in callbacks
    ):
        raise ArgumentError(
            "callbacks must be a list of Callback objects, as [EarlyStopping(patience=5)]; "
            f"got {callbacks!r}."
        )
    if augment is not None and not callable(augment):
        raise ArgumentError(
            "augment must be a function (batch, rng) -> batch, as Augmentation(rotate=10); "
            f"got {augment!r}."
        )
    # Checkpoints come last, so that they keep what the others have changed.
    return sorted(callbacks, key=lambda callback: isinstance(callback, ModelCheckpoint))


def _new_run(
    net: MultiLayerPerceptron,
    optimizer: Optimizer,
    schedule: Schedule,
    epochs: int,
    settings: Settings,
    examples: Examples,
    validation: Examples | None,
    monitor: str | None,
) -> Run:
    epochs = whole_number("epochs", epochs)
    batches = len(examples.rows) / settings.batch_rows
    record: dict[str, Any] = {
        "seed": net.seed,
        "optimizer": repr(optimizer),
        "schedule": repr(schedule),
        "batch_size": settings.batch_rows,
        "examples": len(examples.rows),
        **_in_use(settings),
        "kernels": kernels.active(),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    run = Run(
        net=net,
        examples=examples,
        validation=validation,
        settings=settings,
        optimizer=optimizer,
        schedule=schedule,
        epochs=epochs,
        steps_per_epoch=int(batches) if settings.drop_last else int(np.ceil(batches)),
        monitor=monitor or ("val_loss" if validation is not None else "loss"),
        history=History(record=record),
        memory=optimizer.start(net.parameters),
        first_epoch=int(net.facts.get("epochs_trained", 0)),
    )
    run.check_monitor(run.monitor)
    return run


def _in_use(settings: Settings) -> dict[str, float]:
    """Penalties and clipping, where there are any."""
    names = ("l1", "l2", "clip_norm", "clip_value")
    return {name: value for name in names if (value := getattr(settings, name))}


@contextmanager
def _as_it_was_if_refused(net: MultiLayerPerceptron) -> Iterator[None]:
    """Put the network back where a checkpoint or a callback refuses the run before it begins."""
    input_layer, facts = net.input_layer, dict(net.facts)
    vectors = (net.parameters.vector, net.statistics.vector)
    numbers = [vector.copy() for vector in vectors]
    try:
        yield
    except BaseException:
        net.input_layer, net.facts = input_layer, facts
        for vector, before in zip(vectors, numbers, strict=True):
            vector[:] = before
        raise


def _say_split(
    verbose: int, net: MultiLayerPerceptron, train: IntArray, held_out: IntArray, stratified: bool
) -> None:
    if verbose:
        how = "stratified" if stratified else "not stratified"
        print(  # noqa: T201 - the split is said aloud on purpose
            f"split: {len(train):,} to train on, {len(held_out):,} held out "
            f"({how}, seed {net.seed})"
        )
