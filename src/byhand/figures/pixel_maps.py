"""Maps of the pixels that a prediction depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.evaluation.attribution import occlusion, saliency
from byhand.evaluation.subject import Subject
from byhand.figures.canvas import bare, new_figure, note, place
from byhand.figures.colour_maps import diverging, limit_of
from byhand.figures.common import image_size, pictures_of, titled
from byhand.figures.galleries import caption
from byhand.figures.source import from_source
from byhand.figures.style import BLUE, INK, ORANGE, SMALL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CORRECT, WRONG = 5, 3
"""Number of examples with correct and with wrong predictions."""

_CELL, _PICTURE = 1.35, 1.2  # inches


@from_source
def saliency_maps(subject: Subject) -> Figure:
    """Draw the gradient of the predicted class's logit by each pixel, scaled for each image."""
    rows = _examples(subject)
    maps = saliency(subject.network, subject.images[rows]).reshape(-1, *image_size(subject))
    largest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    maps = np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
    label = "gradient of the prediction's logit,\nas a fraction of the image's largest"
    return _maps(
        subject, rows, maps, "Saliency: where more ink would change the prediction", label, 1.0
    )


@from_source
def occlusion_maps(subject: Subject) -> Figure:
    """Draw how much the log-odds of the predicted class fall when a patch is covered by paper."""
    rows = _examples(subject)
    images = subject.images[rows].reshape(-1, *image_size(subject))
    maps = occlusion(subject.network, images)
    label = "fall of the prediction's log-odds\nwhen covered (nats)"
    if not subject.predictions.calibrated:
        label = "fall of the output when it is covered"
    limit = limit_of(maps, 100)
    return _maps(
        subject, rows, maps, "Occlusion: which ink the prediction depends on", label, limit
    )


def _examples(subject: Subject) -> IntArray:
    image_size(subject)
    correct, wrong = (
        subject.balanced_rows(CORRECT, correct=True),
        subject.balanced_rows(WRONG, correct=False),
    )
    return np.concatenate([correct, wrong])


def _maps(
    subject: Subject, rows: IntArray, maps: FloatArray, heading: str, label: str, limit: float
) -> Figure:
    """Draw a row of images and, below it, a row of their maps."""
    across = max(len(rows), 4)
    width, height = across * _CELL + 1.7, 2 * _PICTURE + 1.6
    figure = new_figure(width, height, titled(subject, heading), arranged=False)
    axes = bare(place(figure, 0, 0, width, height))
    pictures = pictures_of(subject, rows)
    for k, row in enumerate(rows):
        x, y = 0.15 + k * _CELL, 0.75
        colour = BLUE if subject.predictions.correct[row] else ORANGE
        note(
            axes,
            x + _PICTURE / 2,
            y + _PICTURE + 0.05,
            caption(subject.predictions, row),
            color=colour,
        )
        low = min(0.0, float(pictures[k].min()))
        axes.imshow(pictures[k], cmap=INK, vmin=low, vmax=1, extent=_box(x, y))
        below = y + _PICTURE + 0.65
        image = axes.imshow(
            maps[k], cmap=diverging(), vmin=-limit, vmax=limit, extent=_box(x, below)
        )
        axes.contour(
            x + _PICTURE * (np.arange(maps.shape[2]) + 0.5) / maps.shape[2],
            below + _PICTURE * (np.arange(maps.shape[1]) + 0.5) / maps.shape[1],
            pictures[k],
            levels=[0.5],
            colors="#444444",
            linewidths=0.6,
        )
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("auto")
    bar = place(figure, width - 1.4, 0.75, 0.15, 2 * _PICTURE + 0.65)
    colours = figure.colorbar(image, cax=bar)
    colours.set_label(label, fontsize=SMALL)
    bar.tick_params(labelsize=SMALL)
    return figure


def _box(x: float, y: float) -> tuple[float, float, float, float]:
    return (x, x + _PICTURE, y + _PICTURE, y)
