"""Shows progress: a live bar on a terminal, live curves in a notebook, plain lines elsewhere.

Nothing is shown with verbose=0.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from byhand import forks
from byhand.notebook import block, small
from byhand.notebook.updated_display import Live, live_display
from byhand.readable import duration, percent, score
from byhand.training.callbacks import Callback
from byhand.training.notebook_curves import curves
from byhand.training.run import TrainingRun

PLAIN_LINES = 25
"""Approximate number of lines printed by a long training run without a terminal."""

ROOM = 3
"""Columns to the right of the bar, so that the terminal's ^C does not start a new line."""

REDRAW = 0.4
"""Seconds between two drawings of the live curves."""

_loading = threading.RLock()
"""Held while Rich is imported. A child forked in between could never finish that import."""

forks.wait_for(_loading)


def progress(verbose: int) -> list[Callback]:
    """Return the callback that shows progress on this output, if any, as a list."""
    if not verbose:
        return []
    live = live_display()
    if live is not None:
        return [LiveCurves(live)]
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
            parts.append(f"{label} {score(name, row[name])}")
    return "  ".join([*parts, f"{row['seconds']:.2f} s"])


class PlainLines(Callback):
    """Print a line for every epoch, or for every few epochs of a long run.

    Args:
        every: number of epochs between two lines; by default it depends on the length of the run.
    """

    def __init__(self, every: int | None = None) -> None:
        self.chosen = every

    def on_train_begin(self, run: TrainingRun) -> None:
        """Choose the number of epochs between lines."""
        self.every = self.chosen or max(1, run.epochs // PLAIN_LINES)

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
        with _loading:
            from rich.console import Console  # imported late: only a terminal needs it
            from rich.progress import (
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
            console=Console(width=max(Console().width - ROOM, 1)),
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
        columns = run.history.columns
        name, label = (
            ("val_accuracy", "val acc") if "val_accuracy" in columns else ("accuracy", "acc")
        )
        accuracy = columns.get(name)
        known = f"  {label} {percent(accuracy[-1], 2)}" if accuracy else ""
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


class LiveCurves(Callback):
    """Draw loss and accuracy by epoch in a notebook, and redraw them during training.

    Args:
        live: where they are drawn.
    """

    def __init__(self, live: Live) -> None:
        self.live = live

    def on_train_begin(self, run: TrainingRun) -> None:
        """Show the empty axes."""
        self.due = 0.0
        self.begun, self.first = time.monotonic(), run.step
        self._show(run)

    def on_batch_end(self, run: TrainingRun) -> None:
        """Redraw a few times a second; more would cost time and show no more."""
        if time.monotonic() >= self.due:
            self._show(run)

    def on_train_end(self, run: TrainingRun) -> None:
        """Draw the whole training, with the reason why it ended."""
        self._show(run, is_over=True)

    def _show(self, run: TrainingRun, *, is_over: bool = False) -> None:
        now = time.monotonic()
        words = self._words(run, now - self.begun, is_over)
        epochs = run.history.epochs if is_over else run.epochs
        drawn = curves(run.history, epochs=epochs, best=run.history.best_epoch if is_over else None)
        last = epoch_line(run) if run.history.epochs else ""
        title = f"{'Trained' if is_over else 'Training'} {run.net.shape_text}"
        self.live.show(block(title, drawn, small(words)), f"{title}: {words}\n{last}".rstrip())
        self.due = time.monotonic() + REDRAW

    def _words(self, run: TrainingRun, seconds: float, is_over: bool) -> str:
        """Return the progress of training, and the time left."""
        if is_over:
            reason = run.stop_reason or "all epochs done"
            return f"{run.history.epochs:,} epochs in {duration(seconds)}: {reason}"
        done, rest = run.step - self.first, run.epochs * run.steps_per_epoch - run.step
        left = f", about {duration(seconds * rest / done)} left" if done else ""
        loss = f", loss {run.batch_loss:.4f}" if done else ""
        return f"epoch {run.epoch} of {run.epochs}{loss}{left}"
