"""The activations of all units, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.evaluation.mistakes import worst_mistakes
from byhand.evaluation.subject import Subject
from byhand.evaluation.unit_rows import activations, arrays, unit_rows
from byhand.figures.canvas import (
    FigureError,
    bar_of,
    bare,
    counted,
    grid_of,
    name_ticks,
    new_figure,
    short,
    these,
    tidy,
)
from byhand.figures.common import pictures_of, titled
from byhand.figures.galleries import caption
from byhand.figures.source import from_source
from byhand.figures.style import (
    BLACK,
    BLUE,
    GREY,
    INK,
    NORMAL,
    ORANGE,
    SEQUENTIAL,
    SMALL,
    TINY,
)
from byhand.figures.weights import most_important, number_units, order_by_class, units_of_each

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXAMPLES = 200
BARS = 10
"""Largest number of classes whose probabilities are shown for a single example."""
COLUMNS = 16
"""Largest number of table columns that are shown for a single example."""


@from_source
def activations_of_set(subject: Subject) -> Figure:
    """Draw the activations of every layer: one row per example, one column per unit."""
    rows = subject.balanced_rows(EXAMPLES)
    rows = rows[np.argsort(subject.predictions.labels[rows], kind="stable")]
    outputs = activations(subject.network, subject.images[rows])
    layers = unit_rows(subject.network)
    figure = new_figure(
        2.2 + 2.6 * len(layers),
        6,
        titled(subject, f"Activations for {counted(len(rows), 'example')}"),
    )
    labels = subject.predictions.labels[rows]
    every = np.atleast_1d(figure.subplots(1, len(layers), sharey=True))
    for axes, layer in zip(every, layers, strict=True):
        order: IntArray = np.arange(layer.units)
        facts = subject.units[layers.index(layer)]
        if layer.hidden:
            order = order_by_class(facts.class_means)
        values = outputs[layer.number][:, order]
        image = axes.imshow(values, cmap=SEQUENTIAL, aspect="auto", interpolation="none")
        what = "unit, by its best class" if layer.hidden else "output"
        tidy(axes, what, "example, ordered by class" if axes is every[0] else "", layer.title)
        if layer.hidden:
            important = most_important(facts, units_of_each(len(layers) - 1))
            number_units(axes, "x", order, important, 2.1)
        else:
            name_ticks(axes, "x", subject.classes[-layer.units :], 2.4)
        bar_of(figure, image, axes, "activation", location="bottom", shrink=0.9)
    _mark_classes(every, labels, subject.classes)
    return figure


def _mark_classes(every: FloatArray, labels: IntArray, names: list[str]) -> None:
    """Draw a white line between classes, and their names at the left edge, as far as they fit."""
    classes, starts = np.unique(labels, return_index=True)
    ends = [*starts[1:], len(labels)]
    step = -(-len(classes) // 35)
    middles = [(start + end - 1) / 2 for start, end in zip(starts, ends, strict=True)]
    every[0].set_yticks(middles[::step], [short(names[k]) for k in classes[::step]])
    for axes in every:
        for start in starts[1:]:
            axes.axhline(start - 0.5, color="white", linewidth=0.5 if len(classes) <= 20 else 0.2)


@from_source
def activations_correct(subject: Subject) -> Figure:
    """Draw the activations of every layer for one example with a correct prediction."""
    correct = np.flatnonzero(subject.predictions.correct)
    if not len(correct):
        raise FigureError("none of the predictions for these examples is correct")
    middle = np.argsort(subject.predictions.confidence[correct], kind="stable")[len(correct) // 2]
    return activations_of_example(subject, row=int(correct[middle]))


@from_source
def activations_wrong(subject: Subject) -> Figure:
    """Draw the activations of every layer for the most confident mistake."""
    wrong = worst_mistakes(subject.predictions, 1)
    if not wrong:
        raise FigureError(
            f"the network makes no mistake on {these(len(subject.predictions), 'example')}"
        )
    return activations_of_example(subject, row=wrong[0].row)


@from_source
def activations_of_example(subject: Subject, row: int) -> Figure:
    """Draw the input, each layer's units as a grid, and the probabilities of one example."""
    outputs = activations(subject.network, subject.images[[row]])
    layers = [layer for layer in unit_rows(subject.network) if layer.hidden]
    words = caption(subject.predictions, row).replace("\n→", " →").replace("\n", ", ")
    width = 2.6 * (len(layers) + 2)
    is_image = subject.size is not None
    width += 0 if is_image else 0.8  # for the columns' names
    figure = new_figure(width, 3.9, titled(subject, f"Example {row}: {words}"))
    every = np.atleast_1d(figure.subplots(1, len(layers) + 2))
    if is_image:
        _picture(every[0], subject, row)
    else:
        _columns(every[0], subject, row)
    for axes, layer in zip(every[1:], layers, strict=False):
        _grid(figure, axes, outputs[layer.number][0], layer.title)
    _probabilities(every[-1], subject, row)
    for axes in every:
        axes.set_anchor("N")  # the same upper edge for all
    return figure


def _picture(axes: Axes, subject: Subject, row: int) -> None:
    bare(axes).set_title("input", fontsize=NORMAL + 1)
    picture = pictures_of(subject, np.array([row]))[0]
    axes.imshow(picture, cmap=INK, vmin=min(0.0, float(picture.min())), vmax=1)


def _columns(axes: Axes, subject: Subject, row: int) -> None:
    """Draw a bar for each scaled column of a table; if there are many, those furthest from 0."""
    values = arrays(subject.network, subject.images[[row]], ["A0"])["A0"][0]
    chosen = np.sort(np.argsort(-np.abs(values), kind="stable")[:COLUMNS])
    names = subject.column_names or [f"column {k}" for k in range(len(values))]
    axes.barh(range(len(chosen)), values[chosen], color=GREY)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.set_yticks(range(len(chosen)), [short(names[k]) for k in chosen])
    axes.set_ylim(len(chosen) - 0.5, -0.5)
    standardised = subject.network.input_layer.normalisation == "standardise"
    unit = "standard deviations\nfrom the mean" if standardised else "as the network receives it"
    title = "input"
    if len(chosen) < len(values):
        title = f"input: {len(chosen)} of {len(values)} columns,\nfurthest from 0"
    tidy(axes, unit, "column of the table", title, grid="x")
    axes.set_box_aspect(1)


def _grid(figure: Figure, axes: Axes, values: FloatArray, title: str) -> None:
    image = bare(axes).imshow(grid_of(values), cmap=SEQUENTIAL, aspect="auto")
    axes.set_title(title, fontsize=NORMAL + 1)
    axes.set_box_aspect(1)
    bar_of(figure, image, axes, "activation", location="bottom", shrink=0.9)


def _probabilities(axes: Axes, subject: Subject, row: int) -> None:
    predicted = subject.predictions
    order = np.sort(np.argsort(-predicted.probabilities[row], kind="stable")[:BARS])
    colours = [
        BLUE if k == predicted.labels[row] else ORANGE if k == predicted.predicted[row] else GREY
        for k in order
    ]
    values = predicted.probabilities[row, order]
    bars = axes.barh(range(len(order)), values, color=colours)
    size = SMALL if predicted.calibrated else TINY
    axes.bar_label(bars, [_number(value) for value in values], padding=2, fontsize=size)
    axes.set_yticks(range(len(order)), [short(predicted.class_names[k]) for k in order])
    axes.set_ylim(len(order) - 0.5, -0.5)
    is_correct = predicted.predicted[row] == predicted.labels[row]
    key = "blue: label and prediction" if is_correct else "blue: label; orange: prediction"
    name = "probability" if predicted.calibrated else "output"
    tidy(axes, name, "class", f"output\n({key})", grid="x")
    axes.set_box_aspect(1)
    if predicted.calibrated:
        axes.set_xlim(0, 1.3)  # space for the number beside a full bar
        axes.set_xticks([0, 0.5, 1])
    else:
        axes.margins(x=0.25)


def _number(value: float) -> str:
    """Return a probability with three decimals; only 0 and 1 themselves are "0.000" and "1.000"."""
    if 0 < value < 0.0005:
        return "< 0.001"
    return "> 0.999" if 0.9995 <= value < 1 else f"{value:.3f}"
