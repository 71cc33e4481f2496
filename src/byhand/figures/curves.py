"""How training went, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from byhand.errors import ArgumentError
from byhand.evaluation.subject import Subject
from byhand.figures.canvas import (
    FigureError,
    as_per_cent,
    logarithmic,
    new_figure,
    tidy,
    whole_epochs,
)
from byhand.figures.common import titled
from byhand.figures.source import HasSubject, without_run
from byhand.figures.style import BLUE, GREY, ORANGE, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = (
    ("loss", "val_loss", "mean loss per example"),
    ("accuracy", "val_accuracy", "accuracy"),
    ("learning_rate", None, "learning rate"),
)
"""Columns of the history that share a panel, and the panel's label."""

LARGEST_STEP = 1.1
"""Largest change of the learning rate in an epoch, in powers of ten, for a logarithmic axis."""


HUMAN_ERROR = {"mnist": 0.002}
"""Fraction of the images that people misread, by data set: LeCun et al. 1995."""


def training_curves(
    source: Subject | HasSubject | Mapping[str, Sequence[float]],
    *,
    human_error: float | None = None,
) -> Figure:
    """Draw loss, accuracy and learning rate by epoch, with the best epoch marked.

    Args:
        source: a history returned by `fit`, or a run.
        human_error: fraction of the examples that people get wrong, drawn as a line; known for
            runs on MNIST.
    """
    heading, history = "Training curves", without_run(source)
    if isinstance(history, Subject):
        if human_error is None:
            human_error = HUMAN_ERROR.get(history.name)
        heading, history = titled(history, heading), _history_of(history)
    if not isinstance(history, Mapping):
        raise ArgumentError(
            f"expected a run, or the history that fit returns; got a {type(history).__name__}."
        )
    if not any(len(column) for column in history.values()):
        raise FigureError("there is no history of the training")
    panels = [panel for panel in PANELS if panel[0] in history]
    figure = new_figure(8, 0.9 + 2.2 * len(panels), heading)
    every = np.atleast_1d(figure.subplots(len(panels), 1, sharex=True))
    best = best_epoch(history)
    for axes, panel in zip(every, panels, strict=True):
        _panel(axes, history, *panel, human_error=human_error)
        if best:
            axes.axvline(best, color=GREY, linestyle=":", linewidth=1.2)
        tidy(axes, "epoch" if axes is every[-1] else "", panel[-1], grid="y")
    if best:
        every[0].set_title(_words_of(best, history), fontsize=SMALL, color=GREY)
    every[-1].set_xlim(0.5, max(len(column) for column in history.values()) + 0.5)
    whole_epochs(every[-1])
    figure.align_ylabels()
    return figure


def _history_of(subject: Subject) -> Mapping[str, Sequence[float]]:
    if subject.history is None:
        raise FigureError(subject.missing.get("history", "there is no history of the training"))
    return subject.history


def best_epoch(history: Mapping[str, Sequence[float]]) -> int | None:
    """Return the best epoch: from the history, or else by validation or training loss."""
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
    validation: str | None,
    name: str,
    *,
    human_error: float | None,
) -> None:
    epochs = np.arange(1, len(history[training]) + 1)
    marker = "o" if len(epochs) < 2 else None
    if validation is None:
        axes.step(epochs, history[training], where="mid", color=BLUE, marker=marker)
        _scale_of_learning_rate(axes, history[training])
        return
    axes.plot(epochs, history[training], color=BLUE, marker=marker, label="training")
    if validation in history:
        axes.plot(
            epochs, history[validation], color=ORANGE, marker="s", markersize=3, label="validation"
        )
    if name == "accuracy":
        if human_error is not None:
            label = f"people, {100 * (1 - human_error):.4g} %"
            axes.axhline(1 - human_error, color=GREY, linestyle="--", linewidth=1, label=label)
        axes.yaxis.set_major_formatter(as_per_cent)
    axes.legend(fontsize=SMALL, frameon=False)


def _scale_of_learning_rate(axes: Axes, learning_rates: Sequence[float]) -> None:
    """Use a logarithmic axis if the learning rate falls step by step, otherwise one from 0.

    A cosine schedule ends near 0, and a logarithmic axis would turn its last epoch into a cliff.
    """
    lowest, highest = min(learning_rates), max(learning_rates)
    far = lowest > 0 and highest / lowest > 50
    if far and np.abs(np.diff(np.log10(learning_rates))).max() <= LARGEST_STEP:
        logarithmic(axes, lowest / 1.5, highest * 1.5)
    else:
        axes.set_ylim(-0.04 * highest, 1.15 * highest or 1)


def _words_of(best: int, history: Mapping[str, Sequence[float]]) -> str:
    """Return a text such as "best epoch 6: validation loss 0.0741, accuracy 97.8 %"."""
    where = "validation " if "val_loss" in history else ""
    prefix = "val_" if where else ""
    words = [f"loss {history[f'{prefix}loss'][best - 1]:.4g}"] if f"{prefix}loss" in history else []
    if f"{prefix}accuracy" in history:
        words.append(f"accuracy {100 * history[f'{prefix}accuracy'][best - 1]:.2f} %")
    return f"dotted: best epoch {best}, {where}{', '.join(words)}"
