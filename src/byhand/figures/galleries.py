"""Images with the network's predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.evaluation.mistakes import worst_mistakes as mistakes_of
from byhand.evaluation.predictions import Predictions
from byhand.evaluation.subject import Subject
from byhand.figures.canvas import (
    FigureError,
    bare,
    counted,
    new_figure,
    note,
    place,
    short,
    these,
)
from byhand.figures.common import pictures_of, titled
from byhand.figures.source import from_source
from byhand.figures.style import BLUE, INK, ORANGE
from byhand.readable import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 32
COLUMNS = 8
TOGETHER = 14
"""Largest number of letters for a label and a prediction on the same line."""
_CELL, _PICTURE, _CAPTION = 1.25, 1.0, 0.62  # inches


@from_source
def random_predictions(subject: Subject) -> Figure:
    """Draw random images with their predictions; wrong ones in orange."""
    rows = subject.random_rows(SHOWN)
    wrong = int((~subject.predictions.correct[rows]).sum())
    found = f"{wrong} wrong (orange)" if wrong else "none wrong"
    heading = f"{counted(len(rows), 'image')} drawn at random: {found}"
    return gallery(titled(subject, heading), pictures_of(subject, rows), _captions(subject, rows))


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
    return gallery(titled(subject, heading), pictures_of(subject, rows), _captions(subject, rows))


def gallery(title: str, pictures: FloatArray, captions: Sequence[tuple[str, str]]) -> Figure:
    """Draw pictures (n, height, width) in rows, each with a caption, a text in a colour."""
    columns = min(COLUMNS, len(pictures))
    width = max(columns * _CELL, 5.0) + 0.2
    left = (width - columns * _CELL) / 2
    lines = -(-len(pictures) // columns)
    height = 0.75 + lines * (_PICTURE + _CAPTION)
    figure = new_figure(width, height, title, arranged=False)
    axes = bare(place(figure, 0, 0, width, height))
    for k, (picture, (words, colour)) in enumerate(zip(pictures, captions, strict=True)):
        x = left + k % columns * _CELL + _CELL / 2
        y = 0.65 + k // columns * (_PICTURE + _CAPTION)
        axes.imshow(
            picture,
            cmap=INK,
            vmin=min(0.0, float(picture.min())),
            vmax=1,
            extent=(x - _PICTURE / 2, x + _PICTURE / 2, y + _PICTURE, y),
        )
        note(axes, x, y + _PICTURE + 0.04, words, color=colour)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("auto")
    return figure


def _captions(subject: Subject, rows: IntArray) -> list[tuple[str, str]]:
    predicted = subject.predictions
    colours = np.where(predicted.correct[rows], BLUE, ORANGE).tolist()
    return [(caption(predicted, row), colour) for row, colour in zip(rows, colours, strict=True)]


def caption(predicted: Predictions, row: int) -> str:
    """Return prediction and confidence in short lines; for a mistake, "label → prediction"."""
    name, label = (
        short(predicted.class_names[k]) for k in (predicted.predicted[row], predicted.labels[row])
    )
    value = float(predicted.confidence[row])
    confidence = percent(value) if predicted.calibrated else f"output {value:.2f}"
    if predicted.correct[row]:
        return f"{name}\n{confidence}"
    apart = " " if len(label) + len(name) <= TOGETHER else "\n"
    return f"{label}{apart}→ {name}\n{confidence}"
