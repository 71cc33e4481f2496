"""Affine movements of images: shift, rotation, scale, shear, mirroring.

`augmentation.py` draws the amounts at random. The inverse map gives the input point of each output
pixel; `warp.py` interpolates there. With the origin in the centre of the image, y down and x to the
right, the forward map of an ink point p is

    p' = R(angle) . S(shear) . scale . F . p + shift

    R = | cos  -sin |  on (y, x), counter-clockwise     S = | 1  0 |     F = | 1   0 |
        | sin   cos |                                       | s  1 |         | 0  -1 | if mirrored
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from byhand.arrays import Array, FloatArray
from byhand.augmentation.warp import check_images, in_blocks, sample
from byhand.errors import ArgumentError


def move_images(
    images: Array,
    shift: tuple[ArrayLike, ArrayLike] = (0, 0),
    rotate: ArrayLike = 0,
    scale: ArrayLike = 1,
    shear: ArrayLike = 0,
    flip: ArrayLike = False,
) -> Array:
    """Return images moved by given amounts: one number for all images, or one for each.

    Shifts by whole pixels, rotations of square images by 90 degrees and mirroring are exact.
    Amounts of 0 leave the images unchanged.

    Args:
        images: uint8 (n, height, width).
        shift: pixels (down, to the right).
        rotate: degrees, counter-clockwise.
        scale: factor of the size of the ink.
        shear: pixels to the right for each pixel of height below the centre.
        flip: whether the image is first mirrored left to right.

    Returns:
        A new array, uint8 (n, height, width).

    Raises:
        ArgumentError: not uint8 images, neither one nor n amounts, or a scale of 0 or less.
    """
    check_images(images, "moved")
    amounts = [_for_each(len(images), amount) for amount in (*shift, rotate, scale, shear, flip)]
    matrix, offset = inverse_map(*amounts)
    moved = np.empty(images.shape, np.uint8)
    for rows in in_blocks(len(images)):
        sample(images[rows], matrix[:, :, rows], offset[:, rows], None, moved[rows])
    return moved


def _for_each(n: int, amount: ArrayLike) -> FloatArray:
    amount = np.asarray(amount, dtype=np.float64)
    if amount.shape not in ((), (n,)):
        raise ArgumentError(f"expected one amount, or {n} of them; got shape {amount.shape}.")
    return np.broadcast_to(amount, (n,))


def inverse_map(
    down: FloatArray,
    right: FloatArray,
    rotate: FloatArray,
    scale: FloatArray,
    shear: FloatArray,
    flip: ArrayLike = False,
) -> tuple[FloatArray, FloatArray]:
    """Return the inverse map about the centre: input = matrix . output + offset.

    The inverse of R S scale F is (1/scale) F S^-1 R^T, where S^-1 has -shear in place of shear.

    Returns:
        Matrix (2, 2, n) and offset (2, n), float32, in the order (y, x).
    """
    if (scale <= 0).any():
        raise ArgumentError("scale must be larger than 0.")
    angle = np.radians(rotate)
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    matrix = np.array([[cos, sin], [-shear * cos - sin, cos - shear * sin]])
    matrix[1] *= np.where(flip, -1, 1)
    offset = -np.einsum("ijn,jn->in", matrix, np.array([down, right]))
    return matrix.astype(np.float32), offset.astype(np.float32)
