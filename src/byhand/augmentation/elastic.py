"""Elastic distortion: a random displacement field, smoothed and scaled.

Every pixel gets a random displacement, uniform in [-1, 1) down and to the right. A Gaussian of
deviation sigma smooths the field, so that neighbours move together, and alpha scales it:

    D = alpha G_h U G_w^T          for each direction; U (h, w) is uniform

G holds the weights of a Gaussian, cut off beyond 4 sigma and scaled to the sum 1. Beyond the
border the field is 0. With sigma near 5.5 pixels, alpha 36 moves a pixel in the middle by about one
pixel: lines bend as in other handwriting. A small sigma tears a digit; a large one moves it whole.

Source: P. Simard, D. Steinkraus, J. Platt, Best Practices for Convolutional Neural Networks
Applied to Visual Document Analysis, ICDAR 2003.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from byhand.arrays import FloatArray
from byhand.augmentation.draws import Keys, uniform_pairs

REACH = 4.0
"""Deviations beyond which a Gaussian is cut off."""


@cache
def smoothing(length: int, sigma: float) -> FloatArray:
    """Return G (length, length), float32: G x is the vector x smoothed by a Gaussian.

    G[i, k] = exp(-(i - k)^2 / (2 sigma^2)) / sum over all d of exp(-d^2 / (2 sigma^2)), where
    |i - k| and |d| are at most floor(4 sigma + 1/2), else 0.
    """
    reach = int(REACH * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    apart = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
    near = np.where(apart <= reach, weights[reach - np.minimum(apart, reach)], 0)
    matrix: FloatArray = (near / weights.sum()).astype(np.float32)
    matrix.flags.writeable = False
    return matrix


def displacements(
    keys: Keys, height: int, width: int, alpha: float, sigma: float
) -> tuple[FloatArray, FloatArray]:
    """Return the displacement of each pixel's input point, in pixels down and to the right.

    Args:
        keys: one key for each image (n,).
        height: height of the images.
        width: width of the images.
        alpha: scale of the smoothed field.
        sigma: deviation of the Gaussian in pixels.

    Returns:
        Two arrays (n, height, width), float32.
    """
    across = smoothing(width, sigma).T
    down = np.float32(alpha) * smoothing(height, sigma)
    uniform = (u.reshape(-1, height, width) for u in uniform_pairs(keys, height * width))
    first, second = (down @ u @ across for u in uniform)
    return first, second
