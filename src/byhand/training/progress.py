"""Show progress: a live bar on a terminal, plain lines elsewhere, nothing with verbose=0."""

from __future__ import annotations

import sys
import time
from typing import Any

from byhand.training.callbacks import Callback
from byhand.training.run import TrainingRun

PLAIN_LINES = 25
"""Approximate number of lines that a long training run prints without a terminal."""


def progress(verbose: int) -> list[Callback]:
    """Return the callback that shows progress on this output, if any, as a list."""
    if not verbose:
        return []
    return [LiveBar() if sys.stdout.isatty() else PlainLines()]


def epoch_line(run: TrainingRun) -> str:
    """Return the values of the last epoch as one line."""
    row = run.history.row(-1)
    width = len(str(run.epochs))
    parts = [f"epoch {run.epoch:>{width}}/{run.epochs}", f"loss {row['loss']:.4f}"]
    for name, label in (
        ("accuracy", "acc"),
        ("val_loss", "val loss"),
        ("val_accuracy", "val acc"),
    ):
        if name in row:
            number = f"{row[name]:.2%}" if "accuracy" in name else f"{row[name]:.4f}"
            parts.append(f"{label} {number}")
    return "  ".join([*parts, f"{row['seconds']:.2f} s"])


class PlainLines(Callback):
    """Print a line for every epoch, or for every few epochs of a long run."""

    def on_train_begin(self, run: TrainingRun) -> None:
        """Choose the number of epochs between lines."""
        self.every = max(1, run.epochs // PLAIN_LINES)

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Print a line if this epoch gets one."""
        if run.epoch % self.every == 0 or run.epoch in {1, run.epochs} or run.stop_reason:
            print(epoch_line(run), flush=True)  # noqa: T201 - printing is its purpose

    def on_train_end(self, run: TrainingRun) -> None:
        """Print the reason if training ended early."""
        if run.stop_reason:
            print(f"stopped: {run.stop_reason}", flush=True)  # noqa: T201 - see above


class LiveBar(Callback):
    """Show a bar over all steps with loss, accuracy and time left, and lines for epochs above."""

    def on_train_begin(self, run: TrainingRun) -> None:
        """Open the bar."""
        from rich.progress import (  # imported late: only a terminal needs it
            BarColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.bar: Any = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[numbers]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            transient=True,
        )
        self.every = max(1, run.epochs // PLAIN_LINES)
        self.due = 0.0
        self.bar.start()
        self.task = self.bar.add_task(
            "training", total=run.epochs * run.steps_per_epoch, completed=run.step, numbers=""
        )

    def on_batch_end(self, run: TrainingRun) -> None:
        """Move the bar at most ten times a second."""
        now = time.monotonic()
        if now < self.due:
            return
        self.due = now + 0.1
        accuracy = run.history.columns.get("val_accuracy") or run.history.columns.get("accuracy")
        known = f"  accuracy {accuracy[-1]:.2%}" if accuracy else ""
        self.bar.update(
            self.task,
            completed=run.step,
            description=f"epoch {run.epoch}/{run.epochs}",
            numbers=f"loss {run.batch_loss:.4f}{known}",
        )

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Print a line above the bar if this epoch gets one."""
        if run.epoch % self.every == 0 or run.epoch in {1, run.epochs} or run.stop_reason:
            self.bar.console.print(epoch_line(run), highlight=False)

    def on_train_end(self, run: TrainingRun) -> None:
        """Close the bar; print the reason if training ended early."""
        self.bar.stop()
        if run.stop_reason:
            self.bar.console.print(f"stopped: {run.stop_reason}", highlight=False)
