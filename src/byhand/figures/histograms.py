"""Activations, gradients and updates inside the network during training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError
from byhand.evaluation.statistics_callback import Statistics
from byhand.evaluation.subject import Subject
from byhand.evaluation.training_statistics import Histograms, TrainingStatistics
from byhand.evaluation.unit_rows import unit_rows
from byhand.figures.canvas import (
    FigureError,
    as_per_cent,
    bar_of,
    logarithmic,
    new_figure,
    tidy,
    whole_epochs,
)
from byhand.figures.common import titled
from byhand.figures.source import HasSubject, without_run
from byhand.figures.style import (
    BLACK,
    CLASS_COLOURS,
    CLASS_MARKERS,
    GREY,
    ORANGE,
    SEQUENTIAL,
    SMALL,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEALTHY = 1e-3
"""Approximate update-to-weight ratio when training goes well."""

Recorded: TypeAlias = Subject | HasSubject | Statistics | TrainingStatistics
"""A run, the callback that recorded a training, or its result."""

BINS = 60
POLAR_BINS = 20
"""Bins where nearly all values lie at both ends: more would leave most of those between empty."""
POLAR = 0.7
"""Smallest fraction of values in the outermost bins at which these do not set the scale."""
TALLEST = 6
"""Largest number of powers of ten that the axis of a heat map spans."""
LOWEST = 1e-3
"""Lowest ratio on the axis, as a fraction of the median ratio."""


def activation_histograms(source: Recorded) -> Figure:
    """Draw the distribution of activations by layer and epoch, and the fraction that is 0.

    Args:
        source: a run, or the record of the callback `Statistics`.
    """
    source = _source(source)
    record = _record(source)
    figure, below = _heat_maps(
        source, record, record.activations, "Activations during training", "activation"
    )
    _zeros(below, record, record.activations)
    return figure


def gradient_histograms(source: Recorded) -> Figure:
    """Draw the sizes of the weights' gradients by layer and epoch, and the fraction that is 0.

    Args:
        source: a run, or the record of the callback `Statistics`.
    """
    source = _source(source)
    record = _record(source)
    figure, below = _heat_maps(
        source, record, record.gradients, "Gradients during training", "size of the gradient"
    )
    _zeros(below, record, record.gradients)
    return figure


def update_ratios(source: Recorded) -> Figure:
    """Draw the relative change of the weights in one step, by weight and by layer.

    Args:
        source: a run, or the record of the callback `Statistics`.
    """
    source = _source(source)
    record = _record(source)
    figure, below = _heat_maps(
        source, record, record.updates, "Updates during training", "|change| / |weight|"
    )
    _lines(below, record.ratios, record.steps.reshape(-1))
    tidy(below, "epoch", "|change| / |weights|\nof the whole layer", grid="y")
    words = "dotted: 0.001, about where training goes well"
    if not any((values > 0).any() for values in record.ratios.values()):
        words = "no weight changed in the steps that were recorded"
    if _ratio_axis(below, record):
        words += "; triangles: below the axis"
    below.axhline(HEALTHY, color=BLACK, linestyle=":", linewidth=1.2)
    below.set_title(words, fontsize=SMALL, color=GREY)
    return figure


def _ratio_axis(axes: Axes, record: TrainingStatistics) -> bool:
    """Make the axis logarithmic about the median ratio; return whether some ratios lie below.

    The last steps of a schedule that ends at 0 would otherwise stretch the axis.
    """
    ratios = np.concatenate([np.ravel(values) for values in record.ratios.values()])
    ratios = ratios[ratios > 0]
    if not ratios.size:
        logarithmic(axes, HEALTHY / 2, HEALTHY * 2)
        return False
    low = min(max(ratios.min() / 2, LOWEST * float(np.median(ratios))), HEALTHY / 2)
    logarithmic(axes, low, max(ratios.max(), HEALTHY) * 2)
    steps = record.steps.reshape(-1)
    for k, values in enumerate(record.ratios.values()):
        under = np.ravel(values) < low  # not true of NaN
        _triangles(axes, steps[under], CLASS_COLOURS[k % 10])
    return bool((ratios < low).any())


def _triangles(axes: Axes, x: Array, colour: str) -> None:
    """Mark at the lower edge where values lie below the axis."""
    if len(x):
        axes.scatter(
            x,
            np.full(len(x), 0.04),
            s=34,
            marker="v",
            color=colour,
            edgecolors="white",
            linewidths=0.8,
            transform=axes.get_xaxis_transform(),
            zorder=5,
        )


def _source(source: Recorded) -> Subject | TrainingStatistics:
    """Return the subject of a run, or the callback's record."""
    found = without_run(source)
    found = found.result if isinstance(found, Statistics) else found
    if not isinstance(found, Subject | TrainingStatistics):
        raise ArgumentError(
            "expected a run, or what the callback Statistics recorded; got a "
            f"{type(found).__name__}."
        )
    return found


def _record(source: Subject | TrainingStatistics) -> TrainingStatistics:
    record = source.statistics if isinstance(source, Subject) else source
    if record is not None and len(record.epochs):
        return record
    reason = "nothing was recorded during training (callback Statistics)"
    if isinstance(source, Subject):
        reason = source.missing.get("statistics", reason)
    raise FigureError(reason)


def _heat_maps(
    source: Subject | TrainingStatistics,
    record: TrainingStatistics,
    histograms: Mapping[str, Histograms],
    heading: str,
    quantity: str,
) -> tuple[Figure, Axes]:
    """Draw a heat map for each layer; return the figure and the empty axes below them."""
    width = max(2.7 * len(histograms) + 1.2, 6)
    figure = new_figure(
        width, 7.2, titled(source, heading) if isinstance(source, Subject) else heading
    )
    parts: Any = figure.subfigures(2, 1, height_ratios=(2.1, 1))
    above, below = parts
    shared = _is_logarithmic(histograms)
    every = np.atleast_1d(above.subplots(1, len(histograms), sharey=shared))
    rows = unit_rows(source.network) if isinstance(source, Subject) else []
    titles = {
        name: f"{row.title}: {name}"
        for row in rows
        for name in (f"A{row.number}", f"dW{row.number}", f"W{row.number}")
    }
    under = False
    for axes, (name, one) in zip(every, histograms.items(), strict=True):
        edges = _joint_edges(one, histograms)
        image, some_under = _heat_map(axes, record, one, edges)
        under |= some_under
        title = titles.get(name, name)
        tidy(axes, "epoch", quantity if axes is every[0] or not shared else "", title)
        ticks = {"ticks": (0, 0.1, 0.3, 0.6, 1)} if _is_polar(one, edges) else {}
        label = _measure(one, edges)
        bar_of(above, image, axes, label, location="bottom", format=as_per_cent, **ticks)
    if under:
        words = "triangle: more than half of the epoch's numbers are smaller than the axis shows"
        above.suptitle(words, fontsize=SMALL, color=GREY)
    return figure, below.subplots()


def _zeros(axes: Axes, record: TrainingStatistics, histograms: Mapping[str, Histograms]) -> None:
    _lines(axes, {name: one.zeros for name, one in histograms.items()}, record.epochs)
    tidy(axes, "epoch", "exactly 0", grid="y")
    axes.set_ylim(bottom=max(axes.get_ylim()[0], -0.005))  # fractions below 0 have no meaning
    axes.yaxis.set_major_formatter(as_per_cent)


def _is_logarithmic(histograms: Mapping[str, Histograms]) -> bool:
    return all(one.logarithmic for one in histograms.values())


def _joint_edges(one: Histograms, histograms: Mapping[str, Histograms]) -> FloatArray:
    """Return the bins of all epochs: for this layer, or for all layers if logarithmic."""
    if not one.logarithmic:
        low, high = _bounds(one, 1e-3)
        edges = np.linspace(low.min(), high.max(), BINS + 1)
        few = np.linspace(low.min(), high.max(), POLAR_BINS + 1)
        return few if is_polar(one.density(edges)) else edges
    filled = [other for other in histograms.values() if other.counts.any()]
    bounds = [_bounds(other, 1e-2) for other in filled or [one]]
    # the median, so that an epoch that ends at a learning rate of 0 does not count
    middle = min(float(np.median(lower)) for lower, _ in bounds)
    top = max(float(upper.max()) for _, upper in bounds)
    bottom = max(middle / 3, top / 10**TALLEST)
    recorded: FloatArray = one.edges[0]  # the same for all; other bins would show false stripes
    seen: FloatArray = recorded[(recorded > bottom) & (recorded < 1.01 * top)]
    return seen


def _bounds(one: Histograms, rare: float) -> tuple[FloatArray, FloatArray]:
    """Return the range of each epoch's values, without the rare fraction on either side.

    Two arrays, with a number for each epoch whose values are not all 0.
    """
    low, high = [], []
    filled = one.counts.sum(axis=1) > 0
    if not filled.any():  # all numbers of all epochs are 0
        return one.edges[:, 0], one.edges[:, -1]
    for counts, edges in zip(one.counts[filled], one.edges[filled], strict=True):
        sums = np.cumsum(counts) / max(counts.sum(), 1)
        first, last = int(np.searchsorted(sums, rare)), int(np.searchsorted(sums, 1 - rare))
        low.append(edges[min(first, len(counts) - 1)])
        high.append(edges[min(last, len(counts) - 1) + 1])
    return np.array(low), np.array(high)


def _heat_map(
    axes: Axes, record: TrainingStatistics, one: Histograms, edges: FloatArray
) -> tuple[object, bool]:
    """Draw each epoch on its own scale; return whether most of an epoch lies below the axis."""
    from matplotlib.colors import PowerNorm

    image = axes.pcolormesh(
        _between(record.epochs),
        edges,
        relative_counts(one, edges).T,
        cmap=SEQUENTIAL,
        norm=PowerNorm(0.5 if _is_polar(one, edges) else 1.0, 0, 1),
        rasterized=True,
    )
    whole_epochs(axes)
    if not one.logarithmic:
        return image, False
    logarithmic(axes, edges[0], edges[-1])
    under = one.density(np.array([0.0, edges[0]]))[:, 0] > 0.5
    _triangles(axes, record.epochs[under], ORANGE)
    return image, bool(under.any())


def relative_counts(one: Histograms, edges: FloatArray) -> FloatArray:
    """Return each bin's count as a fraction of the count of the epoch's fullest bin (epochs, bins).

    On one scale for all, an epoch whose numbers are all alike would leave the others dark. Where
    nearly all values lie in the outermost bins, as the outputs of a softmax do, the fullest of the
    others is the measure, and counts beyond it are drawn like it.
    """
    shown = one.density(edges)
    recorded = one.counts / np.maximum(one.counts.sum(axis=1, keepdims=True), 1)
    counts = recorded if one.logarithmic else shown
    if _is_polar(one, edges):
        counts = shown[:, 1:-1]
    relative: FloatArray = shown / np.maximum(counts.max(axis=1, keepdims=True), 1e-300)
    return np.minimum(relative, 1)


def _measure(one: Histograms, edges: FloatArray) -> str:
    """Return the quantity of which a heat map's colours are fractions."""
    if _is_polar(one, edges):
        return "of the epoch's fullest inner bin\n(colours by its square root)"
    return "of the epoch's fullest bin"


def _is_polar(one: Histograms, edges: FloatArray) -> bool:
    return not one.logarithmic and is_polar(one.density(edges))


def is_polar(density: FloatArray) -> bool:
    """Return whether the outermost bins hold most of all values (epochs, bins)."""
    outermost = density[:, 0] + density[:, -1]
    return bool(outermost.sum() > POLAR * density.sum())


def _between(epochs: Array) -> FloatArray:
    """Return edges half-way between the recorded epochs."""
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
