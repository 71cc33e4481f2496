"""Material shared by several figures: headings, pictures, the facts about hidden units.

Colours and sizes of text are in `style.py`; placing and saving in `canvas.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.figures.canvas import FigureError, short

if TYPE_CHECKING:
    from byhand.arrays import Array, FloatArray, IntArray
    from byhand.evaluation.subject import Subject
    from byhand.evaluation.units import UnitFacts


def titled(subject: Subject, text: str) -> str:
    """Return a heading with the network and the data on a second line."""
    sizes, _, data = subject.title.partition(" on ")
    about = f"{short(sizes, 48)} on {short(data, 32)}" if data else short(sizes, 48)
    return f"{text}\n{about}"


def image_size(subject: Subject) -> tuple[int, int]:
    """Return the height and width of an image.

    Raises:
        FigureError: the data are a table.
    """
    if subject.size is None:
        columns = subject.network.input_layer.units
        raise FigureError(f"the data are a table of {columns} columns, not images")
    return subject.size


def pictures_of(subject: Subject, rows: IntArray) -> FloatArray:
    """Return images as (n, height, width), with ink 1 on paper 0."""
    images = subject.images[rows].reshape(len(rows), *image_size(subject))
    return ink_of(images, full=subject.images[subject.sample])


def ink_of(images: Array, full: Array) -> FloatArray:
    """Return images as numbers up to 1, the ink of the darkest of the images `full`."""
    full_ink = float(np.abs(full).max(initial=0)) or 1.0
    return np.asarray(images, np.float32) / np.float32(full_ink)


def hidden_units(subject: Subject) -> list[UnitFacts]:
    """Return the facts about each hidden row of units.

    Raises:
        FigureError: the network has no hidden layer.
    """
    facts = [row for row in subject.units if row.row.hidden]
    if not facts:
        raise FigureError("the network has no hidden layer")
    return facts
