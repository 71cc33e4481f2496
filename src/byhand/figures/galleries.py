"""Images with the network's predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import IntArray
from byhand.evaluation.metrics import worst_mistakes as mistakes_of
from byhand.evaluation.subject import Subject
from byhand.figures.canvas import (
    BLUE,
    INK,
    ORANGE,
    FigureError,
    bare,
    counted,
    new_figure,
    note,
    place,
    short,
    these,
)
from byhand.figures.examples import pictures_of, titled
from byhand.figures.source import from_source
from byhand.readable import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 32
COLUMNS = 8
TOGETHER = 14
"""Largest number of letters of a label and a prediction that share a line."""
_CELL, _PICTURE, _CAPTION = 1.25, 1.0, 0.62  # inches


@from_source
def random_predictions(subject: Subject) -> Figure:
    """Draw random images with their predictions; wrong ones in orange."""
    rows = subject.random_rows(SHOWN)
    wrong = int((~subject.predictions.correct[rows]).sum())
    found = f"{wrong} wrong (orange)" if wrong else "none wrong"
    heading = f"{counted(len(rows), 'image')} drawn at random: {found}"
    return _gallery(subject, rows, heading)


@from_source
def worst_mistakes(subject: Subject) -> Figure:
    """Draw the wrong predictions with the highest confidence, highest first."""
    rows = np.array([mistake.row for mistake in mistakes_of(subject.predictions, SHOWN)], np.intp)
    if not len(rows):
        raise FigureError(
            f"the network makes no mistake on {these(len(subject.predictions), 'image')}"
        )
    wrong = int((~subject.predictions.correct).sum())
    heading = f"The {len(rows)} most confident of {wrong:,} mistakes"
    if wrong == len(rows):
        heading = (
            f"All {wrong} mistakes, the most confident first" if wrong > 1 else "The only mistake"
        )
    heading += ": label → prediction, confidence"
    return _gallery(subject, rows, heading)


def _gallery(subject: Subject, rows: IntArray, heading: str) -> Figure:
    pictures = pictures_of(subject, rows)
    columns = min(COLUMNS, len(rows))
    width = max(columns * _CELL, 5.0) + 0.2
    left = (width - columns * _CELL) / 2
    lines = -(-len(rows) // columns)
    height = 0.75 + lines * (_PICTURE + _CAPTION)
    figure = new_figure(width, height, titled(subject, heading), arranged=False)
    axes = bare(place(figure, 0, 0, width, height))
    for k, (row, picture) in enumerate(zip(rows, pictures, strict=True)):
        x = left + k % columns * _CELL + _CELL / 2
        y = 0.65 + k // columns * (_PICTURE + _CAPTION)
        axes.imshow(
            picture,
            cmap=INK,
            vmin=min(0.0, float(picture.min())),
            vmax=1,
            extent=(x - _PICTURE / 2, x + _PICTURE / 2, y + _PICTURE, y),
        )
        colour = BLUE if subject.predictions.correct[row] else ORANGE
        note(axes, x, y + _PICTURE + 0.04, caption(subject, int(row)), color=colour)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("auto")
    return figure


def caption(subject: Subject, row: int) -> str:
    """Return prediction and confidence in short lines; for a mistake "label → prediction"."""
    predicted = subject.predictions
    name, label = (
        short(predicted.class_names[k]) for k in (predicted.predicted[row], predicted.labels[row])
    )
    value = float(predicted.confidence[row])
    confidence = percent(value) if predicted.calibrated else f"output {value:.2f}"
    if predicted.correct[row]:
        return f"{name}\n{confidence}"
    apart = " " if len(label) + len(name) <= TOGETHER else "\n"
    return f"{label}{apart}→ {name}\n{confidence}"
