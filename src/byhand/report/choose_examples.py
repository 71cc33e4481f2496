"""Selects images for the page, so that it shows what matters and stays small."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.report.payload import compressed_size

_SAMPLE = 300  # images whose compressed size is used to estimate that of all
_BESIDE = 14  # further bytes per image in the page: number, probabilities
FEWEST = 200  # images in the page, however large the network, ...
LEAST_BYTES = 1_500_000  # ... where they fit into this many bytes
_FEWEST_LARGE = 16  # images in the page, however large they are
_DISTANCES = 2000  # test images that measure the usual distance to a training image
USUAL_FRACTION = 0.99


def as_rows(images: Array) -> Array:
    """Return images as rows, uint8 or float64 if they have that type, float32 otherwise."""
    rows = images.reshape(len(images), int(np.prod(images.shape[1:])))
    return rows if rows.dtype in (np.uint8, np.float64) else rows.astype(np.float32)


def how_many(images: Array, size_limit: int, more: float = 0) -> int:
    """Return how many of the images, counted from the first, fit into a size.

    With a large network there are at least FEWEST, or as many as fit into LEAST_BYTES; with large
    images, at least a few.

    Hard images are larger than others and come first, so the estimate is made twice, the second
    time from the images that the first admitted. `more` is the number of extra bytes per image, for
    its probability at other epochs or from another network.
    """
    fitting, each = len(images), 1.0
    for _ in range(2):
        first = min(max(fitting, 1), len(images))
        sample = images[: first : max(1, first // _SAMPLE)]
        each = compressed_size(sample) / len(sample) + _BESIDE + more
        fitting = int(size_limit / each)
    return max(fitting, min(FEWEST, int(LEAST_BYTES / each)), _FEWEST_LARGE)


def showing_order(
    labels: IntArray, predicted: IntArray, given: FloatArray, rng: np.random.Generator
) -> IntArray:
    """Return the numbers of all test images, those worth showing first.

    Mistakes come first: the worst of each cell of the confusion matrix, then the second worst, and
    so on. Correct predictions follow, class by class in turn: one of low confidence, one at random.

    Args:
        labels: labels of the images (n,).
        predicted: predicted classes (n,).
        given: probability that the network gives to each label (n,).
        rng: source of the random choices.
    """
    correct = labels == predicted
    cells = labels * (int(max(labels.max(), predicted.max())) + 1) + predicted
    unsure, any_one = _turns(cells, given), _turns(cells, rng.random(len(labels)))
    turn = np.where(correct, np.minimum(2 * unsure, 2 * any_one + 1), unsure)
    return np.lexsort((given, turn, correct))


def _turns(groups: IntArray, keys: FloatArray) -> IntArray:
    """Return the rank of each entry by key within its group."""
    order = np.lexsort((keys, groups))
    sorted_groups = groups[order]
    starts = np.r_[True, sorted_groups[1:] != sorted_groups[:-1]]
    first = np.maximum.accumulate(np.where(starts, np.arange(len(groups)), 0))
    turns = np.empty(len(groups), np.intp)
    turns[order] = np.arange(len(groups)) - first
    return turns


def train_sample(labels: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Return the numbers of `count` random training images, with each class equally often."""
    turns = _turns(labels, rng.random(len(labels)))
    return np.sort(np.argsort(turns, kind="stable")[:count])


def nearest_distances(images: Array, others: Array, scale: float | FloatArray) -> FloatArray:
    """Return the distance from each image to the nearest of the others, in units of scale: (n,)."""
    a, b = (rows.reshape(len(rows), -1) for rows in (images, others))
    # Distances relative to a training row, because float32 cannot tell timestamps apart.
    a, b = (((rows - b[0].astype(np.float64)) / scale).astype(np.float32) for rows in (a, b))
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * (a @ b.T)
    distances: FloatArray = np.sqrt(np.maximum(squares.min(axis=1), 0))
    return distances


def usual_distance(test: Array, carried: Array, scale: float | FloatArray) -> float:
    """Return the distance within which USUAL_FRACTION of the test images have a training image."""
    sample = test[:: max(1, len(test) // _DISTANCES)]
    return float(np.quantile(nearest_distances(sample, carried, scale), USUAL_FRACTION))
