"""Drawings as if made with a mouse: strokes in one of nine styles, with jitter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.pictures.hands import Strokes
from byhand.arrays import FloatArray

SIDE = 280  # of the box
STEP = 5  # hundredths of the shape between two events of the mouse


@dataclass(frozen=True)
class Style:
    """A style in which a shape is drawn in the box.

    Args:
        scale: of the shape's 100 x 100, in pixels of the box for each unit.
        pen: width in pixels.
        lean: pixels to the right for each pixel upwards.
        stretch: factor of the width.
        centre: middle of the shape in the box, as fractions.
    """

    scale: float = 1.9
    pen: int = 24
    lean: float = 0.0
    stretch: float = 1.0
    centre: tuple[float, float] = (0.5, 0.5)


STYLES = {
    "usual": Style(),
    "large": Style(scale=3.0),
    "thick": Style(pen=40),
    "thin": Style(pen=8),
    "slanted left": Style(lean=-0.25),
    "slanted right": Style(lean=0.3),
    "wide": Style(stretch=1.4),
    "in a corner": Style(scale=0.85, centre=(0.25, 0.25)),
    "tiny": Style(scale=0.45),
}


def drawn(strokes: Strokes, style: Style, rng: np.random.Generator) -> Strokes:
    """Return strokes in the box as a hand would draw them: slightly turned, stretched and shaky.

    Points are whole pixels, as a mouse gives them.
    """
    turn, taller, wider = rng.normal(0, 0.05), *rng.normal(1, 0.04, 2)
    matrix = np.array([[style.stretch * wider, -style.lean + turn], [-turn, taller]]) * style.scale
    middle = SIDE * np.array(style.centre)
    moved = [_shaky(stroke, rng) @ matrix.T + middle for stroke in strokes]
    return [np.clip(np.round(one), 0, SIDE) for one in moved]


def _shaky(stroke: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The stroke about its middle with a slow wobble, resampled as a moving mouse sends points."""
    points = stroke - 50
    at = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    count = max(2, round(float(at[-1]) / STEP))
    along = np.linspace(0, at[-1], count)
    line = np.stack([np.interp(along, at, axis) for axis in points.T], axis=1)
    wobble = rng.normal(0, 1.0, (max(2, count // 3), 2))
    places = np.linspace(0, count - 1, len(wobble))
    return line + np.stack([np.interp(np.arange(count), places, axis) for axis in wobble.T], axis=1)
