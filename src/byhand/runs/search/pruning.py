"""Pruning: trials that fall behind are stopped early.

The rule is Optuna's median rule: a trial is stopped if its best value so far is worse than the
median of the earlier trials at the same epoch. It begins after `FIRST_TRIALS` whole trials, and
after a fifth of the epochs of each trial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byhand.runs.search.trial import PRUNED
from byhand.training import Callback, History
from byhand.training.run import TrainingRun

if TYPE_CHECKING:
    import optuna

FIRST_TRIALS = 5
"""Number of trials that are trained completely before any is pruned."""

REPORTS = 100
"""Largest number of epochs at which trials are compared; a report may take longer than an epoch."""


def pruner(package: Any, epochs: int) -> optuna.pruners.BasePruner:
    """Return the median rule for trials of so many epochs, made by the package Optuna."""
    rule: optuna.pruners.BasePruner = package.pruners.MedianPruner(
        FIRST_TRIALS, n_warmup_steps=max(1, epochs // 5)
    )
    return rule


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
