"""Which images travel in the page, so that it shows what matters and stays small."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.report.payload import compressed_size

_SAMPLE = 300  # images whose compressed size stands for all
_DISTANCES = 2000  # test images that tell how near a usual image is
USUAL_SHARE = 0.99


def bytes_per_image(images: Array) -> float:
    """What one image takes in the page, estimated from a few."""
    sample = images[:: max(1, len(images) // _SAMPLE)]
    return compressed_size(sample) / len(sample)


def test_order(labels: IntArray, guesses: IntArray, truths: FloatArray) -> IntArray:
    """Test images by how much they are worth showing: all of them, best first.

    Mistakes first, the worst of each cell of the confusion matrix, then the second worst, ...; then
    right answers, the least sure of each class taking turns with the others.

    Args:
        labels: of the images (n,).
        guesses: what the network says (n,).
        truths: the probability that it gives the label (n,).
    """
    cells = labels * (int(max(labels.max(), guesses.max())) + 1) + guesses
    turn = _turns(cells, truths)
    return np.lexsort((truths, turn, labels == guesses))


def _turns(groups: IntArray, keys: FloatArray) -> IntArray:
    """The rank of each entry by key among those of its group."""
    order = np.lexsort((keys, groups))
    sorted_groups = groups[order]
    starts = np.r_[True, sorted_groups[1:] != sorted_groups[:-1]]
    first = np.maximum.accumulate(np.where(starts, np.arange(len(groups)), 0))
    turns = np.empty(len(groups), np.intp)
    turns[order] = np.arange(len(groups)) - first
    return turns


def train_sample(labels: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Rows of `count` training images, the classes as evenly as they come, in random order."""
    turns = _turns(labels, rng.random(len(labels)))
    return np.sort(np.argsort(turns, kind="stable")[:count])


def nearest_distances(images: Array, others: Array, peak: float) -> FloatArray:
    """Distance from each image to the nearest of the others, pixels scaled to 0..1: (n,)."""
    a = images.reshape(len(images), -1).astype(np.float32) / peak
    b = others.reshape(len(others), -1).astype(np.float32) / peak
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * (a @ b.T)
    return np.sqrt(np.maximum(squares.min(axis=1), 0))


def usual_distance(test: Array, carried: Array, peak: float) -> float:
    """The distance within which USUAL_SHARE of the test images have a carried training image."""
    sample = test[:: max(1, len(test) // _DISTANCES)]
    return float(np.quantile(nearest_distances(sample, carried, peak), USUAL_SHARE))
