"""Whether the network is as often right as it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.evaluation.calibration import Reliability, reliability_of
from byhand.figures.canvas import (
    BLUE,
    GREY,
    ORANGE,
    SMALL,
    FigureError,
    as_per_cent,
    new_figure,
    tidy,
)
from byhand.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def calibration(subject: Subject) -> Figure:
    """Accuracy by confidence, with the expected calibration error, over how often each occurs."""
    if not subject.said.calibrated:
        raise FigureError(
            "the outputs are no probabilities: the last layer is not softmax or sigmoid"
        )
    bins = reliability_of(subject.said)
    heading = f"Calibration: expected error (ECE) {100 * bins.ece:.2f} points"
    figure = new_figure(6, 6.6, subject.title(heading))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _curve(upper, bins)
    _counts(lower, bins)
    return figure


def _curve(axes: Axes, bins: Reliability) -> None:
    filled = bins.counts > 0
    centres, width = (bins.edges[1:] + bins.edges[:-1]) / 2, bins.edges[1] - bins.edges[0]
    axes.bar(
        centres[filled],
        bins.accuracy[filled],
        0.92 * width,
        color=BLUE,
        label="share that is right",
    )
    axes.bar(
        centres[filled],
        np.abs(bins.gaps[filled]),
        0.92 * width,
        bottom=np.minimum(bins.accuracy, bins.confidence)[filled],
        color="none",
        edgecolor=ORANGE,
        hatch="////",
        label="gap to the mean confidence",
    )
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="as often as it says")
    tidy(axes, "", "right answers", grid="y")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(as_per_cent)
    axes.legend(fontsize=SMALL, frameon=False, loc="upper left")


def _counts(axes: Axes, bins: Reliability) -> None:
    width = bins.edges[1] - bins.edges[0]
    centres = (bins.edges[1:] + bins.edges[:-1]) / 2
    axes.bar(centres, bins.counts, 0.92 * width, color=GREY)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(0, 3 * max(1, bins.counts.max()))
    tidy(axes, "confidence: the probability of the answer given", "examples", grid="y")
