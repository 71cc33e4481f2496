"""The differences between a network and its twin in another library, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.figures.canvas import FigureError, new_figure, tidy
from byhand.figures.style import BLUE, ORANGE, PALE, SMALL
from byhand.interop.twin.result import TwinResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def twin_differences(result: TwinResult) -> Figure:
    """Draw the largest difference of the parameters and that of the loss after each step.

    The grey line is the rounding of one number of the parameters' size.

    Args:
        result: the result of the callback `Twin`.
    """
    if not result.steps:
        raise FigureError("the twins took no step together")
    figure = new_figure(8, 4, f"byhand and {result.library}, the same weights and batches")
    axes = figure.subplots()
    steps = np.arange(1, result.steps + 1)
    rounding = float(np.finfo(result.dtype).eps) * max(result.sizes.values())
    lowest = rounding / 100  # equal bits have no place on a logarithmic axis
    parameters = np.maximum(result.by_step, lowest)
    loss = np.maximum(result.loss_differences, lowest)
    axes.plot(steps, parameters, color=BLUE, linewidth=1.4, label="parameters")
    axes.plot(steps, loss, ".", color=ORANGE, markersize=3, label="loss")
    axes.axhline(rounding, color=PALE, linewidth=2, zorder=0, label=f"rounding of {result.dtype}")
    axes.set_yscale("log")
    axes.set_ylim(lowest / 2, 10 * max(rounding, parameters.max(), loss.max()))
    axes.legend(fontsize=SMALL, frameon=False, loc="upper left", ncols=3)
    tidy(axes, "step", "largest difference", grid="y")
    return figure
