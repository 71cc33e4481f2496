"""The loss at growing learning rates, measured by the learning-rate finder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byhand.figures.canvas import new_figure, tidy
from byhand.figures.style import BLUE, GREY, ORANGE, PALE, SMALL
from byhand.training.rate_finder import RateSearch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADROOM = 1.3
"""Upper end of the axis as a multiple of the first loss; beyond it, training has diverged."""


def learning_rates(found: RateSearch) -> Figure:
    """Draw the loss by learning rate, with the suggestion marked.

    Args:
        found: what `net.find_learning_rate` returned.
    """
    figure = new_figure(7, 4, f"Loss at growing learning rates\nsuggestion: {found.suggestion:g}")
    axes = figure.subplots()
    axes.plot(found.rates, found.losses, color=PALE, linewidth=1, label="of each batch")
    axes.plot(found.rates, found.smoothed, color=BLUE, label="smoothed")
    axes.axvline(found.best, color=GREY, linestyle=":", linewidth=1.2, label="lowest loss")
    axes.axvline(found.suggestion, color=ORANGE, linestyle="--", label="suggestion")
    axes.set_xscale("log")
    low, first = float(found.smoothed.min()), float(found.smoothed[0])
    reach = (first - low) or 1.0
    axes.set_ylim(low - 0.1 * reach, low + HEADROOM * reach)
    axes.legend(fontsize=SMALL, frameon=False)
    tidy(axes, "learning rate", "loss of a batch", grid="y")
    return figure
