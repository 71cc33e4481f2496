"""The training curves of several runs in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from byhand.errors import ArgumentError
from byhand.figures.canvas import (
    FigureError,
    as_per_cent,
    new_figure,
    short,
    tidy,
    whole_epochs,
)
from byhand.figures.style import CLASS_COLOURS, GREY, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Columns = Mapping[str, Sequence[float]]

PANELS = (("loss", "val_loss", "loss"), ("accuracy", "val_accuracy", "accuracy"))
"""Training column, validation column and label of each panel."""

MOST = len(CLASS_COLOURS)
"""Number of runs that colours can tell apart."""


def curves_together(histories: Mapping[str, Columns], title: str = "Training curves") -> Figure:
    """Draw loss and accuracy of several runs by epoch, each in its own colour.

    Args:
        histories: the history of each run by its name.
        title: heading.
    """
    if len(histories) > MOST:
        raise ArgumentError(f"at most {MOST} runs can be told apart; got {len(histories)}.")
    panels = [one for one in PANELS if any(len(h.get(one[0], ())) for h in histories.values())]
    if not panels:
        raise FigureError("none of the runs has a history")
    figure = new_figure(8, 1.1 + 2.6 * len(panels), title)
    every = np.atleast_1d(figure.subplots(len(panels), 1, sharex=True))
    for axes, (training, validation, label) in zip(every, panels, strict=True):
        for colour, (name, history) in zip(CLASS_COLOURS, histories.items(), strict=False):
            _draw(axes, history, training, validation, colour, name)
        tidy(axes, "epoch" if axes is every[-1] else "", label, grid="y")
        if training == "accuracy":
            axes.yaxis.set_major_formatter(as_per_cent)
    every[0].legend(fontsize=SMALL, frameon=False)
    every[0].set_title("solid: validation, dotted: training", fontsize=SMALL, color=GREY)
    whole_epochs(every[-1])
    figure.align_ylabels()
    return figure


def _draw(
    axes: Axes, history: Columns, training: str, validation: str, colour: str, name: str
) -> None:
    """Draw the columns of a run; without validation the training curve is solid."""
    has_validation = len(history.get(validation, ())) > 0
    shown = validation if has_validation else training
    values = history.get(shown, ())
    marker = "o" if len(values) == 1 else None
    axes.plot(range(1, len(values) + 1), values, color=colour, marker=marker, label=short(name, 30))
    if has_validation:
        trained = history[training]
        axes.plot(range(1, len(trained) + 1), trained, color=colour, linestyle=":", linewidth=1)
