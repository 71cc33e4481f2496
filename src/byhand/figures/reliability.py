"""Calibration: whether predictions with a given confidence are correct that often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray
from byhand.evaluation.calibration import Reliability, reliability_of
from byhand.evaluation.confidence_interval import wilson_interval
from byhand.evaluation.subject import Subject
from byhand.figures.canvas import FigureError, as_per_cent, new_figure, tidy
from byhand.figures.common import titled
from byhand.figures.source import from_source
from byhand.figures.style import BLACK, BLUE, GREY, ORANGE, SMALL

FEW = 20
"""Number of examples below which a bin is drawn pale."""

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@from_source
def calibration(subject: Subject) -> Figure:
    """Draw accuracy by confidence, with the expected calibration error and the counts."""
    if not subject.predictions.calibrated:
        raise FigureError(
            "the outputs are not probabilities: the last layer is neither softmax nor sigmoid"
        )
    bins = reliability_of(subject.predictions)
    heading = f"Calibration: expected error (ECE) {100 * bins.ece:.2f} points"
    figure = new_figure(6, 6.9, titled(subject, heading))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _curve(upper, bins)
    _counts(lower, bins)
    return figure


def _curve(axes: Axes, bins: Reliability) -> None:
    filled = bins.counts > 0
    centres, width = (bins.edges[1:] + bins.edges[:-1]) / 2, bins.edges[1] - bins.edges[0]
    few = bins.counts < FEW
    for which, alpha, label in (
        (filled & ~few, 1.0, "accuracy of the bin"),
        (filled & few, 0.3, f"accuracy, fewer than {FEW} examples"),
    ):
        if which.any():
            axes.bar(
                centres[which],
                bins.accuracy[which],
                0.92 * width,
                color=BLUE,
                alpha=alpha,
                label=label,
            )
    half = 0.46 * width
    axes.hlines(
        bins.confidence[filled],
        centres[filled] - half,
        centres[filled] + half,
        color=ORANGE,
        linewidth=2.5,
        label="mean confidence of the bin",
    )
    _intervals(axes, bins, centres)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="perfectly calibrated")
    tidy(axes, "", "correct predictions", grid="y")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(as_per_cent)
    axes.legend(
        fontsize=SMALL, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2
    )


def _intervals(axes: Axes, bins: Reliability, centres: FloatArray) -> None:
    """Draw the 95 % interval of each bin's accuracy."""
    filled = np.flatnonzero(bins.counts)
    correct = np.rint(bins.accuracy[filled] * bins.counts[filled]).astype(int)
    intervals = np.array(
        [wilson_interval(int(k), int(n)) for k, n in zip(correct, bins.counts[filled], strict=True)]
    )
    axes.vlines(centres[filled], *intervals.T, color=BLACK, linewidth=1.2, label="95 % interval")


def _counts(axes: Axes, bins: Reliability) -> None:
    width = bins.edges[1] - bins.edges[0]
    centres = (bins.edges[1:] + bins.edges[:-1]) / 2
    axes.bar(centres, bins.counts, 0.92 * width, color=GREY)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(0, 3 * max(1, int(bins.counts.max())))
    tidy(axes, "confidence: the probability of the predicted class", "examples", grid="y")
