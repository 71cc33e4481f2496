"""Scales images by exact area weights, in integers, so that other languages get the same values.

Images are uint8 (height, width). Rounding is always floor(value + 0.5).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray

BLOCK_PIXELS = 1 << 20

BLOCK_OVERLAPS = 1 << 18
"""Number of overlaps computed at once: the steps in between take several times their memory."""


def resize(image: Array, height: int, width: int) -> Array:
    """Return the image in another size by exact area weights (a box filter).

    Output pixel (i, j) is the mean of the input over the rectangle that it covers, rounded:
    floor(sum over k, l of overlaps[i, k] overlaps[j, l] value[k, l] / (h w) + 0.5), with h, w the
    input's size. The sums are integers below 2^53, hence exact in any order.
    """
    down, right = overlaps(image.shape[0], height), overlaps(image.shape[1], width)
    sums = np.zeros((height, width))
    for rows in blocks_of_rows(image):  # a photograph in float64 would take eight times its bytes
        sums += down[:, rows] @ (image[rows].astype(np.float64) @ right.T)
    return quotient(sums.astype(np.int64), image.size)


def blocks_of_rows(image: Array) -> Iterator[slice]:
    """Yield the rows of an image in slices of about a million pixels."""
    step = max(1, BLOCK_PIXELS // image.shape[1])
    for start in range(0, image.shape[0], step):
        yield slice(start, start + step)


def overlaps(before: int, after: int) -> FloatArray:
    """Return how much of output pixel i lies on input pixel k, in units of 1 / after.

    In these units output pixel i is [i before, (i + 1) before) and input pixel k is
    [k after, (k + 1) after). The shape is (after, before); each row sums to `before`.
    """
    lengths = np.empty((after, before))
    step = max(1, BLOCK_OVERLAPS // before)
    k = np.arange(before)[None, :]
    for first in range(0, after, step):
        i = np.arange(first, min(first + step, after))[:, None]
        end = np.minimum((i + 1) * before, (k + 1) * after)
        start = np.maximum(i * before, k * after)
        lengths[first : first + step] = np.maximum(end - start, 0)
    return lengths


def longer_side(image: Array, length: int) -> Array:
    """Return the image with its longer side at this length, proportions kept."""
    longer = max(image.shape)
    height, width = (side(short * length, longer) for short in image.shape)
    return resize(image, height, width)


def shrink(image: Array, length: int) -> Array:
    """Return the image with its longer side at most this long."""
    return image if max(image.shape) <= length else longer_side(image, length)


def fill(image: Array, height: int, width: int) -> Array:
    """Return the image as large as fits into height x width, proportions kept."""
    tall, wide = image.shape
    if tall * width >= wide * height:  # the height decides
        return resize(image, height, min(width, side(wide * height, tall)))
    return resize(image, min(height, side(tall * width, wide)), width)


def lay(image: Array, height: int, width: int) -> Array:
    """Return the image in the middle of an empty field; the first row is floor(margin / 2)."""
    field = np.zeros((height, width), np.uint8)
    top, left = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    field[top : top + image.shape[0], left : left + image.shape[1]] = image
    return field


def ink_box(image: Array) -> tuple[slice, slice]:
    """Return the rows and columns of the smallest rectangle that holds every value above 0."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def side(numerator: int, denominator: int) -> int:
    """Return a length in pixels, rounded, at least 1."""
    return max(1, nearest(numerator, denominator))


def nearest(numerator: int, denominator: int) -> int:
    """Return floor(numerator / denominator + 0.5), exactly."""
    return (2 * numerator + denominator) // (2 * denominator)


def quotient(numerators: IntArray, denominators: int | IntArray) -> Array:
    """Return floor(numerator / denominator + 0.5) as uint8, exactly."""
    return ((2 * numerators + denominators) // (2 * denominators)).astype(np.uint8)
