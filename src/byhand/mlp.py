"""The multilayer perceptron: a network that trains, saves and loads itself.

`Network` is the mathematics and `byhand.training` the training loop; this class joins them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from numpy.typing import DTypeLike

from byhand.arrays import Array, FloatArray
from byhand.checks import integer
from byhand.frames import columns_of, frames_as_rows, is_frame
from byhand.model_file import build_model, read_model, save_model
from byhand.network.network import Network
from byhand.network.targets import CLASSES
from byhand.threads import blas_name, choose_threads, hold_threads
from byhand.training import fit_arguments
from byhand.training.averaging import STATE
from byhand.training.callbacks import Callback, ReduceOnPlateau
from byhand.training.checkpoint import restore_checkpoint
from byhand.training.example_weights import example_weights
from byhand.training.history import History
from byhand.training.interrupt import stop_on_interrupt
from byhand.training.optimizer_state import OptimizerMemory
from byhand.training.optimizers import Optimizer, resolve_optimizer
from byhand.training.progress import progress
from byhand.training.rate_finder import RateSearch, search_rates
from byhand.training.run import Augment, Examples, Settings, TrainingRun
from byhand.training.schedules import ScheduleFunction
from byhand.training.trainer import Trainer, rows_at_once

if TYPE_CHECKING:
    from byhand.data import Dataset
    from byhand.distributed import Ranks


class MultiLayerPerceptron(Network):
    """A `Network` with `fit`, `save` and `load`.

    Args:
        layers: an `InputLayer` first, a `DenseLayer` last, any others between.
        weight_init: initialiser of the weights, for layers without their own.
        bias_init: initialiser of the biases, for layers without their own.
        loss: a name or object; by default chosen by the last activation (`DEFAULT_LOSS` in
            `network/losses.py`).
        seed: seed of all random numbers; None draws one and stores it in `net.seed`.
        dtype: float32 by default; float64 for gradient checks.
        class_names: names of the classes, in the order of the outputs.
    """

    optimizer_memory: OptimizerMemory | None = None
    """State of the optimizer after `fit(..., keep_optimizer=True)`; not stored in model files."""

    def fit(
        self,
        x: Array,
        y: Array,
        *,
        epochs: int = 20,
        batch_size: int | str = 64,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: str | ScheduleFunction | ReduceOnPlateau | None = None,
        validation_data: tuple[Array, Array] | None = None,
        validation_split: float | int | None = None,
        stratify: bool = True,
        shuffle: bool | str = True,
        drop_last: bool = False,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        max_norm: float | None = None,
        ema: float = 0.0,
        mixup: float = 0.0,
        adversarial: float = 0.0,
        class_weight: Mapping[int, float] | str | None = None,
        sample_weight: FloatArray | None = None,
        augment: Augment | None = None,
        callbacks: Sequence[Callback] = (),
        monitor: str | None = None,
        threads: int | None = None,
        ranks: Ranks | None = None,
        resume_from: str | Path | None = None,
        keep_optimizer: bool = False,
        verbose: int = 1,
    ) -> History:
        """Train on x and y; return the history of losses and accuracies, epoch by epoch.

        Training minimises mean(loss) + l2/2 sum(W^2) + l1 sum(|W|), with sums over all weights but
        no biases. The loss in the history is mean(loss) without penalties.

        Args:
            x: raw inputs, (n, units) or (n, height, width); memory maps and `LazyRows`
                are read batch by batch. Or a data frame of pandas or Polars, whose text columns are
                encoded one-hot.
            y: class labels (n,): integers, class names or one-hot rows; or values (n, units).
            epochs: passes through the data.
            batch_size: examples in a step, or "all" for full-batch descent.
            optimizer: a name from `OPTIMIZERS`, or an object such as `Adam(1e-3, beta1=0.8)`.
            learning_rate: replaces the learning rate of the optimizer.
            schedule: a name from `SCHEDULES` or "reduce_on_plateau", an object such as
                `Warmup(2, then=Cosine())`, or a function (time in epochs, epochs) -> factor; by
                default the learning rate stays constant.
            validation_data: a validation set (x, y).
            validation_split: fraction or number of rows to draw for validation, using the seed.
            stratify: keep the proportions of the classes when splitting.
            shuffle: draw a new order for every epoch; "blocks" reads neighbouring rows together,
                for data on a disk.
            drop_last: leave out the last batch of an epoch if it is short.
            l1: strength of the penalty sum(|W|).
            l2: strength of the penalty sum(W^2) / 2.
            clip_norm: scale the gradient down to this norm if it is larger.
            clip_value: clip gradient entries to [-clip_value, clip_value] before clip_norm.
            max_norm: largest length of the weights into a unit, enforced after each step.
            ema: decay of the moving average of the weights, such as 0.999; the network ends with
                the average. 0 for none.
            mixup: mix each example with another in proportions from Beta(mixup, mixup); 0 for none.
            adversarial: half of the loss comes from inputs moved by this much in the direction that
                raises the loss, such as 0.1 for pixels; 0 for none.
            class_weight: factor of each class's loss, or "balanced" for n / (classes * count).
            sample_weight: factor of each example's loss (n,); the sum is divided by n.
            augment: function (raw batch, rng) -> raw batch of the same shape, such as
                `Augmentation`.
            callbacks: more `Callback` objects.
            monitor: quantity that decides the best epoch; by default val_loss, or loss without a
                validation set.
            threads: number of threads for products and kernels; by default chosen by the network's
                size. Rounding depends on it, so equal bits need equal numbers.
            ranks: processes that share each batch, from `byhand.distributed.find_ranks()`; by
                default this process alone.
            resume_from: a last.safetensors to continue from, with the same data and options.
            keep_optimizer: train in portions, one for each call: continue with the optimizer's
                state from the last fit with this option, and keep it. With a constant schedule, n
                calls of one epoch then equal one call of n epochs, bit for bit. A portion may
                contain only one class.
            verbose: 0 is silent.

        Raises:
            ArgumentError, DataError: before the first step, for unusable arguments or data.
            DivergedError: if the loss becomes NaN or infinite; names layer, step and likely cause.
        """
        callbacks = fit_arguments.check_callables(callbacks, augment)
        optimizer = resolve_optimizer(optimizer, learning_rate)
        schedule, plateau = fit_arguments.split_schedule(schedule)
        columns = columns_of(x) if is_frame(x) and "columns" not in self.facts else {}
        x, validation_data = frames_as_rows(x, validation_data, self.facts | columns)
        rows = self.input_layer.rows(x)
        targets = self.encode(y, len(rows))
        fit_arguments.check_examples(rows, targets, is_portion=keep_optimizer)
        train_rows, validation_rows = fit_arguments.split_examples(
            self, targets, validation_split, validation_data, stratify
        )
        images = np.ndim(x) > 2
        input_layer = self.input_layer.fit(rows, images, train_rows).astype(self.dtype)
        weights = None
        if class_weight is not None or sample_weight is not None:
            weights = example_weights(self, targets, train_rows, class_weight, sample_weight)
        examples = Examples(rows, np.shape(x)[1:], targets, train_rows, weights)
        validation = fit_arguments.validation_examples(
            self, input_layer, examples, validation_rows, validation_data
        )
        settings = Settings(
            batch_size=fit_arguments.resolve_batch_size(batch_size, len(train_rows)),
            shuffle=shuffle,
            drop_last=drop_last,
            l1=l1,
            l2=l2,
            clip_norm=clip_norm,
            clip_value=clip_value,
            max_norm=max_norm,
            ema=ema,
            mixup=mixup,
            adversarial=adversarial,
            augment=augment,
        )
        settings = fit_arguments.check_settings(settings)
        fit_arguments.check_batches(self, settings, len(train_rows))
        if ranks is not None:
            threads = threads or 1  # each rank has a core of its own
        threads = choose_threads(self.widths, rows_at_once(self, settings.batch_size), threads)
        record = fit_arguments.training_record(self, optimizer, schedule, settings, examples)
        run = TrainingRun(
            net=self,
            examples=examples,
            validation=validation,
            settings=settings,
            optimizer=optimizer,
            schedule=schedule,
            epochs=integer("epochs", epochs),
            monitor=monitor or ("loss" if validation is None else "val_loss"),
            history=History(record=record | {"threads": threads, "blas": blas_name()}),
            optimizer_state=optimizer.init_state(self.parameters)
            | ({STATE: self.parameters.vector.copy()} if settings.ema else {}),
            first_epoch=int(self.facts.get("epochs_trained", 0)),
        )
        if monitor is not None:
            run.check_monitor(monitor)
        if validation_rows is not None:
            run.history.split = {"train": train_rows, "validation": validation_rows}
        with hold_threads(threads), stop_on_interrupt(run), np.errstate(all="ignore"):
            with fit_arguments.unchanged_if_refused(self):
                self.input_layer = input_layer
                self.facts |= {"task": targets.task} | columns
                if keep_optimizer and resume_from is None and self.optimizer_memory is not None:
                    self.optimizer_memory.recall(run)
                if resume_from is not None:
                    restore_checkpoint(run, Path(resume_from).expanduser())
                if validation_rows is not None and verbose:
                    is_stratified = stratify and targets.task == CLASSES
                    fit_arguments.print_split(self, train_rows, validation_rows, is_stratified)
                make_trainer = Trainer if ranks is None else ranks.trainer
                trainer = make_trainer(run, [*plateau, *callbacks, *progress(verbose)])
                trainer.begin()
            trainer.train()
        self.optimizer_memory = OptimizerMemory.of(run) if keep_optimizer else None
        run.history.stopped = run.stop_reason or f"all {run.epochs} epochs done"
        self.facts["epochs_trained"] = run.first_epoch + run.epoch
        return run.history

    def find_learning_rate(
        self,
        x: Array,
        y: Array,
        *,
        low: float = 1e-6,
        high: float = 10.0,
        steps: int = 200,
        **options: Any,
    ) -> RateSearch:
        """Train a copy at a growing learning rate; return the losses and a suggestion.

            found = net.find_learning_rate(x, y, optimizer="adam")
            net.fit(x, y, optimizer="adam", learning_rate=found.suggestion)

        Args:
            x: raw inputs, as for `fit`.
            y: labels or values, as for `fit`.
            low: learning rate of the first step.
            high: learning rate of the last step, if the loss does not rise before.
            steps: number of steps.
            options: further arguments of `fit`, such as batch_size or optimizer.
        """
        return search_rates(self.copy().fit, x, y, low, high, steps, options)

    def report(
        self, data: Dataset, *, history: History | None = None, path: str | Path | None = None
    ) -> Path:
        """Write a page to explore the network and return its path; a notebook shows the page.

        Args:
            data: the data set it was trained on, with a test part.
            history: the history that `fit` returned.
            path: the file, or a folder; by default a temporary file.

        Raises:
            ArgumentError: the data have no test part with labels.
        """
        # Loaded by name, because the report depends on networks and not the reverse.
        report_of = import_module("byhand.report.of_network").report_of
        return cast(Path, report_of(self, data, history, path))

    def copy(self, dtype: DTypeLike | None = None) -> Self:
        """Return an independent network, with the optimizer's state, in the given precision."""
        copied = super().copy(dtype)
        if self.optimizer_memory is not None:
            copied.optimizer_memory = self.optimizer_memory.copy(copied.dtype)
        return copied

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"optimizer_memory": self.optimizer_memory}

    def __setstate__(self, state: dict[str, Any]) -> None:
        memory = state.pop("optimizer_memory", None)
        super().__setstate__(state)
        self.optimizer_memory = memory

    def save(self, path: str | Path) -> Path:
        """Write the network as a safetensors file; see `byhand.model_file`."""
        return save_model(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a network written by `save`."""
        return build_model(cls, read_model(path), path)
