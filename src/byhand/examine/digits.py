"""The handwritten digits that a learner's training function gets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.data import load_dataset

EPOCHS, BATCH, RATE = 2, 64, 0.1
"""Settings for the training function; the second epoch shows whether the order changes."""

HELD_OUT = 200
"""Number of digits at the end for validation, which must not be trained on."""


@dataclass(frozen=True)
class Digits:
    """The 1,797 digits, for a network with any number of inputs.

    Args:
        X: pixels from 0 to 1 in rows.
        labels: the class of each.
        count: number of training digits at the beginning; the rest is for validation.
    """

    X: FloatArray
    labels: Array
    count: int


def digits(inputs: int) -> Digits:
    """Return the digits with as many columns as the network has inputs; pixels are repeated."""
    data = load_dataset("digits")
    parts = [part for part in (data.train, data.test) if part is not None]
    images = np.concatenate([part.images for part in parts])
    labels = np.concatenate([np.asarray(part.labels, dtype=int) for part in parts])
    pixels = images.reshape(len(images), -1) / float(images.max())
    X = pixels[:, np.arange(inputs) % pixels.shape[1]]
    return Digits(X, labels, len(X) - HELD_OUT)
