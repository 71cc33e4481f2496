"""A network's reading of pictures: class, confidence, doubt, and place on a sheet.

for digit in read_sheet(net, "page.jpg"):
    print(digit.line, digit.predicted, digit.confidence, digit.doubt)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.data import Preparation, read_image
from byhand.data.pictures import Picture
from byhand.data.prepare_picture import PEN_KINDS
from byhand.data.sheet import find_digits
from byhand.errors import ArgumentError
from byhand.evaluation.doubt import SURE, Doubt
from byhand.network import Network


@dataclass(frozen=True, eq=False)
class Reading:
    """The prediction for one image.

    Args:
        label: the likeliest class.
        predicted: its name.
        confidence: its probability.
        probabilities: of every class (classes,).
        doubt: "" for none, "unsure" (too little confidence), or "strange" (unlike what the
            network was trained on).
        box: on a sheet, top, left, height and width in pixels.
        line: on a sheet, the number of its line, from 0.
    """

    label: int
    predicted: str
    confidence: float
    probabilities: FloatArray
    doubt: str = SURE
    box: tuple[int, int, int, int] | None = None
    line: int | None = None


def read_inputs(net: Network, x: Array) -> list[Reading]:
    """Return a classifier's predictions for inputs (n, ...), with doubt if the model stores one."""
    outputs = net.predict_proba(x)
    probabilities = np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
    doubt = Doubt.of(net)
    doubts = [SURE] * len(x) if doubt is None else doubt.about(net, x)
    names = net.class_names or [str(k) for k in range(probabilities.shape[1])]
    return [
        Reading(int(k := row.argmax()), str(names[k]), float(row[k]), row, said)
        for row, said in zip(probabilities, doubts, strict=True)
    ]


def read_sheet(net: Network, picture: Picture, *, dark_ink: bool | None = None) -> list[Reading]:
    """Return the prediction for each digit of a sheet, line by line, from left to right.

    Args:
        net: a network trained on images of pen strokes.
        picture: a file, or uint8 (height, width).
        dark_ink: whether ink is darker than its paper; by default found from the picture.

    Raises:
        ArgumentError: the network was not trained on pen strokes.
        DataError: no ink stands out from the paper.
    """
    way = Preparation.of(net)
    if way.kind not in PEN_KINDS or way.takes_whole:
        raise ArgumentError(
            "a sheet needs a network for pen strokes, such as digits; this one was trained on "
            f"images of kind {way.kind!r}."
        )
    grey = picture if isinstance(picture, np.ndarray) else read_image(picture)
    found = find_digits(grey, dark_ink)
    answers = read_inputs(net, np.stack([way.of_ink(one.ink) for one in found]))
    return [
        Reading(a.label, a.predicted, a.confidence, a.probabilities, a.doubt, one.box, one.line)
        for a, one in zip(answers, found, strict=True)
    ]
