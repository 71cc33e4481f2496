"""Scores the classes of each example by what all other examples teach: a second witness.

Neighbours judge by distance. This judges by a function that was fitted to the labels, so it also
works where many columns say nothing, and neighbours are near by chance. It is a ridge regression
of the classes on random features, as in Rahimi and Recht (2007), "Random features for large-scale
kernel machines".
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import FloatArray, IntArray
from byhand.evaluation.even_rows import even_rows
from byhand.randomness import stream

FEATURES = 300
"""Number of random features, max(x v + b, 0) with random v and b."""

STEEP = 1.5
"""Standard deviation of v for examples whose mean square length is 1; that of b is 1."""

MOST_COLUMNS = 2000
"""Largest number of columns that are used, evenly spaced."""

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
"""Strengths of the ridge, for each example. The one that predicts best is used."""


def class_scores(x: FloatArray, labels: IntArray, classes: int) -> FloatArray:
    """Return how much each example looks like each class (n, classes), about 0 to 1.

    The score of an example comes from all others, without its own label. With H the matrix that
    turns labels into fitted values, leaving row i out of the fit changes its error from e to
    e / (1 - H_ii) (Allen 1974), so one fit gives all scores.

    Args:
        x: examples (n, units), with comparable columns.
        labels: class of each example (n,).
        classes: number of classes.
    """
    features, n = _features(x), len(x)
    wanted = np.eye(classes)[labels]
    mean = wanted.mean(axis=0)
    values, vectors = np.linalg.eigh(features.T @ features)
    turned = features @ vectors
    projected = turned.T @ (wanted - mean)
    best, least = wanted, np.inf
    for penalty in PENALTIES:
        shrunk = turned / (values + penalty * n)
        errors = wanted - mean - shrunk @ projected
        errors /= 1 - 1 / n - (shrunk * turned).sum(axis=1, keepdims=True)
        if (size := float(np.square(errors).mean())) < least:
            best, least = wanted - errors, size
    return np.asarray(best)


def _features(x: FloatArray) -> FloatArray:
    """Return the random features, each with mean 0 and deviation 1."""
    x = x[:, even_rows(x.shape[1], MOST_COLUMNS)].astype(np.float64)
    x /= np.sqrt(np.square(x).sum(axis=1).mean()) or 1.0
    rng = stream(0, "class scores")
    v = rng.normal(0, STEEP, (x.shape[1], FEATURES))
    made = np.maximum(x @ v + rng.normal(size=FEATURES), 0)
    made -= made.mean(axis=0)
    deviation = made.std(axis=0)
    return np.asarray(made / np.where(deviation > 0, deviation, 1))
