"""Resampling of images: each output pixel is interpolated at its input point.

The input point is given by an affine map and moved by a field of displacements. Both are applied in
one resampling, so an image is blurred only once. The value is interpolated between the four pixels
around the point (bilinear). Outside the image there is paper, 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.augmentation.draws import Keys
from byhand.augmentation.elastic import displacements
from byhand.backend import overridable
from byhand.errors import ArgumentError

BLOCK = 128  # images moved at once, so that their arrays stay in the processor's cache

Field = tuple[FloatArray, FloatArray]
"""Displacements of the input points in pixels, down and to the right, each (n, height, width)."""


def check_images(images: Array, what: str) -> None:
    """Raise unless these are uint8 images (n, height, width)."""
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ArgumentError(
            f"only images, uint8 (n, height, width), can be {what}; got {images.dtype} of shape "
            f"{images.shape}."
        )


def in_blocks(n: int) -> Iterator[slice]:
    """Yield the rows of n images in blocks."""
    for start in range(0, n, BLOCK):
        yield slice(start, start + BLOCK)


@overridable
def warp(
    images: Array, matrix: FloatArray, offset: FloatArray, keys: Keys, alpha: float, sigma: float
) -> Array:
    """Return images resampled by an affine map and an elastic distortion of its input points.

    Args:
        images: uint8 (n, height, width).
        matrix: (2, 2, n), and ...
        offset: (2, n), the inverse map about the centre: input = matrix . output + offset.
        keys: keys of the random fields (n,).
        alpha: strength of the elastic distortion; 0 for none.
        sigma: deviation in pixels of the Gaussian that smooths the field.
    """
    height, width = images.shape[1:]
    warped = np.empty(images.shape, np.uint8)
    for rows in in_blocks(len(images)):
        field = displacements(keys[rows], height, width, alpha, sigma) if alpha else None
        sample(images[rows], matrix[:, :, rows], offset[:, rows], field, warped[rows])
    return warped


def sample(
    images: Array, matrix: FloatArray, offset: FloatArray, field: Field | None, out: Array
) -> None:
    """Interpolate a block of images at the points of the inverse map, moved by a field if any."""
    n, height, width = images.shape
    # A frame of paper, one pixel above and left, two below and right, gives every point four
    # neighbours, so that no test for the border is needed.
    framed = np.zeros((n, height + 3, width + 3), np.float32)
    framed[:, 1 : height + 1, 1 : width + 1] = images
    y = _points(matrix[0], offset[0], height, width, limit=height)
    x = _points(matrix[1], offset[1], height, width, limit=width)
    if field is not None:
        y += field[0]
        x += field[1]
    np.clip(y, 0, height + 1, out=y)  # beyond the frame there is only paper
    np.clip(x, 0, width + 1, out=x)

    row, column = y.astype(np.intp), x.astype(np.intp)
    y -= row
    x -= column
    place = row  # position of the upper left neighbour in the flat array
    place *= width + 3
    place += column
    place += np.arange(n)[:, None, None] * ((height + 3) * (width + 3))

    upper = _interpolated(framed, place, x)
    place += width + 3
    lower = _interpolated(framed, place, x)
    lower -= upper
    lower *= y
    upper += lower
    upper += np.float32(0.5)  # makes the cast below round
    np.copyto(out, upper, casting="unsafe")


def _points(
    matrix: FloatArray, offset: FloatArray, height: int, width: int, limit: int
) -> FloatArray:
    """Return one coordinate of the input points (n, height, width) in the framed image."""
    down = np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2)
    right = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)
    origin = offset + np.float32((limit - 1) / 2 + 1)
    rows = matrix[0][:, None] * down + origin[:, None]
    points: FloatArray = rows[:, :, None] + (matrix[1][:, None] * right)[:, None, :]
    return points


def _interpolated(framed: FloatArray, place: Array, fraction: FloatArray) -> FloatArray:
    """Interpolate between neighbours: left + fraction (right - left)."""
    left = framed.take(place, mode="clip")
    value = framed.take(place + 1, mode="clip")
    value -= left
    value *= fraction
    value += left
    return value
