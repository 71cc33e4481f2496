"""Small random movements of images: shift, rotation, scale, shear.

The inverse map gives the input point of each output pixel, whose value is interpolated between the
four pixels around that point (bilinear). Outside the image there is paper, 0. With the origin in
the centre of the image, y down and x to the right, the forward map of an ink point p is

    p' = R(angle) . S(shear) . scale . p + shift

    R = | cos  -sin |  on (y, x), counter-clockwise     S = | 1  0 |
        | sin   cos |                                       | s  1 |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError

BLOCK = 128  # images moved at once, so that their arrays stay in the processor's cache


@dataclass(frozen=True)
class Augmentation:
    """Random movements of training images; call it with a batch and a random generator.

    Each image gets its own movement, drawn uniformly from these ranges.

    Args:
        shift: largest shift in pixels, up, down, left or right.
        rotate: largest rotation in degrees, in both directions.
        scale: largest change of size as a fraction: 0.1 scales by 0.9 to 1.1.
        shear: largest shear in pixels sideways for each pixel of height.

    Raises:
        ArgumentError: a negative number, or a scale of 1 or more.
    """

    shift: float = 2.0
    rotate: float = 10.0
    scale: float = 0.1
    shear: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("shift", "rotate", "scale", "shear"):
            value = getattr(self, name)
            if not 0 <= value < np.inf:
                raise ArgumentError(f"{name} must be a number of at least 0; got {value!r}.")
        if self.scale >= 1:
            raise ArgumentError(
                f"scale must be a fraction below 1, such as 0.1; got {self.scale!r}."
            )

    def __call__(self, images: Array, rng: np.random.Generator) -> Array:
        """Return randomly moved images: uint8 (n, h, w) -> uint8 (n, h, w)."""
        n = len(images)

        def draw(limit: float) -> FloatArray:
            # also drawn if the limit is 0, so that the other movements do not depend on it
            return rng.uniform(-1.0, 1.0, n) * limit

        up_down, sideways, angle, scale, shear = (
            draw(limit) for limit in (self.shift, self.shift, self.rotate, self.scale, self.shear)
        )
        return move_images(images, (up_down, sideways), angle, 1 + scale, shear)


def move_images(
    images: Array,
    shift: tuple[ArrayLike, ArrayLike] = (0, 0),
    rotate: ArrayLike = 0,
    scale: ArrayLike = 1,
    shear: ArrayLike = 0,
) -> Array:
    """Return images moved by given amounts: one number for all images, or one for each.

    A shift by whole pixels and a rotation of a square image by 90 degrees are exact. No movement
    changes nothing.

    Args:
        images: uint8 (n, height, width).
        shift: pixels (down, to the right).
        rotate: degrees, counter-clockwise.
        scale: factor of the size of the ink.
        shear: pixels to the right for each pixel of height below the centre.

    Returns:
        A new array, uint8 (n, height, width).

    Raises:
        ArgumentError: not uint8 images, neither one nor n amounts, or a scale of 0 or less.
    """
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ArgumentError(
            f"only images, uint8 (n, height, width), can be moved; got {images.dtype} of shape "
            f"{images.shape}."
        )
    amounts = [_for_each(len(images), amount) for amount in (*shift, rotate, scale, shear)]
    matrix, offset = _inverse_map(*amounts)
    moved = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), BLOCK):
        rows = slice(start, start + BLOCK)
        _sample(images[rows], matrix[:, :, rows], offset[:, rows], moved[rows])
    return moved


def _for_each(n: int, amount: ArrayLike) -> FloatArray:
    amount = np.asarray(amount, dtype=np.float64)
    if amount.shape not in ((), (n,)):
        raise ArgumentError(f"expected one amount, or {n} of them; got shape {amount.shape}.")
    return np.broadcast_to(amount, (n,))


def _inverse_map(
    down: FloatArray, right: FloatArray, rotate: FloatArray, scale: FloatArray, shear: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the inverse map about the centre: input = matrix . output + offset.

    The inverse of R S scale is (1/scale) S^-1 R^T, where S^-1 has -shear in place of shear.

    Returns:
        Matrix (2, 2, n) and offset (2, n), float32, in the order (y, x).
    """
    if (scale <= 0).any():
        raise ArgumentError("scale must be larger than 0.")
    angle = np.radians(rotate)
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    matrix = np.array([[cos, sin], [-shear * cos - sin, cos - shear * sin]])
    offset = -np.einsum("ijn,jn->in", matrix, np.array([down, right]))
    return matrix.astype(np.float32), offset.astype(np.float32)


def _sample(images: Array, matrix: FloatArray, offset: FloatArray, out: Array) -> None:
    """Sample a block of images bilinearly at the points of the inverse map."""
    n, height, width = images.shape
    # A frame of paper, one pixel above and left, two below and right, gives every point four
    # neighbours, so that no test for the border is needed.
    framed = np.zeros((n, height + 3, width + 3), np.float32)
    framed[:, 1 : height + 1, 1 : width + 1] = images
    y = _points(matrix[0], offset[0], height, width, limit=height)
    x = _points(matrix[1], offset[1], height, width, limit=width)

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
    return np.clip(points, 0, limit + 1, out=points)  # beyond the frame there is only paper


def _interpolated(framed: FloatArray, place: Array, fraction: FloatArray) -> FloatArray:
    """Interpolate between neighbours: left + fraction (right - left)."""
    left = framed.take(place, mode="clip")
    value = framed.take(place + 1, mode="clip")
    value -= left
    value *= fraction
    value += left
    return value
