"""Callbacks that write the history to a file or to a tracker of experiments during training.

All of them write one row for each epoch: loss, accuracy, val_loss, val_accuracy, learning_rate and
seconds. The settings of the run (optimizer, batch size, seed, ...) are logged as well, if the
format has a place for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from byhand.atomic import remove_leftovers, write_whole
from byhand.extras import require
from byhand.training.callbacks import Callback
from byhand.training.run import TrainingRun
from byhand.user_path import user_path

NEEDS = "this callback needs"


class _HistoryFile(Callback):
    """A file with the whole history, rewritten after each epoch, so that it survives a crash."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()

    def on_train_begin(self, run: TrainingRun) -> None:
        """Check that the file can be written; an older file is kept until an epoch is done."""
        remove_leftovers(self.path.parent, self.path.name)
        if self.path.is_file():
            write_whole(self.path, self.path.read_bytes())
        else:
            self._write(run)

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Rewrite the file."""
        self._write(run)

    def _write(self, run: TrainingRun) -> None:
        raise NotImplementedError


class HistoryToCSV(_HistoryFile):
    """Write the history to a CSV file after every epoch; `History.from_csv` reads it.

    Args:
        path: path of the file.
    """

    def _write(self, run: TrainingRun) -> None:
        run.history.to_csv(self.path)


class HistoryToJSONLines(_HistoryFile):
    """Write the history after every epoch, one JSON object per line, for log collectors.

    Args:
        path: path of the file.
    """

    def _write(self, run: TrainingRun) -> None:
        history = run.history
        lines = [
            json.dumps({"epoch": epoch, **history.row(epoch)})
            for epoch in range(1, history.epochs + 1)
        ]
        write_whole(self.path, "".join(f"{line}\n" for line in lines).encode())


class HistoryToTensorBoard(Callback):
    """Write the history as event files of TensorBoard; needs `byhand[tensorboard]`.

    The folders `train` and `validation` each contain `loss` and `accuracy`, so that TensorBoard
    draws both curves into one chart.

    Args:
        folder: folder of the event files, given to `tensorboard --logdir`.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = user_path(folder)
        self._writer = require("tensorboard.summary", "tensorboard", NEEDS).Writer
        self._writers: dict[str, Any] = {}

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Add the values of the epoch."""
        for name, value in run.history.row(-1).items():
            part = "validation" if name.startswith("val_") else "train"
            if part not in self._writers:
                self._writers[part] = self._writer(str(self.folder / part))
            self._writers[part].add_scalar(name.removeprefix("val_"), value, step=run.epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, run: TrainingRun) -> None:  # noqa: ARG002
        """Close the files."""
        while self._writers:
            self._writers.popitem()[1].close()


class HistoryToMLflow(Callback):
    """Log settings and history to MLflow; needs `byhand[mlflow]`.

    It logs to the active MLflow run, or starts one. `mlflow.set_tracking_uri` or the environment
    variable MLFLOW_TRACKING_URI decides where runs are kept.

    Args:
        run_name: name of the run, if there is no active one.
    """

    def __init__(self, run_name: str | None = None) -> None:
        self.run_name = run_name
        self._mlflow = require("mlflow", "mlflow", NEEDS)
        self._owns_run = False

    def on_train_begin(self, run: TrainingRun) -> None:
        """Start a run unless one is active, and log the settings of the training."""
        if self._mlflow.active_run() is None:
            self._mlflow.start_run(run_name=self.run_name)
            self._owns_run = True
        self._mlflow.log_params(dict(_flat(run.history.record)))
        self._mlflow.log_params({"network": run.net.shape_text, "epochs": run.epochs})

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Log the values of the epoch."""
        self._mlflow.log_metrics(run.history.row(-1), step=run.epoch)

    def on_train_end(self, run: TrainingRun) -> None:
        """Close the run, as finished after the last epoch or a callback's stop, else as failed."""
        if not self._owns_run:
            return
        is_done = run.stop_reason or run.epoch >= run.epochs
        self._mlflow.end_run("FINISHED" if is_done else "FAILED")
        self._owns_run = False


def _flat(settings: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """Yield nested settings by dotted names: optimizer.learning_rate."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
