"""What went on inside the network while it learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.evaluation.record import Histograms, TrainingStatistics
from byhand.figures.canvas import (
    BLACK,
    CLASS_COLOURS,
    CLASS_MARKERS,
    GREY,
    SEQUENTIAL,
    SMALL,
    FigureError,
    as_per_cent,
    bar_of,
    logarithmic,
    new_figure,
    tidy,
    whole_epochs,
)
from byhand.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEALTHY = 1e-3
"""The update-to-weight ratio about which training goes well."""

BINS = 60


def activation_histograms(subject: Subject) -> Figure:
    """How activations are distributed, layer by layer and epoch by epoch, and how many are 0."""
    record = _record(subject)
    figure, below = _heat_maps(
        subject, record, record.activations, "Activations while learning", "activation"
    )
    _zeros(below, record, record.activations)
    return figure


def gradient_histograms(subject: Subject) -> Figure:
    """How large the gradients of each layer's weights are, epoch by epoch, and how many are 0."""
    record = _record(subject)
    figure, below = _heat_maps(
        subject, record, record.gradients, "Gradients while learning", "size of the gradient"
    )
    _zeros(below, record, record.gradients)
    return figure


def update_ratios(subject: Subject) -> Figure:
    """The change of the weights in one step relative to the weights: by weight, and by layer."""
    record = _record(subject)
    figure, below = _heat_maps(
        subject, record, record.updates, "Updates while learning", "|change| / |weight|"
    )
    _lines(below, record.ratios, record.steps.reshape(-1))
    tidy(below, "epoch", "|change| / |weights|\nof the whole layer", grid="y")
    ratios = np.concatenate([HEALTHY, *map(np.ravel, record.ratios.values())], axis=None)
    ratios = ratios[ratios > 0]
    logarithmic(below, ratios.min() / 2, ratios.max() * 2)
    below.axhline(HEALTHY, color=BLACK, linestyle=":", linewidth=1.2)
    below.set_title("dotted: 0.001, about where training goes well", fontsize=SMALL, color=GREY)
    return figure


def _record(subject: Subject) -> TrainingStatistics:
    if subject.statistics is None or not len(subject.statistics.epochs):
        raise FigureError("nothing was recorded while it learnt (callback Statistics)")
    return subject.statistics


def _heat_maps(
    subject: Subject,
    record: TrainingStatistics,
    histograms: Mapping[str, Histograms],
    heading: str,
    quantity: str,
) -> tuple[Figure, Axes]:
    """A heat map for each layer, and empty axes below them."""
    width = max(2.7 * len(histograms) + 1.2, 6)
    figure = new_figure(width, 7, subject.title(heading))
    parts: Any = figure.subfigures(2, 1, height_ratios=(2, 1))
    above, below = parts
    shared = _is_logarithmic(histograms)
    every = np.atleast_1d(above.subplots(1, len(histograms), sharey=shared))
    for axes, (name, one) in zip(every, histograms.items(), strict=True):
        image = _heat_map(axes, record, one, _joint_edges(one, histograms))
        tidy(axes, "epoch", quantity if axes is every[0] or not shared else "", name)
        bar_of(above, image, axes, "share of those not 0", location="bottom", format=as_per_cent)
    return figure, below.subplots()


def _zeros(axes: Axes, record: TrainingStatistics, histograms: Mapping[str, Histograms]) -> None:
    _lines(axes, {name: one.zeros for name, one in histograms.items()}, record.epochs)
    tidy(axes, "epoch", "exactly 0", grid="y")
    axes.yaxis.set_major_formatter(as_per_cent)


def _is_logarithmic(histograms: Mapping[str, Histograms]) -> bool:
    return all(one.logarithmic for one in histograms.values())


def _joint_edges(one: Histograms, histograms: Mapping[str, Histograms]) -> FloatArray:
    """Bins for every epoch: of this layer alone, or of all layers where they are decades."""
    if not one.logarithmic:
        return _range_of(one)
    ends = np.array([_range_of(other)[[0, -1]] for other in histograms.values()])
    return np.geomspace(ends[:, 0].min(), ends[:, 1].max(), BINS + 1)


def _range_of(one: Histograms) -> FloatArray:
    """Even bins over the numbers of all epochs, but for a thousandth at either end."""
    low, high = [], []
    for counts, edges in zip(one.counts, one.edges, strict=True):
        sums = np.cumsum(counts) / max(counts.sum(), 1)
        first, last = int(np.searchsorted(sums, 1e-3)), int(np.searchsorted(sums, 1 - 1e-3))
        low.append(edges[min(first, len(counts) - 1)])
        high.append(edges[min(last, len(counts) - 1) + 1])
    return np.linspace(min(low), max(high), BINS + 1)


def _heat_map(axes: Axes, record: TrainingStatistics, one: Histograms, edges: FloatArray) -> object:
    shares = one.density(edges)  # (epochs, bins)
    image = axes.pcolormesh(
        _between(record.epochs), edges, shares.T, cmap=SEQUENTIAL, vmin=0, rasterized=True
    )
    if one.logarithmic:
        logarithmic(axes, edges[0], edges[-1])
    whole_epochs(axes)
    return image


def _between(epochs: Array) -> FloatArray:
    """Edges half-way between the recorded epochs."""
    if len(epochs) == 1:
        return np.array([epochs[0] - 0.5, epochs[0] + 0.5])
    middle = (epochs[1:] + epochs[:-1]) / 2
    return np.array([2 * epochs[0] - middle[0], *middle, 2 * epochs[-1] - middle[-1]])


def _lines(axes: Axes, lines: Mapping[str, FloatArray], at: Array) -> None:
    for k, (name, values) in enumerate(lines.items()):
        axes.plot(
            at,
            np.reshape(values, -1),
            color=CLASS_COLOURS[k % 10],
            marker=CLASS_MARKERS[k % 10],
            markersize=3,
            markevery=max(1, len(at) // 12),
            linewidth=1,
            label=name,
        )
    whole_epochs(axes)
    axes.legend(fontsize=SMALL, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
