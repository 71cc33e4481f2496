"""Callbacks: objects that observe a training run and can stop it.

Derive from `Callback` and override the hooks you need. Hooks read `run`, a
`byhand.training.run.TrainingRun`, and stop it with `run.stop("reason")`; the history keeps the
reason. Callbacks run in the order of their list, after reduce-on-plateau and before the progress
bar; `check_callables` in `fit_arguments.py` puts `ModelCheckpoint` last.
"""

from __future__ import annotations

from pathlib import Path

from byhand.atomic import make_folder, remove_leftovers
from byhand.checks import integer, number
from byhand.errors import FileError
from byhand.model_file import save_model
from byhand.training.best_weights import Best
from byhand.training.checkpoint import save_checkpoint
from byhand.training.run import TrainingRun

BEST, LAST = "best.safetensors", "last.safetensors"
"""Names of the files that `ModelCheckpoint` writes."""


class Callback:
    """Base class of callbacks: empty hooks, in the order in which they run."""

    def on_train_begin(self, run: TrainingRun) -> None:
        """Run before the first epoch."""

    def on_epoch_begin(self, run: TrainingRun) -> None:
        """Run before the first batch of an epoch."""

    def on_batch_end(self, run: TrainingRun) -> None:
        """Run after each step."""

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Run after validation; `run.history.row(-1)` has the epoch's values."""

    def on_train_end(self, run: TrainingRun) -> None:
        """Run after the last epoch, even if training was stopped."""


class EarlyStopping(Callback):
    """Stop when the monitored quantity has not improved for some epochs.

    Args:
        patience: number of epochs without improvement before training stops.
        min_delta: smallest change that counts as an improvement.
        monitor: quantity to watch; by default that of `fit`: val_loss, or loss without a
            validation set.
        restore_best: restore the weights of the best epoch at the end.
    """

    def __init__(
        self,
        patience: int = 5,
        min_delta: float = 0.0,
        monitor: str | None = None,
        restore_best: bool = True,
    ) -> None:
        self.patience = integer("patience of early stopping", patience)
        self.min_delta = number("min_delta of early stopping", min_delta, at_least=0)
        self.monitor, self.restore_best = monitor, restore_best

    def on_train_begin(self, run: TrainingRun) -> None:
        """Start counting."""
        run.check_monitor(self.monitor or run.monitor)
        self.best = Best(self.monitor or run.monitor, self.min_delta)
        self.best.catch_up(run.history, run.best_so_far)
        self._check_patience(run)  # a resumed run may have been stopped already

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Stop training after `patience` epochs without improvement."""
        self.best.update(run.net, run.history)
        self._check_patience(run)

    def _check_patience(self, run: TrainingRun) -> None:
        if self.best.epoch and run.epoch - self.best.epoch >= self.patience:
            run.stop(
                f"{self.best.monitor} has not improved for {self.patience} epochs; "
                f"best {self.best.value:.5g} in epoch {self.best.epoch}"
            )

    def on_train_end(self, run: TrainingRun) -> None:
        """Restore the best weights."""
        if self.restore_best and self.best.epoch:
            self.best.restore(run.net)
            run.history.best_epoch = self.best.epoch


class ReduceOnPlateau(Callback):
    """Lower the learning rate when the monitored quantity has not improved for some epochs.

    Args:
        factor: factor that multiplies the learning rate.
        patience: number of epochs without improvement before the learning rate falls.
        min_delta: smallest change that counts as an improvement.
        monitor: quantity to watch; by default that of the run.
    """

    def __init__(
        self,
        factor: float = 0.5,
        patience: int = 5,
        min_delta: float = 0.0,
        monitor: str | None = None,
    ) -> None:
        self.factor = number("factor of reduce-on-plateau", factor, above=0, below=1)
        self.patience = integer("patience of reduce-on-plateau", patience)
        self.min_delta = number("min_delta of reduce-on-plateau", min_delta, at_least=0)
        self.monitor = monitor

    def on_train_begin(self, run: TrainingRun) -> None:
        """Start counting."""
        run.check_monitor(self.monitor or run.monitor)
        self.best = Best(self.monitor or run.monitor, self.min_delta)
        self.best.catch_up(run.history, run.best_so_far)
        self.since = (run.epoch - self.best.epoch) % self.patience

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Lower the learning rate after `patience` epochs without improvement; count again."""
        self.since = 0 if self.best.update(run.net, run.history) else self.since + 1
        if self.since >= self.patience:
            run.learning_rate_scale *= self.factor
            self.since = 0


class ModelCheckpoint(Callback):
    """Write best.safetensors after each best epoch and last.safetensors after every epoch.

    The second can resume training: `net.fit(..., resume_from=folder / "last.safetensors")`.

    Args:
        folder: folder of the files; created if missing.
        monitor: quantity that decides the best epoch; by default that of the run.
    """

    def __init__(self, folder: str | Path, monitor: str | None = None) -> None:
        self.folder, self.monitor = Path(folder).expanduser(), monitor

    def on_train_begin(self, run: TrainingRun) -> None:
        """Create the folder, so that one that is not writable raises before training."""
        run.check_monitor(self.monitor or run.monitor)
        self.best = Best(self.monitor or run.monitor)
        self.best.catch_up(run.history, run.best_so_far)
        try:
            make_folder(self.folder)
            remove_leftovers(self.folder, BEST, LAST)
        except OSError as error:
            raise FileError(
                f"checkpoints cannot be written to {self.folder}: {error.strerror}."
            ) from error

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Write the last weights, and the best weights if this epoch is the best."""
        if self.best.update(run.net, run.history):
            save_model(run.net, self.folder / BEST)
        save_checkpoint(run, self.folder / LAST)
