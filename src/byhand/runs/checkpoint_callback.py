"""Saves a run during training, so that an interruption loses little.

`resume.py` continues a run; `training/checkpoint.py` defines the saved state.
"""

from __future__ import annotations

import time

from byhand.evaluation.statistics_callback import Statistics
from byhand.model_file import save_model
from byhand.runs.checksums import Checksums
from byhand.runs.folder import RunFolder
from byhand.training import Callback
from byhand.training.checkpoint import save_checkpoint
from byhand.training.run import TrainingRun

SECONDS_BETWEEN = 1.0
"""Shorter epochs share a save; otherwise full-batch descent would spend its time on saving."""

TIMES_AS_LONG = 20
"""Training time between two saves, as a multiple of the time for one, however slow the disk."""


class RunCheckpoints(Callback):
    """Writes the files of a run, at most once a second.

    last.safetensors is the file that counts: a resumed run continues from it. Files written before
    it may contain later epochs, which a resumed run drops. Files written after it depend on it,
    and a resumed run writes them again. So a kill may come between any two files.

    Args:
        folder: folder of the run.
        statistics: writes statistics.npz; it records an epoch before this callback saves it.
        checksums: writes checksums.csv, in the same way.
    """

    def __init__(self, folder: RunFolder, statistics: Statistics, checksums: Checksums) -> None:
        self.folder, self.statistics, self.checksums = folder, statistics, checksums

    def on_train_begin(self, run: TrainingRun) -> None:
        """Write the files that depend on the checkpoint of a resumed run."""
        self.written = 0
        self.broken = False
        self.next_save = 0.0
        if run.epoch:
            best = run.best_so_far
            run.history.best_epoch = (best.epoch if best else 0) or None
            self._write_what_follows(run)

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Save if a second has passed; the last checkpoint is always that of a whole epoch."""
        began = time.monotonic()
        is_last = run.epoch == run.epochs or run.stop_reason
        if is_last or began >= self.next_save:
            self.broken = True
            self._write_what_is_recorded(run)
            save_checkpoint(run, self.folder.last)
            self._write_what_follows(run)
            self.broken = False
            ended = time.monotonic()
            self.next_save = ended + max(SECONDS_BETWEEN, TIMES_AS_LONG * (ended - began))

    def on_train_end(self, run: TrainingRun) -> None:
        """Write everything that has not been written yet."""
        if run.history.epochs and not self.broken:  # report a full disk once
            self._write_what_is_recorded(run)
            self._write_what_follows(run)

    def _write_what_is_recorded(self, run: TrainingRun) -> None:
        self.statistics.save()
        self.checksums.save(run)

    def _write_what_follows(self, run: TrainingRun) -> None:
        self._write_best(run)
        run.history.to_csv(self.folder.history_file)

    def _write_best(self, run: TrainingRun) -> None:
        best = run.best_so_far
        if best is None or not best.epoch or best.epoch == self.written:
            return
        net = run.net
        if best.epoch != run.epoch:
            net = run.net.copy()
            best.restore(net)
        save_model(net, self.folder.best)
        self.written = best.epoch
