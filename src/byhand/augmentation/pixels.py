"""Changes of pixels in place: Gaussian noise, and an erased rectangle."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array
from byhand.augmentation.draws import Keys, draws, uniform_pairs
from byhand.augmentation.warp import in_blocks

FULL_INK = 255


def add_noise(images: Array, keys: Keys, deviation: float) -> Array:
    """Return images with Gaussian noise, kept within 0 to 255.

    Two uniform numbers a and b from (0, 1] give a normal number by the method of Box and Muller
    (1958): sqrt(-2 ln a) cos(2 pi b).

    Args:
        images: uint8 (n, height, width).
        keys: one key for each image (n,).
        deviation: standard deviation of the noise as a fraction of full ink, 255.
    """
    noisy = np.empty_like(images)
    pixels = int(np.prod(images.shape[1:]))
    for rows in in_blocks(len(images)):
        a, b = ((1 - u) / 2 for u in uniform_pairs(keys[rows], pixels))
        normal = np.sqrt(-2 * np.log(a)) * np.cos(np.float32(2 * np.pi) * b)
        values = images[rows] + np.float32(FULL_INK * deviation) * normal.reshape(
            -1, *images.shape[1:]
        )
        noisy[rows] = np.clip(np.rint(values), 0, FULL_INK)
    return noisy


def erase(images: Array, keys: Keys, side: int) -> Array:
    """Return images each with one rectangle erased to paper  (Zhong et al. 2020).

    The height and the width of the rectangle are drawn from 1 to `side` pixels, then its place
    from all within the image, uniformly.

    Args:
        images: uint8 (n, height, width).
        keys: one key for each image (n,).
        side: longest side of a rectangle in pixels.
    """
    _, height, width = images.shape
    tall, wide, down, right = (draws(keys, k) for k in range(4))
    rows = _between(tall, 1, min(side, height))
    columns = _between(wide, 1, min(side, width))
    top, left = _between(down, 0, height - rows), _between(right, 0, width - columns)
    y, x = np.arange(height)[:, None], np.arange(width)
    top, left, rows, columns = (values[:, None, None] for values in (top, left, rows, columns))
    gone = (y >= top) & (y < top + rows) & (x >= left) & (x < left + columns)
    return np.where(gone, np.uint8(0), images)


def _between(bits: Keys, low: int, high: Array | int) -> Array:
    """Return whole numbers from low to high, both included, from 64 random bits each."""
    # the remainder favours no number by more than one part in 2^50 for images of real sizes
    count = (np.asarray(high) - low + 1).astype(np.uint64)
    return (bits % count).astype(np.intp) + low
