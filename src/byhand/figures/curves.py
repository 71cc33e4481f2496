"""How training went, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from byhand.figures.canvas import (
    BLUE,
    GREY,
    ORANGE,
    SMALL,
    FigureError,
    as_per_cent,
    logarithmic,
    new_figure,
    tidy,
    whole_epochs,
)
from byhand.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = (
    ("loss", "val_loss", "mean loss per example"),
    ("accuracy", "val_accuracy", "accuracy"),
    ("learning_rate", None, "learning rate"),
)
"""Columns of the history that share a panel, and what they are."""

LARGEST_STEP = 1.1
"""Powers of ten by which a rate may change in an epoch and still be shown by powers of ten."""


def training_curves(subject: Subject) -> Figure:
    """Loss, accuracy and learning rate by epoch, with the best epoch marked."""
    history = subject.history
    if not history or not any(len(column) for column in history.values()):
        raise FigureError(subject.missing.get("history", "there is no history of the training"))
    panels = [panel for panel in PANELS if panel[0] in history]
    figure = new_figure(8, 0.9 + 2.2 * len(panels), subject.title("Training curves"))
    every = np.atleast_1d(figure.subplots(len(panels), 1, sharex=True))
    best = best_epoch(history)
    for axes, (training, held_out, name) in zip(every, panels, strict=True):
        _panel(axes, history, training, held_out, name)
        if best:
            axes.axvline(best, color=GREY, linestyle=":", linewidth=1.2)
        tidy(axes, "epoch" if axes is every[-1] else "", name, grid="y")
    if best:
        every[0].set_title(_words_of(best, history), fontsize=SMALL, color=GREY)
    every[-1].set_xlim(0.5, max(len(column) for column in history.values()) + 0.5)
    whole_epochs(every[-1])
    figure.align_ylabels()
    return figure


def best_epoch(history: Mapping[str, Sequence[float]]) -> int | None:
    """The epoch that the history calls best, else that of the lowest held-out or training loss."""
    stated = getattr(history, "best_epoch", None)
    if stated:
        return int(stated)
    for name in ("val_loss", "loss"):
        if len(history.get(name, ())):
            return int(np.argmin(history[name])) + 1
    return None


def _panel(
    axes: Axes,
    history: Mapping[str, Sequence[float]],
    training: str,
    held_out: str | None,
    name: str,
) -> None:
    epochs = np.arange(1, len(history[training]) + 1)
    marker = "o" if len(epochs) < 2 else None
    if held_out is None:
        axes.step(epochs, history[training], where="mid", color=BLUE, marker=marker)
        _rate_scale(axes, history[training])
        return
    axes.plot(epochs, history[training], color=BLUE, marker=marker, label="while learning")
    if held_out in history:
        axes.plot(
            epochs, history[held_out], color=ORANGE, marker="s", markersize=3, label="held out"
        )
    if name == "accuracy":
        axes.yaxis.set_major_formatter(as_per_cent)
    axes.legend(fontsize=SMALL, frameon=False)


def _rate_scale(axes: Axes, rates: Sequence[float]) -> None:
    """Powers of ten where the rate goes through them step by step, else from 0.

    A cosine ends at about 0, and powers of ten would make a cliff of its last epoch.
    """
    lowest, highest = min(rates), max(rates)
    far = lowest > 0 and highest / lowest > 50
    if far and np.abs(np.diff(np.log10(rates))).max() <= LARGEST_STEP:
        logarithmic(axes, lowest / 1.5, highest * 1.5)
    else:
        axes.set_ylim(-0.04 * highest, 1.15 * highest or 1)


def _words_of(best: int, history: Mapping[str, Sequence[float]]) -> str:
    """As in "best epoch 6: held-out loss 0.0741, accuracy 97.8 %"."""
    where = "held-out " if "val_loss" in history else ""
    prefix = "val_" if where else ""
    words = [f"loss {history[f'{prefix}loss'][best - 1]:.4g}"] if f"{prefix}loss" in history else []
    if f"{prefix}accuracy" in history:
        words.append(f"accuracy {100 * history[f'{prefix}accuracy'][best - 1]:.2f} %")
    return f"dotted: best epoch {best}, {where}{', '.join(words)}"
