"""Each layer as a landscape: examples that it finds alike lie together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.inference import arrays, unit_rows
from byhand.evaluation.projection import MissingPackageError, principal_components, tsne
from byhand.figures.canvas import (
    CLASS_COLOURS,
    CLASS_MARKERS,
    SEQUENTIAL,
    SMALL,
    FigureError,
    new_figure,
    short,
    tidy,
)
from byhand.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PCA_POINTS, TSNE_POINTS = 1500, 600
DISTINCT = len(CLASS_COLOURS)
"""Classes that have a colour and a mark of their own; more share a scale of colours."""


def layer_map_pca(subject: Subject) -> Figure:
    """The input and every layer on the two axes along which its activations spread most."""
    rows = subject.spread(PCA_POINTS)

    def project(x: Array) -> tuple[FloatArray, str, str]:
        found = principal_components(x)
        shares = [f"{100 * share:.0f} %" for share in found.explained]
        return (
            found.points,
            f"component 1 ({shares[0]} of the variance)",
            f"component 2 ({shares[1]})",
        )

    return _figure(subject, rows, project, "Principal components of every layer")


def layer_map_tsne(subject: Subject) -> Figure:
    """The input and every layer by t-SNE, which keeps neighbours together; needs scikit-learn."""
    rows = subject.spread(TSNE_POINTS)
    if len(rows) < 4:
        raise FigureError(f"t-SNE needs at least 4 examples; there are {len(rows)}")

    def project(x: Array) -> tuple[FloatArray, str, str]:
        return tsne(x, seed=subject.seed), "t-SNE axis 1 (no unit)", "t-SNE axis 2 (no unit)"

    try:
        return _figure(subject, rows, project, "Neighbours in every layer (t-SNE)")
    except MissingPackageError as error:
        raise FigureError(str(error)) from error


def _figure(
    subject: Subject,
    rows: IntArray,
    project: Callable[[Array], tuple[FloatArray, str, str]],
    heading: str,
) -> Figure:
    layers = [row for row in unit_rows(subject.network) if row.hidden]
    names = ["A0", *(layer.name for layer in layers)]
    titles = ["input", *(layer.title for layer in layers)]
    said = arrays(subject.network, subject.images[rows], names)
    across = min(len(names), 3)
    down = -(-len(names) // across)
    figure = new_figure(
        3.4 * across + 1.3, 3.5 * down + 0.7, subject.title(f"{heading}, {len(rows):,} examples")
    )
    every = figure.subplots(down, across, squeeze=False).reshape(-1)
    labels = subject.said.labels[rows]
    for axes, name, title in zip(every, names, titles, strict=False):
        points, x, y = project(said[name])
        _scatter(axes, points, labels, len(subject.names))
        tidy(axes, x, y, title)
        axes.set_xticks([])
        axes.set_yticks([])
    for axes in every[len(names) :]:
        axes.remove()
    _legend(figure, every[: len(names)], subject.names)
    return figure


def _scatter(axes: Axes, points: FloatArray, labels: IntArray, classes: int) -> None:
    size = min(max(6000 / len(points), 8), 36)
    if classes > DISTINCT:
        last = classes - 1
        axes.scatter(
            points[:, 0], points[:, 1], s=size, c=labels, cmap=SEQUENTIAL, vmin=0, vmax=last
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
        Line2D(
            [], [], color=colour, marker=marker, linestyle="", markersize=5, label=short(name, 14)
        )
        for name, colour, marker in zip(names, CLASS_COLOURS, CLASS_MARKERS, strict=False)
    ]
    figure.legend(
        handles=marks, loc="outside right center", fontsize=SMALL, frameon=False, title="class"
    )


def _colour_scale(figure: Figure, every: FloatArray, names: list[str]) -> None:
    bar = figure.colorbar(every[0].collections[0], ax=list(every))
    step = -(-len(names) // 31)
    places = list(range(0, len(names), step))
    bar.set_ticks(places, labels=[short(names[k], 12) for k in places], fontsize=SMALL)
    bar.set_label("class", fontsize=SMALL)
