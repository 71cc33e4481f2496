"""Each layer as a map on which examples with similar activations are close together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.projection import principal_components
from byhand.evaluation.subject import Subject
from byhand.evaluation.tsne import FEWEST, expected_seconds, tsne
from byhand.evaluation.unit_rows import arrays, unit_rows
from byhand.figures.canvas import FigureError, counted, new_figure, short, tidy
from byhand.figures.common import titled
from byhand.figures.source import from_source
from byhand.figures.style import (
    BLACK,
    CLASS_COLOURS,
    CLASS_MARKERS,
    SEQUENTIAL,
    SMALL,
    TINY,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TURNS = np.linspace(0, 14 * np.pi, 240)
_SPIRAL = 0.022 * _TURNS[:, None] * np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)
"""Offsets in inches from the middle of a class at which to try its name."""

PCA_POINTS, TSNE_POINTS = 1500, 600
DISTINCT = len(CLASS_COLOURS)
"""Number of classes with their own colour and marker; more classes use a colour scale."""


@from_source
def layer_map_pca(subject: Subject) -> Figure:
    """Draw the input and every layer on the two axes along which its activations spread most."""
    rows = subject.balanced_rows(PCA_POINTS)

    def project(x: Array) -> tuple[FloatArray, str, str]:
        found = principal_components(x)
        explained = [f"{100 * fraction:.0f} %" for fraction in found.explained]
        return (
            found.points,
            f"component 1 ({explained[0]} of the variance)",
            f"component 2 ({explained[1]})",
        )

    return _figure(subject, rows, project, "Principal components of every layer")


@from_source
def layer_map_tsne(subject: Subject) -> Figure:
    """Draw the input and every layer by t-SNE, which keeps neighbours together.

    It takes one to three seconds for each layer; `tsne_seconds` tells how long here.
    """
    rows = subject.balanced_rows(TSNE_POINTS)
    if len(rows) < FEWEST:
        raise FigureError(f"t-SNE needs at least {FEWEST} examples; only {len(rows)} given")

    def project(x: Array) -> tuple[FloatArray, str, str]:
        return tsne(x), "t-SNE axis 1 (no unit)", "t-SNE axis 2 (no unit)"

    return _figure(subject, rows, project, "Neighbours in every layer (t-SNE)")


def tsne_seconds(subject: Subject) -> float:
    """Estimate how long `layer_map_tsne` takes here."""
    hidden = sum(row.hidden and row.units > 1 for row in unit_rows(subject.network))
    return (1 + hidden) * expected_seconds(min(TSNE_POINTS, len(subject.test)))


def _figure(
    subject: Subject,
    rows: IntArray,
    project: Callable[[Array], tuple[FloatArray, str, str]],
    heading: str,
) -> Figure:
    layers = [row for row in unit_rows(subject.network) if row.hidden]
    names = ["A0", *(layer.name for layer in layers)]
    titles = ["input", *(layer.title for layer in layers)]
    outputs = arrays(subject.network, subject.images[rows], names)
    across = min(len(names), 3)
    down = -(-len(names) // across)
    figure = new_figure(
        3.4 * across + 1.3,
        3.5 * down + 0.7,
        titled(subject, f"{heading}, {counted(len(rows), 'example')}"),
    )
    every = figure.subplots(down, across, squeeze=False).reshape(-1)
    labels = subject.predictions.labels[rows]
    for axes, name, title in zip(every, names, titles, strict=False):
        if outputs[name].shape[1] == 1:
            points, x, y = _one_dimension(outputs[name], labels)
            title += "\none unit: one dimension"
        else:
            points, x, y = project(outputs[name])
        _scatter(axes, points, labels, len(subject.classes))
        tidy(axes, x, y, title)
        if outputs[name].shape[1] > 1:
            axes.set_xticks([])
        axes.set_yticks([])
    for axes in every[len(names) :]:
        axes.remove()
    _legend(figure, every[: len(names)], subject.classes)
    if len(subject.classes) > DISTINCT:
        figure.draw_without_rendering()  # fixes the size of the axes
        for axes in every[: len(names)]:
            _name_centres(axes, labels, subject.classes, figure.dpi)
    return figure


def _one_dimension(values: FloatArray, labels: IntArray) -> tuple[FloatArray, str, str]:
    """Return the only number as x and the class as y, because there is nothing to project."""
    points = np.stack([values[:, 0].astype(np.float64), -labels.astype(np.float64)], axis=1)
    return points, "its value", "class, a line each"


def _name_centres(axes: Axes, labels: IntArray, names: list[str], dpi: float) -> None:
    """Write each class's name at or near the middle of its points, with a thin line to it.

    With many classes, the colours of neighbours are too similar. A name that does not
    fit is left out.
    """
    points = np.asarray(axes.collections[0].get_offsets())
    inches = axes.transData.transform(points) / dpi
    box = axes.get_window_extent()
    left, bottom, width, height = (length / dpi for length in box.bounds)
    taken: list[tuple[float, float, float]] = []
    for k in np.unique(labels):
        name = short(names[k])
        middle = np.median(inches[labels == k], axis=0)
        wide = 0.062 * len(name) + 0.03
        for x, y in middle + _SPIRAL:
            inside = wide / 2 < x - left < width - wide / 2 and 0.06 < y - bottom < height - 0.06
            if inside and not any(
                abs(x - a) < (wide + w) / 2 and abs(y - b) < 0.12 for a, b, w in taken
            ):
                taken.append((x, y, wide))
                _name_at(axes, name, middle * dpi, np.array([x, y]) * dpi)
                break


def _name_at(axes: Axes, name: str, middle: FloatArray, at: FloatArray) -> None:
    back = axes.transData.inverted()
    (x, y), end = back.transform(at), back.transform(middle)
    axes.autoscale(False)  # the axes keep the extent for which the places were found
    axes.plot([x, end[0]], [y, end[1]], color=BLACK, linewidth=0.5)
    paper = {"boxstyle": "round,pad=0.1", "facecolor": "white", "alpha": 0.8, "linewidth": 0}
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": TINY - 1, "color": BLACK}
    axes.text(x, y, name, bbox=paper, **style).set_in_layout(False)


def _scatter(axes: Axes, points: FloatArray, labels: IntArray, classes: int) -> None:
    size = min(max(6000 / len(points), 8), 36)
    if classes > DISTINCT:
        last = classes - 1
        axes.scatter(
            points[:, 0],
            points[:, 1],
            s=size,
            c=labels,
            cmap=SEQUENTIAL,
            vmin=0,
            vmax=last,
            alpha=0.6,
        )
        return
    for k in range(classes):
        x, y = points[labels == k].T
        axes.scatter(x, y, s=size, color=CLASS_COLOURS[k], marker=CLASS_MARKERS[k], alpha=0.75)


def _legend(figure: Figure, every: FloatArray, names: list[str]) -> None:
    from matplotlib.lines import Line2D

    if len(names) > DISTINCT:
        _colour_scale(figure, every, names)
        return
    marks = [
        Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=short(name))
        for name, colour, marker in zip(names, CLASS_COLOURS, CLASS_MARKERS, strict=False)
    ]
    figure.legend(
        handles=marks, loc="outside right center", fontsize=SMALL, frameon=False, title="class"
    )


def _colour_scale(figure: Figure, every: FloatArray, names: list[str]) -> None:
    bar = figure.colorbar(every[0].collections[0], ax=list(every))
    step = -(-len(names) // 31)
    places = list(range(0, len(names), step))
    bar.set_ticks(places, labels=[short(names[k]) for k in places], fontsize=SMALL)
    bar.set_label("class", fontsize=SMALL)
