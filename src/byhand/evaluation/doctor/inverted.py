"""Finds images that are negatives of the others, by two measures."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray

INVERTED = -0.5
"""An image is a negative of the others below this correlation with their median."""

ALIKE, UNALIKE = 0.25, 0.25
"""The median says nothing if more than the second fraction of all images, negatives or not, have
a correlation with it below the first number: stripes of any phase resemble it by chance."""

CLOSER = 0.5
"""A negative is so much closer to the median image than the image itself."""

SKEW = 0.25
"""Pixels with a smaller skewness, either way, are about as often bright as dark."""


def inverted_images(images: Array) -> Array:
    """Return which images look like negatives of most others."""
    if len(images) < 2:
        return np.zeros(len(images), bool)
    x = images.astype(np.float32)
    return np.asarray(max(_by_shape(x), _by_brightness(x), key=np.count_nonzero))


def _by_shape(x: FloatArray) -> Array:
    """Return the images whose correlation with the median image is negative."""
    typical = np.median(x, axis=0)
    typical -= typical.mean()
    x = x - x.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(typical)
    alike = x @ typical / np.where(lengths > 0, lengths, 1)
    if (np.abs(alike) < ALIKE).mean() > UNALIKE:
        return np.zeros(len(x), bool)
    return np.asarray(alike < INVERTED)


def _by_brightness(x: FloatArray) -> Array:
    """Return the images that are bright where the others have few bright pixels.

    In drawings most pixels have the brightness of the background, wherever the strokes are. Their
    skewness, the mean cube of the deviations, has another sign in a negative. An image counts if
    its negative is also closer to the median image than itself.
    """
    centred = x - x.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1)
    skewness = (centred**3).mean(axis=1) / np.where(spread > 0, spread, 1) ** 3
    if (np.abs(skewness) < SKEW).mean() > UNALIKE:
        return np.zeros(len(x), bool)
    typical = np.median(x, axis=0)
    own = np.linalg.norm(x - typical, axis=1)
    turned = np.linalg.norm(x.min() + x.max() - x - typical, axis=1)
    other_sign = skewness * np.sign(np.median(skewness)) < -SKEW
    return np.asarray(other_sign & (turned < CLOSER * own))
