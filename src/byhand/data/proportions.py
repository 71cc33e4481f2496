"""Measures how wide a drawing is for its height, and narrows what is wider than in training.

A digit drawn on a wide screen may be half as wide again as any on a form. Images are uint8 (height,
width), ink 255 on paper 0. Sums are exact, and the report page (`proportions.js`) computes in the
same order, so it gets the same values.
"""

from __future__ import annotations

import math

import numpy as np

from byhand.arrays import Array
from byhand.data.resample import resize

LEAST = 2 / 3  # a drawing keeps at least this part of its width: a dash stays a dash
PIXEL = 1 / 12  # variance of the places within a pixel
COMMON = 0.8  # quantile of the training images' proportions that is the limit


def proportions(ink: Array) -> float:
    """Return the width of the ink relative to its height: sqrt(c_xx c_yy - c_xy^2) / c_yy.

    The c are the variances of the columns x and rows y, weighted by ink, and their covariance. A
    slant leaves the result as it is. There must be ink.
    """
    height, width = ink.shape
    weights = ink.astype(np.int64)
    rows, columns = weights.sum(axis=1), weights.sum(axis=0)
    y, x = np.arange(height), np.arange(width)
    total = int(rows.sum())
    down, right = int(rows @ y) / total, int(columns @ x) / total
    c_yy = int(rows @ (y * y)) / total - down * down + PIXEL
    c_xx = int(columns @ (x * x)) / total - right * right + PIXEL
    c_xy = int(y @ weights @ x) / total - down * right
    return math.sqrt(max(c_xx * c_yy - c_xy * c_xy, 0)) / c_yy


def narrowing(ink: Array, widest: float | None) -> float:
    """Return the factor, from 2/3 to 1, that gives the ink's width at most these proportions."""
    if widest is None or not ink.any():
        return 1.0
    return max(LEAST, min(1.0, widest / max(proportions(ink), PIXEL)))


def narrowed(ink: Array, widest: float | None) -> Array:
    """Return the ink with its width multiplied by `narrowing`, rounded."""
    height, width = ink.shape
    factor = narrowing(ink, widest)
    return ink if factor == 1 else resize(ink, height, max(1, math.floor(width * factor + 0.5)))


def common_proportions(images: Array) -> float | None:
    """Return the proportions that a fifth of the images exceed, to a hundredth."""
    drawn = [proportions(image) for image in images if image.any()]
    return max(0.01, round(float(np.quantile(drawn, COMMON)), 2)) if drawn else None
