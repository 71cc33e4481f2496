"""Pruning: trials that fall behind are stopped early.

The rule is Optuna's median rule. `storage.py` sets it up: after how many whole trials and epochs it
begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from byhand.runs.search.trial import PRUNED
from byhand.training import Callback, History
from byhand.training.run import TrainingRun

if TYPE_CHECKING:
    import optuna

REPORTS = 100
"""Largest number of epochs at which trials are compared; a report may take longer than an epoch."""


class Pruning(Callback):
    """Reports each epoch's validation to the study, and stops a trial that falls behind.

    Args:
        trial: the trial of the study.
        stops: whether to stop it.
    """

    def __init__(self, trial: optuna.Trial, stops: bool) -> None:
        self.trial, self.stops = trial, stops
        self._reported = 0

    def on_train_begin(self, run: TrainingRun) -> None:
        """Report the epochs of a resumed run."""
        self.report(run.history, run.epochs)

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Report the epoch; stop if most trials were better at this point."""
        if self.report(run.history, run.epochs) and run.epoch < run.epochs:
            run.stop(PRUNED)

    def report(self, history: History, epochs: int) -> bool:
        """Report new epochs; return whether to stop, because most trials were better.

        Args:
            history: the history so far.
            epochs: planned number of epochs, of which about `REPORTS` are reported.
        """
        every = -(-epochs // REPORTS)
        new = range(self._reported + 1, history.epochs + 1)
        compared = [epoch for epoch in new if epoch % every == 0]
        for epoch in compared:
            self.trial.report(_value(history, epoch), epoch)
        self._reported = history.epochs
        return bool(compared) and self.stops and bool(self.trial.should_prune())


def _value(history: History, epoch: int) -> float:
    """Return validation accuracy, or minus the validation loss if there are no classes."""
    row = history.row(epoch)
    return row["val_accuracy"] if "val_accuracy" in row else -row["val_loss"]
