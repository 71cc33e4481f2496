"""The images that all peers use and the weights that all start from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.speed.cases import CLASSES, PIXELS, TRAINING_IMAGES
from byhand import load_dataset
from byhand.data import find_dataset

SEED = 20240229
SIDE = 28


@dataclass
class Digits:
    """Images uint8 (n, 28, 28) and labels (n,) for training and testing.

    Args:
        images: training images.
        labels: labels of `images`.
        test_images: test images.
        test_labels: labels of `test_images`.
        real: whether the images are MNIST; random images have nothing to learn.
    """

    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    real: bool

    @cached_property
    def scaled(self) -> np.ndarray:
        """The training images as the other libraries take them: float32 (n, 784) from 0 to 1."""
        return scale(self.images)

    @cached_property
    def test_scaled(self) -> np.ndarray:
        """The test images in the same form."""
        return scale(self.test_images)

    def accuracy(self, predicted: np.ndarray) -> float | None:
        """Return the fraction of correct predictions for the test images; None if not real."""
        return float(np.mean(predicted == self.test_labels)) if self.real else None


def scale(images: np.ndarray) -> np.ndarray:
    """Scale images uint8 (n, 28, 28) to float32 (n, 784) from 0 to 1."""
    return np.multiply(images.reshape(len(images), -1), np.float32(1 / 255), dtype=np.float32)


def has_mnist() -> bool:
    """Return whether MNIST is on this machine; a benchmark downloads nothing."""
    return find_dataset("mnist") is not None


def load_digits() -> Digits:
    """Load MNIST, or random images of its shape if MNIST is missing."""
    return _mnist() if has_mnist() else random_digits(TRAINING_IMAGES, 10_000)


def _mnist() -> Digits:
    data = load_dataset("mnist", offline=True)
    assert data.test is not None
    return Digits(
        data.train.images, data.train.labels, data.test.images, data.test.labels, real=True
    )


def random_digits(count: int, test_count: int) -> Digits:
    """Return random images with random labels."""
    rng = np.random.default_rng(SEED)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.integers(0, 256, (n, SIDE, SIDE), np.uint8), rng.integers(0, CLASSES, n)

    return Digits(*draw(count), *draw(test_count), real=False)


def starting_weights(widths: tuple[int, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw W (n_in, n_out) from N(0, 2 / n_in) and b = 0 for each layer, in float32."""
    assert widths[0] == PIXELS
    rng = np.random.default_rng(SEED)
    return [
        (
            (rng.standard_normal((n_in, n_out)) * np.sqrt(2 / n_in)).astype(np.float32),
            np.zeros(n_out, np.float32),
        )
        for n_in, n_out in itertools.pairwise(widths)
    ]
