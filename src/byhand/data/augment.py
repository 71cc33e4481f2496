"""Small random movements of images: shift, rotation, scale, shear.

Each output pixel asks where in the input it comes from (the inverse map), and mixes the four
pixels around that point (bilinear); outside the image there is paper, 0. With the image's centre
as the origin, y down and x to the right, the forward map of an ink point p is

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

BLOCK = 128  # images moved together: all their arrays stay in the processor's cache


@dataclass(frozen=True)
class Augmentation:
    """Random movements for training images; call it with a batch and a random generator.

    Each image draws its own numbers, evenly from the ranges below.

    Args:
        shift: at most so many pixels up, down, left or right.
        rotate: at most so many degrees either way.
        scale: larger or smaller by at most this share.
        shear: at most so many pixels sideways for each pixel of height.

    Raises:
        ArgumentError: a negative number, or a scale of 1 and more.
    """

    shift: float = 2.0
    rotate: float = 10.0
    scale: float = 0.1
    shear: float = 0.0

    def __post_init__(self) -> None:
        """Checks the ranges."""
        for name in ("shift", "rotate", "scale", "shear"):
            value = getattr(self, name)
            if not 0 <= value < np.inf:
                raise ArgumentError(f"{name} must be a number of at least 0; got {value!r}.")
        if self.scale >= 1:
            raise ArgumentError(f"scale is a share below 1, such as 0.1; got {self.scale!r}.")

    def __call__(self, images: Array, rng: np.random.Generator) -> Array:
        """The images, each moved a little: uint8 (n, h, w) -> uint8 (n, h, w)."""
        n = len(images)

        def draw(limit: float) -> FloatArray:
            # drawn even where the limit is 0, so that switching one off leaves the others alone
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
    """Images moved by given amounts: one number for all of them, or one for each.

    A shift by whole pixels and a rotation of a square image by 90 degrees are exact, and so is no
    movement at all.

    Args:
        images: uint8 (n, height, width).
        shift: pixels (down, to the right).
        rotate: degrees, counter-clockwise.
        scale: 2 doubles the size of the ink.
        shear: pixels to the right for each pixel of height below the centre.

    Returns:
        uint8 (n, height, width), new.

    Raises:
        ArgumentError: not uint8 images, amounts that fit neither one nor n, or a scale of 0.
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
    """Where output points come from: input = matrix . output + offset, about the centre.

    The inverse of R S scale is (1/scale) S^-1 R^T, and S^-1 has -shear for shear.

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
    """Bilinear samples of a block of images at the points of the inverse map."""
    n, height, width = images.shape
    # a frame of paper, one pixel above and left, two below and right, so that every point has
    # four neighbours and no test for the border is needed
    framed = np.zeros((n, height + 3, width + 3), np.float32)
    framed[:, 1 : height + 1, 1 : width + 1] = images
    y = _points(matrix[0], offset[0], height, width, limit=height)
    x = _points(matrix[1], offset[1], height, width, limit=width)

    row, column = y.astype(np.intp), x.astype(np.intp)
    y -= row
    x -= column
    place = row  # of the upper left neighbour in the flat array
    place *= width + 3
    place += column
    place += np.arange(n)[:, None, None] * ((height + 3) * (width + 3))

    upper = _mixed(framed, place, x)
    place += width + 3
    lower = _mixed(framed, place, x)
    lower -= upper
    lower *= y
    upper += lower
    upper += np.float32(0.5)  # the cast cuts off, so this rounds
    np.copyto(out, upper, casting="unsafe")


def _points(
    matrix: FloatArray, offset: FloatArray, height: int, width: int, limit: int
) -> FloatArray:
    """One coordinate of the input points (n, height, width), in the framed image."""
    down = np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2)
    right = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)
    origin = offset + np.float32((limit - 1) / 2 + 1)
    rows = matrix[0][:, None] * down + origin[:, None]
    points: FloatArray = rows[:, :, None] + (matrix[1][:, None] * right)[:, None, :]
    return np.clip(points, 0, limit + 1, out=points)  # beyond the frame there is only paper


def _mixed(framed: FloatArray, place: Array, share: FloatArray) -> FloatArray:
    """Left neighbour and right neighbour mixed: left + share (right - left)."""
    left = framed.take(place, mode="clip")
    mixed = framed.take(place + 1, mode="clip")
    mixed -= left
    mixed *= share
    mixed += left
    return mixed
