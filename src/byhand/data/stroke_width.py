"""Measures the width of pen strokes, and makes strokes as wide as the training set's.

A pen has the same width however large one writes. After a digit is scaled to its box, its strokes
may be wider or thinner than any that the network was trained on. Images are uint8 (height, width),
ink 255 on paper 0. All decisions use integers, so that the report page (`stroke_width.js`) gets the
same values.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray

INK = 128  # a pixel of at least this value belongs to a stroke
SIXTEENTHS = 16  # distances are summed in sixteenths of a pixel
CLOSE = (80, 125)  # per cent of the requested width: strokes in this range are left alone
REACH = 120  # half of the widest stroke that is measured
FAR = 1 << 14  # a squared distance larger than any in the pictures whose strokes are changed


def stroke_widths(images: Array) -> FloatArray:
    """Return the mean stroke width of each image in pixels: w = 2 sum(v) / sum(|grad v|).

    The sum of the gradient's lengths is the mean length of the contours v = const (coarea
    formula), which is twice the length of the strokes.

    Args:
        images: uint8 (n, height, width).

    Returns:
        (n,); 0 for an empty image.
    """
    values = np.pad(images.astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    down, right = np.diff(values, axis=1), np.diff(values, axis=2)
    down, right = (down[:, :, 1:] + down[:, :, :-1]) / 2, (right[:, 1:] + right[:, :-1]) / 2
    contours = np.hypot(down, right).sum(axis=(1, 2))
    widths: FloatArray = 2 * values.sum(axis=(1, 2)) / np.maximum(contours, 1e-9)
    return widths


def with_stroke_width(ink: Array, width: float) -> Array:
    """Return the ink with strokes of about this width in pixels; unchanged if they are close.

    With D the distance of an ink pixel to the nearest paper, a stroke of n pixels has
    n = 4 mean(D) - 2. Thin strokes grow by every pixel within (width - n) / 2. Wide strokes shrink
    to the pixels with D > (n - width) / 2, and to those within width / 2 of a ridge of D, so that
    no stroke breaks.

    Args:
        ink: uint8 (height, width).
        width: in pixels.
    """
    mask = ink >= INK
    if not mask.any():
        return ink
    inside = squared_distances(np.pad(~mask, 1, constant_values=True), REACH)[1:-1, 1:-1]
    now = _width(inside[mask])
    if CLOSE[0] * width <= 100 * now <= CLOSE[1] * width:
        return ink
    reach = int(width + 0.5)
    if now < width:
        near = squared_distances(mask, reach) <= ((width - now) / 2) ** 2
        return np.where(mask, 255, np.where(near, 255, 0)).astype(np.uint8)
    ridge = _ridge(inside) & (16 * inside >= now * now)
    near = squared_distances(ridge, reach) <= (width / 2) ** 2
    kept = mask & (near | (inside > ((now - width) / 2) ** 2))
    return np.where(kept, 255, 0).astype(np.uint8)


def _width(squares: IntArray) -> float:
    """The width 4 mean(D) - 2 of strokes with these squared distances."""
    sixteenths = np.floor(SIXTEENTHS * np.sqrt(squares) + 0.5).astype(np.int64)
    return max(1.0, 4 * int(sixteenths.sum()) / (SIXTEENTHS * len(squares)) - 2)


def _ridge(squares: IntArray) -> Array:
    """The pixels with no neighbour, corners included, of larger distance."""
    padded = np.pad(squares, 1)
    height, width = squares.shape
    largest = squares.copy()
    for down in range(3):
        for right in range(3):
            np.maximum(largest, padded[down : down + height, right : right + width], out=largest)
    on_ridge: Array = (squares == largest) & (squares > 0)
    return on_ridge


def squared_distances(mask: Array, reach: int) -> IntArray:
    """Return the squared distance of each pixel to the nearest pixel of the mask, exact to `reach`.

    First along each column, then D^2(x) = min over x' of (g(x')^2 + (x - x')^2) along rows.
    Pixels outside the picture are not in the mask.

    Source: P. Felzenszwalb, D. Huttenlocher, Distance Transforms of Sampled Functions, 2012.
    """
    width = mask.shape[1]
    squares = np.minimum(_from_above(mask), _from_above(mask[::-1])[::-1]) ** 2
    out = squares.copy()
    for step in range(1, min(reach, width - 1) + 1):
        if step * step >= out.max():
            break  # nothing further away is nearer
        np.minimum(out[:, step:], squares[:, :-step] + step * step, out=out[:, step:])
        np.minimum(out[:, :-step], squares[:, step:] + step * step, out=out[:, :-step])
    return out.astype(np.int64)


def _from_above(mask: Array) -> Array:
    """The distance of each pixel from the last one of the mask above it, at most FAR; int32."""
    rows = np.arange(len(mask), dtype=np.int32)[:, None]
    last = np.maximum.accumulate(np.where(mask, rows, np.int32(-FAR)), axis=0)
    return np.minimum(rows - last, np.int32(FAR))
