"""Drawings as a hand with a mouse makes them: a shape in one of nine styles, with jitter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.pictures.shapes import Shape, Stroke
from byhand.arrays import Array, FloatArray

SIDE = 280  # of the box
OVER = 3  # drawn so many times larger, then averaged


@dataclass(frozen=True)
class Style:
    """How a shape is drawn in the box.

    Args:
        scale: of the shape's 100 x 100, in pixels of the box for each unit.
        pen: width in pixels.
        lean: pixels to the right for each pixel upwards.
        stretch: factor of the width.
        centre: middle of the shape in the box, as fractions.
    """

    scale: float = 1.9
    pen: float = 24
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


@dataclass(frozen=True)
class Drawing:
    """Pen strokes in the box, and what they stand for."""

    answer: str
    style: str
    strokes: list[FloatArray]
    pen: float


def draw(shape: Shape, name: str, rng: np.random.Generator) -> Drawing:
    """Return a shape in a style, moved as hands do: a little turned, stretched, and shaky.

    Points are whole pixels, as a mouse gives them.
    """
    answer, strokes = shape
    style = STYLES[name]
    turn, taller, wider = rng.normal(0, 0.05), *rng.normal(1, 0.04, 2)
    matrix = np.array([[style.stretch * wider, -style.lean + turn], [-turn, taller]]) * style.scale
    middle = SIDE * np.array(style.centre)
    moved = [_shaky(stroke, rng) @ matrix.T + middle for stroke in strokes]
    return Drawing(answer, name, [np.clip(np.round(one), 0, SIDE) for one in moved], style.pen)


def _shaky(stroke: Stroke, rng: np.random.Generator) -> FloatArray:
    """The stroke about its middle with a slow wobble, resampled as a moving mouse sends points."""
    points = np.array(stroke, float) - 50
    lengths = np.hypot(*np.diff(points, axis=0).T)
    at = np.concatenate([[0], np.cumsum(lengths)])
    count = max(2, round(at[-1] / 3))
    along = np.linspace(0, at[-1], count)
    line = np.stack([np.interp(along, at, axis) for axis in points.T], axis=1)
    wobble = rng.normal(0, 1.0, (max(2, count // 5), 2))
    places = np.linspace(0, count - 1, len(wobble))
    return line + np.stack([np.interp(np.arange(count), places, axis) for axis in wobble.T], axis=1)


def paint(strokes: list[FloatArray], pen: float, side: int = SIDE) -> Array:
    """Return strokes with a round pen as ink, uint8 (side, side), 255 on 0."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (side * OVER, side * OVER))
    brush = ImageDraw.Draw(image)
    radius = pen * OVER / 2
    for stroke in strokes:
        points = [(float(x) * OVER, float(y) * OVER) for x, y in stroke]
        brush.line(points, fill=255, width=max(1, round(2 * radius)))
        for x, y in points:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))
