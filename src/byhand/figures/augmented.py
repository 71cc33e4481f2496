"""Augmented images, as a network is trained on them, beside their originals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.augmentation import Augmentation
from byhand.augmentation.draws import epoch_key, keys_of_rows
from byhand.figures.canvas import bare, new_figure, note, place
from byhand.figures.style import BLUE, GREY, INK
from byhand.randomness import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPOCHS = 9
"""Number of changed images beside each original."""

_PICTURE, _GAP, _SIDE, _TOP = 0.85, 0.08, 0.15, 0.95  # inches


def augmented_images(
    images: Array, augmentation: Augmentation, *, seed: int = 0, epochs: int = EPOCHS
) -> Figure:
    """Draw each image in a row with its changed copies from several epochs.

    Args:
        images: uint8 (n, height, width); each becomes a row.
        augmentation: how they are changed.
        seed: seed of the random changes.
        epochs: number of copies of each image.
    """
    rows = np.arange(len(images))
    columns = [images, *(_epoch(images, rows, augmentation, seed, k) for k in range(1, epochs + 1))]
    step = _PICTURE + _GAP
    width = 2 * _SIDE + len(columns) * step + _GAP
    height = _TOP + len(images) * step + 0.1
    figure = new_figure(width, height, f"Augmented images\n{text_of(augmentation)}", arranged=False)
    axes = bare(place(figure, 0, 0, width, height))
    for k, column in enumerate(columns):
        left = _SIDE + k * step + (2 * _GAP if k else 0)
        heading = f"epoch {k}" if k else "original"
        note(axes, left + _PICTURE / 2, _TOP - 0.22, heading, color=GREY if k else BLUE)
        for row, picture in enumerate(column):
            top = _TOP + row * step
            place_of = (left, left + _PICTURE, top + _PICTURE, top)
            axes.imshow(picture, cmap=INK, vmin=0, vmax=255, extent=place_of)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("auto")
    return figure


def first_of_each_class(labels: Array | None, count: int) -> IntArray:
    """Return the rows of `count` examples: the first of each class, then the second of each."""
    if labels is None:
        return np.arange(count)
    order = np.argsort(labels, kind="stable")
    start_of_class = np.searchsorted(labels[order], labels[order])
    turn = np.arange(len(order)) - start_of_class  # 0 for the first of its class, then 1, ...
    rows: IntArray = order[np.argsort(turn, kind="stable")][:count]
    return rows


def text_of(augmentation: Augmentation) -> str:
    """Return the changes in the form of the command line: "shift=2, rotate=10, scale=0.1"."""
    used = {
        name: value
        for name, value in vars(augmentation).items()
        if value and (name != "sigma" or augmentation.elastic)
    }
    return ", ".join(f"{name}={value:g}" for name, value in used.items()) or "nothing is changed"


def _epoch(
    images: Array, rows: IntArray, augmentation: Augmentation, seed: int, epoch: int
) -> Array:
    keys = keys_of_rows(epoch_key(stream(seed, "augmentation", epoch)), rows)
    return augmentation.with_keys(images, keys)
