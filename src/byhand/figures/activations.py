"""What all units say, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.evaluation.inference import activations, unit_rows
from byhand.evaluation.metrics import worst_mistakes
from byhand.figures.canvas import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    SEQUENTIAL,
    SMALL,
    FigureError,
    bar_of,
    bare,
    grid_of,
    name_ticks,
    new_figure,
    short,
    tidy,
)
from byhand.figures.galleries import caption
from byhand.figures.subject import Subject
from byhand.figures.units import order_by_class

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXAMPLES = 200
BARS = 10
"""Classes whose probabilities are shown for a single example, at most."""


def activations_of_set(subject: Subject) -> Figure:
    """Activations of every layer for a set: a line for each example, a column for each unit."""
    rows = subject.spread(EXAMPLES)
    rows = rows[np.argsort(subject.said.labels[rows], kind="stable")]
    said = activations(subject.network, subject.images[rows])
    layers = unit_rows(subject.network)
    figure = new_figure(
        2.2 + 2.6 * len(layers), 6, subject.title(f"Activations for {len(rows)} examples")
    )
    labels = subject.said.labels[rows]
    every = np.atleast_1d(figure.subplots(1, len(layers), sharey=True))
    for axes, layer in zip(every, layers, strict=True):
        order: IntArray = np.arange(layer.units)
        if layer.hidden:
            means = subject.facts[layers.index(layer)].class_means
            order = order_by_class(means)
        values = said[layer.number][:, order]
        image = axes.imshow(values, cmap=SEQUENTIAL, aspect="auto", interpolation="none")
        what = "unit, by its best class" if layer.hidden else "output"
        tidy(axes, what, "example, ordered by class" if axes is every[0] else "", layer.title)
        if layer.hidden:
            axes.set_xticks([])
        else:
            name_ticks(axes, "x", subject.names[-layer.units :], 2.4)
        bar_of(figure, image, axes, "activation", location="bottom", shrink=0.9)
    _mark_classes(every, labels, subject.names)
    return figure


def _mark_classes(every: FloatArray, labels: IntArray, names: list[str]) -> None:
    """A white line between classes, and their names at the left edge, as far as there is room."""
    classes, starts = np.unique(labels, return_index=True)
    ends = [*starts[1:], len(labels)]
    step = -(-len(classes) // 35)
    middles = [(start + end - 1) / 2 for start, end in zip(starts, ends, strict=True)]
    every[0].set_yticks(middles[::step], [short(names[k], 12) for k in classes[::step]])
    for axes in every:
        for start in starts[1:]:
            axes.axhline(start - 0.5, color="white", linewidth=0.5 if len(classes) <= 20 else 0.2)


def activations_correct(subject: Subject) -> Figure:
    """Activations of every layer for one example that the network gets right."""
    right = np.flatnonzero(subject.said.right)
    if not len(right):
        raise FigureError("the network gets none of these examples right")
    middle = np.argsort(subject.said.confidence[right], kind="stable")[len(right) // 2]
    return activations_of_example(subject, int(right[middle]))


def activations_wrong(subject: Subject) -> Figure:
    """Activations of every layer for the mistake that the network is surest of."""
    wrong = worst_mistakes(subject.said, 1)
    if not wrong:
        raise FigureError(f"the network makes no mistake on these {len(subject.said):,} examples")
    return activations_of_example(subject, wrong[0].row)


def activations_of_example(subject: Subject, row: int) -> Figure:
    """The input, every layer's units as a grid, and the probabilities, for one example."""
    said = activations(subject.network, subject.images[[row]])
    layers = [layer for layer in unit_rows(subject.network) if layer.hidden]
    words = caption(subject, row).replace("\n", ", ")
    width = 2.6 * (len(layers) + 2)
    figure = new_figure(width, 3.9, subject.title(f"Example {row}: {words}"))
    every = np.atleast_1d(figure.subplots(1, len(layers) + 2))
    _input(every[0], subject, row)
    for axes, layer in zip(every[1:], layers, strict=False):
        _grid(figure, axes, said[layer.number][0], layer.title)
    _probabilities(every[-1], subject, row)
    return figure


def _input(axes: Axes, subject: Subject, row: int) -> None:
    bare(axes).set_title("input", fontsize=SMALL + 1)
    try:
        picture = subject.pictures(np.array([row]))[0]
        axes.imshow(picture, cmap=INK, vmin=min(0.0, float(picture.min())), vmax=1)
    except FigureError:  # a table: its columns as a grid
        values = np.asarray(subject.images[row], np.float64).reshape(-1)
        axes.imshow(grid_of(values), cmap=SEQUENTIAL, aspect="auto")
        axes.set_box_aspect(1)


def _grid(figure: Figure, axes: Axes, values: FloatArray, title: str) -> None:
    image = bare(axes).imshow(grid_of(values), cmap=SEQUENTIAL, aspect="auto")
    axes.set_title(title, fontsize=SMALL + 1)
    axes.set_box_aspect(1)
    bar_of(figure, image, axes, "activation", location="bottom", shrink=0.9)


def _probabilities(axes: Axes, subject: Subject, row: int) -> None:
    said = subject.said
    order = np.sort(np.argsort(-said.probabilities[row], kind="stable")[:BARS])
    colours = [
        BLUE if k == said.labels[row] else ORANGE if k == said.guesses[row] else GREY for k in order
    ]
    axes.barh(range(len(order)), said.probabilities[row, order], color=colours)
    axes.set_yticks(range(len(order)), [short(said.class_names[k], 12) for k in order])
    axes.set_ylim(len(order) - 0.5, -0.5)
    name = "probability" if said.calibrated else "output"
    tidy(axes, name, "class", "output (blue: the label)", grid="x")
    axes.set_box_aspect(1)
    if said.calibrated:
        axes.set_xlim(0, 1)
