"""The weights of single units, and the images and classes that activate them.

Negative weights are orange, positive ones blue, and 0 is white. The colours and the limit of the
scale, the 99.8th percentile, are in `colour_maps.py`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.errors import ArgumentError
from byhand.evaluation.subject import Subject
from byhand.evaluation.units import UnitFacts
from byhand.figures.canvas import (
    FigureError,
    are_upright,
    bar_of,
    bare,
    counted,
    mosaic,
    name_ticks,
    new_figure,
    place,
    short,
    tidy,
)
from byhand.figures.colour_maps import diverging, limit_of
from byhand.figures.common import hidden_units, image_size, pictures_of, titled
from byhand.figures.source import Source, from_source, without_run
from byhand.figures.style import BLACK, INK, NORMAL, SEQUENTIAL, TINY
from byhand.network.network import Network
from byhand.readable import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WEIGHTS_SHOWN = 100
UNITS_SHOWN = 14
"""Approximate number of units, of all hidden layers together, that `unit_images` shows."""
IMAGES_SHOWN = 6
NOISE = 6
"""Below this number of changed predictions the accuracy is called the same: by chance, n changes
all go the same way with probability 2 / 2^n."""
STRIP = 2.2
"""Width of the classes beside a unit, in inches."""


def first_layer_weights(source: Source) -> Figure:
    """Draw the weights of each unit of layer 1 as an image: ink on blue activates it.

    Of more than WEIGHTS_SHOWN units those with the longest weight vectors are shown.

    Args:
        source: a run, or a network, whose inputs must then be square images.
    """
    found = without_run(source)
    if not isinstance(found, Subject | Network):
        raise ArgumentError(f"expected a run or a network; got a {type(found).__name__}.")
    weights = _weight_images(found)
    lengths = np.linalg.norm(weights.reshape(len(weights), -1), axis=1)
    units = np.sort(np.argsort(-lengths, kind="stable")[:WEIGHTS_SHOWN])
    text = _heading_of_weights(len(units), len(weights))
    columns = _columns_for(len(units))
    lines = -(-len(units) // columns)
    cell = min(1.2, 9 / columns)
    title = titled(found, text) if isinstance(found, Subject) else text
    figure = new_figure(max(columns * cell + 1.6, 4.5), lines * cell + 1.1, title)
    axes = bare(figure.subplots())
    height, width = weights.shape[1:]
    gap = max(1, round(height / 5))  # space for the unit's number
    whole, limit = mosaic(weights[units], columns, gap), limit_of(weights[units])
    image = axes.imshow(whole, cmap=diverging(), vmin=-limit, vmax=limit)
    for k, unit in enumerate(units):
        x, y = k % columns * (width + gap), k // columns * (height + gap)
        axes.text(x + width / 2, y - 0.7, str(unit), ha="center", va="bottom", fontsize=TINY)
    bar_of(figure, image, axes, "weight (0 is white)", shrink=0.8, extend="both", fraction=0.05)
    return figure


def _weight_images(source: Subject | Network) -> FloatArray:
    """Return the weights of layer 1 as (units, height, width)."""
    network = source.network if isinstance(source, Subject) else source
    weights = network.parameters["W1"].T
    if isinstance(source, Subject):
        return weights.reshape(-1, *image_size(source))
    side = math.isqrt(weights.shape[1])
    if side * side != weights.shape[1]:
        raise FigureError(
            f"the network has {weights.shape[1]} inputs, which are not a square image; give the "
            "run instead of the network alone"
        )
    return weights.reshape(-1, side, side)


def _heading_of_weights(shown: int, units: int) -> str:
    if units == 1:
        return "Weights of the only unit of layer 1"
    if shown < units:
        return f"Weights of layer 1: the {shown} strongest of {units} units"
    return f"Weights of the {units} units of layer 1"


def _columns_for(units: int) -> int:
    """Return a number of columns, about that of rows, that leaves the last row nearly full."""
    wished = min(units, max(4, math.ceil(math.sqrt(1.3 * units))))
    around = range(max(1, wished - 2), min(units, wished + 3) + 1)
    return min(around, key=lambda columns: (-units % columns, abs(columns - wished)))


# --- top and bottom images ----------------------------------------------------------------------


@from_source
def unit_images(subject: Subject) -> Figure:
    """Draw, for some units, the images that activate them most and least, and class means.

    The units shown are those without which most accuracy is lost.
    """
    hidden = hidden_units(subject)
    image_size(subject)
    each = units_of_each(len(hidden))
    chosen = [(facts, unit) for facts in hidden for unit in most_important(facts, each)]
    sides = [2.4, 3.9, 3.9, STRIP]  # inches for words, top, bottom, classes
    line, head = 0.72, 1.15
    longest = max(len(short(name)) for name in subject.classes)
    foot = 0.45 + (0.065 * longest if are_upright(subject.classes, STRIP) else 0.12)
    height = head + line * len(chosen) + foot
    figure = new_figure(
        sum(sides) + 0.75,
        height,
        titled(subject, "Images and classes that activate units most"),
        arranged=False,
    )
    lefts = 0.1 + np.cumsum([0, *sides[:-1]]) + np.array([0, 0, 0.15, 0.3])
    _headings(figure, lefts, sides, head, len(subject.sample))
    for k, (facts, unit) in enumerate(chosen):
        top = head + k * line
        _words_about(place(figure, lefts[0], top, sides[0], line), facts, unit)
        for left, side, rows in zip(lefts[1:3], sides[1:3], (facts.top, facts.bottom), strict=True):
            _line_of_images(place(figure, left, top + 0.04, side, line - 0.08), subject, rows[unit])
        axes = place(figure, lefts[3], top + 0.14, sides[3], line - 0.28)
        _class_strip(axes, facts.class_means[unit], subject.classes, last=k == len(chosen) - 1)
    return figure


def units_of_each(layers: int) -> int:
    """Return how many units of each hidden layer `unit_images` shows."""
    return max(2, UNITS_SHOWN // layers)


def most_important(facts: UnitFacts, count: int) -> IntArray:
    """Return the units whose loss costs most accuracy, then those that vary most."""
    spread = facts.activations.std(axis=0)
    lost = np.zeros_like(spread) if facts.accuracy_lost is None else facts.accuracy_lost
    return np.sort(np.lexsort((-spread, -lost))[:count])


def _headings(
    figure: Figure, lefts: FloatArray, sides: list[float], head: float, images: int
) -> None:
    words = (
        "",
        "images that activate it most",
        "images that activate it least",
        "mean by class, dark: the unit's\nlowest, bright: its highest",
    )
    width, height = figure.get_size_inches()
    for left, side, text in zip(lefts, sides, words, strict=True):
        x, y = (left + side / 2) / width, 1 - (head - 0.14) / height
        figure.text(x, y, text, ha="center", va="bottom", fontsize=NORMAL + 1, color=BLACK)
    y = 1 - (head - 0.14) / height
    figure.text(
        0.1 / width,
        y,
        f"accuracy in points,\nof {counted(images, 'image')}",
        va="bottom",
        fontsize=NORMAL,
        color=BLACK,
    )


def _words_about(axes: Axes, facts: UnitFacts, unit: int) -> None:
    bare(axes)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    lines = [f"layer {facts.row.number}, unit {unit}", f"silent for {percent(facts.silent[unit])}"]
    if facts.accuracy_lost is not None:
        lines.append(_words_about_loss(float(facts.accuracy_lost[unit]), facts.ablated))
    axes.text(
        0,
        0.5,
        "\n".join(lines).replace("-", "\u2212"),
        va="center",
        fontsize=NORMAL + 1,
        color=BLACK,
    )


def _words_about_loss(lost: float, images: int) -> str:
    """Return how accuracy changes without a unit, unless chance alone would explain it."""
    if abs(round(lost * images)) < NOISE:
        return "accuracy the same without it"
    return f"accuracy without it {-100 * lost:+.2f}"


def _line_of_images(axes: Axes, subject: Subject, rows: IntArray) -> None:
    pictures = pictures_of(subject, subject.sample[rows[:IMAGES_SHOWN]])
    gap = max(1, pictures.shape[1] // 10)
    whole = mosaic(pictures, len(pictures), gap)
    bare(axes).imshow(whole, cmap=INK, vmin=min(0.0, float(pictures.min())), vmax=1)
    axes.set_anchor("W")


def _class_strip(axes: Axes, means: FloatArray, names: list[str], last: bool) -> None:
    axes.imshow(means[None, :], cmap=SEQUENTIAL, aspect="auto")
    tidy(axes, "class" if last else "")
    axes.set_yticks([])
    if last:
        name_ticks(axes, "x", names, STRIP)
    else:
        axes.set_xticks([])


# --- class averages -----------------------------------------------------------------------------


@from_source
def class_averages(subject: Subject) -> Figure:
    """Draw the mean activation of every hidden unit for every class, ordered by best class."""
    hidden, names = hidden_units(subject), subject.classes
    wide = max(2.6, min(0.3 * len(names) + 1, 18 / len(hidden)))
    figure = new_figure(max(wide * len(hidden), 5), 6, titled(subject, "Mean activation by class"))
    for axes, facts in zip(np.atleast_1d(figure.subplots(1, len(hidden))), hidden, strict=True):
        order = order_by_class(facts.class_means)
        means = facts.class_means[order]
        image = axes.imshow(means, cmap=SEQUENTIAL, aspect="auto", interpolation="none")
        tidy(axes, "class", "unit, ordered by the class that activates it most", facts.row.title)
        number_units(axes, "y", order, most_important(facts, units_of_each(len(hidden))), 3.5)
        name_ticks(axes, "x", names, wide - 0.6)
        bar_of(figure, image, axes, "mean activation", location="bottom", shrink=0.9)
    return figure


def number_units(axes: Axes, which: str, order: IntArray, worthy: IntArray, length: float) -> None:
    """Write the numbers of units at the "x" or "y" axis, in their order.

    Those that `unit_images` shows come first, then others, as far as they fit into `length` inches.
    """
    apart = max(1, math.ceil(len(order) * 0.13 / length))
    first = np.flatnonzero(np.isin(order, worthy))
    taken: list[int] = []
    for at in (*first, *range(0, len(order), apart)):
        if all(abs(at - other) >= apart for other in taken):
            taken.append(int(at))
    axis = axes.xaxis if which == "x" else axes.yaxis
    taken.sort()
    axis.set_ticks(taken, [f"{order[at]}" for at in taken], fontsize=TINY - 1)
    if which == "x":
        axis.set_tick_params(rotation=90)


def order_by_class(means: FloatArray) -> IntArray:
    """Return units ordered by the class that activates each most, the strongest first."""
    known = np.nan_to_num(means, nan=-np.inf)
    return np.lexsort((-known.max(axis=1), known.argmax(axis=1)))
