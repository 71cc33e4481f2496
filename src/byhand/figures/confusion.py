"""The confusion matrix, and the scores of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.evaluation.confidence_interval import wilson_interval
from byhand.evaluation.metrics import class_scores as scores_of
from byhand.evaluation.metrics import confusion_matrix as matrix_of
from byhand.evaluation.metrics import row_fractions
from byhand.evaluation.mistakes import common_confusions
from byhand.evaluation.subject import Subject
from byhand.figures.canvas import as_per_cent, bar_of, name_ticks, new_figure, short, tidy
from byhand.figures.common import titled
from byhand.figures.source import from_source
from byhand.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, SMALL, TINY
from byhand.readable import percent, percents

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WRITTEN = 15
"""Largest number of classes with a count in every cell; beyond it, the commonest are listed."""

LISTED = 20


@from_source
def confusion_matrix(subject: Subject) -> Figure:
    """Draw how often each class (row) is predicted as each class (column): counts and percentages.

    The colour is the fraction of the row, on a scale that spreads small fractions. Up to WRITTEN
    classes both numbers are in the cells; beyond that, the commonest confusions are listed beside
    it.
    """
    names = subject.classes
    matrix = matrix_of(subject.predictions.labels, subject.predictions.predicted, len(names))
    written = len(names) <= WRITTEN
    side = max(4.5, (0.66 if written else 0.14) * len(names) + 1.6)
    side = min(side, 12)
    width = side + 1.2 + (0 if written else 3.2)
    figure = new_figure(width, side + 0.4, titled(subject, _heading(subject)))
    axes = figure.subplots(1, 2, width_ratios=(side, 2.4)) if not written else [figure.subplots()]
    _cells(figure, axes[0], matrix, names, side - 1.6)
    if written:
        _write_cells(axes[0], matrix)
    else:
        _list_confusions(axes[1], matrix, names)
    return figure


def _heading(subject: Subject) -> str:
    correct, total = int(subject.predictions.correct.sum()), len(subject.predictions)
    low, high = wilson_interval(correct, total)
    return (
        f"Confusion matrix: {percent(correct / total, 2)} of {total:,} correct"
        f" (95 %: {percents(low, high)})"
    )


def _cells(figure: Figure, axes: Axes, matrix: IntArray, names: list[str], length: float) -> None:
    from matplotlib.colors import PowerNorm

    # the square root keeps a confusion of 1 % visible beside a diagonal of 99 %
    image = axes.imshow(
        row_fractions(matrix), cmap="Blues", norm=PowerNorm(0.5, 0, 1), aspect="equal"
    )
    tidy(axes, "prediction", "label")
    name_ticks(axes, "x", names, length)
    name_ticks(axes, "y", names, length)
    bar_of(
        figure,
        image,
        axes,
        "fraction of the label's examples\n(colours by its square root)",
        shrink=0.8,
        format=as_per_cent,
    )


def _write_cells(axes: Axes, matrix: IntArray) -> None:
    fractions = row_fractions(matrix)
    for i, j in np.argwhere(matrix):
        colour = "white" if fractions[i, j] > 0.3 else BLACK
        percentage = 100 * fractions[i, j]
        text = (
            f"{matrix[i, j]:,}\n{percentage:.1f} %"
            if percentage < 99.95
            else f"{matrix[i, j]:,}\n100 %"
        )
        axes.text(j, i, text, ha="center", va="center", fontsize=TINY, color=colour)


def _list_confusions(axes: Axes, matrix: IntArray, names: list[str]) -> None:
    worst = common_confusions(matrix, LISTED)
    labels = [f"{short(names[i])} as {short(names[j])}" for i, j, _ in worst]
    axes.barh(range(len(worst)), [count for *_, count in worst], color=ORANGE)
    axes.set_yticks(range(len(worst)), labels)
    axes.invert_yaxis()
    tidy(axes, "examples", "label and prediction", "commonest confusions", grid="x")
    axes.tick_params(labelsize=TINY)
    _whole_numbers(axes)


def _whole_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))


@from_source
def class_scores(subject: Subject) -> Figure:
    """Draw precision, recall and F1 of each class, beside its number of examples."""
    names = subject.classes
    scores = scores_of(
        matrix_of(subject.predictions.labels, subject.predictions.predicted, len(names))
    )
    each = 0.34 if len(names) <= 20 else 0.17
    means = scores.macro()
    figure = new_figure(
        7.5, 1.9 + each * len(names), titled(subject, "Precision, recall and F1 by class")
    )
    axes = figure.subplots()
    kinds = (
        ("precision", "of those predicted as it, how many are it", scores.precision, "o", BLUE, -1),
        (
            "recall",
            "of those that are it, how many are predicted as it",
            scores.recall,
            "s",
            ORANGE,
            1,
        ),
        ("F1", "both in one", scores.f1, "|", GREEN, 0),
    )
    for name, meaning, values, marker, colour, side in kinds:
        label = f"{name}: {meaning} (mean {100 * means[name.lower()]:.1f} %)"
        places = np.arange(len(names)) + 0.18 * side
        size = 90 if marker == "|" else 22
        axes.scatter(values, places, s=size, marker=marker, color=colour, label=label, zorder=3)
    _scores_axes(axes, scores.f1, scores.precision, scores.recall)
    labels = [
        f"{short(name)} ({count:,})" for name, count in zip(names, scores.support, strict=True)
    ]
    axes.set_yticks(range(len(names)), labels)
    axes.set_ylim(len(names) - 0.5, -0.5)
    tidy(axes, "score", "class (examples)", grid="both")
    axes.tick_params(axis="y", labelsize=SMALL if len(names) <= 20 else TINY)
    figure.legend(loc="outside lower center", fontsize=SMALL, frameon=False, markerscale=0.9)
    if np.isnan(scores.f1).any() or np.isnan(scores.precision).any():
        axes.set_title(
            "no mark: 0/0, the class never occurs or is never predicted", fontsize=SMALL, color=GREY
        )
    return figure


def _scores_axes(axes: Axes, *scores: FloatArray) -> None:
    """Let the x axis range from a little below the lowest score to 1."""
    lowest = min(
        (float(np.nanmin(values)) for values in scores if not np.isnan(values).all()), default=0
    )
    margin = max(0.05 * (1 - lowest), 0.002)
    axes.set_xlim(max(lowest - margin, -0.02) if lowest > 0.05 else -0.03, 1 + margin)
    axes.xaxis.set_major_formatter(as_per_cent)
