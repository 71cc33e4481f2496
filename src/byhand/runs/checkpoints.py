"""Saves a run while it is trained, so that an interruption loses little."""

from __future__ import annotations

import time

from byhand.model_file import save_model
from byhand.runs.folder import RunFolder
from byhand.training import Callback
from byhand.training.checkpoint import save_checkpoint
from byhand.training.run import TrainingRun

SECONDS_BETWEEN = 1.0
"""Shorter epochs share a save; full-batch descent would spend its time on saving otherwise."""


class RunCheckpoints(Callback):
    """Writes best.safetensors, last.safetensors and history.csv, at most once a second.

    Args:
        folder: folder of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def on_train_begin(self, run: TrainingRun) -> None:
        """Note that the best epoch of a resumed run is on disk already."""
        self.written = run.best_so_far.epoch if run.best_so_far else 0
        run.history.best_epoch = self.written or None  # also if no epoch is left to train
        self.broken = False
        self.next_save = 0.0

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Save if a second has passed; the last checkpoint is always that of a whole epoch."""
        is_last = run.epoch == run.epochs or run.stop_reason
        if is_last or time.monotonic() >= self.next_save:
            self.broken = True
            self._write_best(run)
            save_checkpoint(run, self.folder.last)
            run.history.to_csv(self.folder.history_file)
            self.broken = False
            self.next_save = time.monotonic() + SECONDS_BETWEEN

    def on_train_end(self, run: TrainingRun) -> None:
        """Write what has not been written yet."""
        if run.history.epochs and not self.broken:  # report a full disk once
            self._write_best(run)
            run.history.to_csv(self.folder.history_file)

    def _write_best(self, run: TrainingRun) -> None:
        best = run.best_so_far
        if best is None or best.epoch == self.written:
            return
        net = run.net
        if best.epoch != run.epoch:
            net = run.net.copy()
            best.restore(net)
        save_model(net, self.folder.best)
        self.written = best.epoch
