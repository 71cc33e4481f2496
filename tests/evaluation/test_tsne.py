"""t-SNE against its formulas and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import load_dataset
from byhand.errors import ArgumentError
from byhand.evaluation import tsne
from byhand.evaluation.tsne import _gradient, joint_probabilities, squared_distances


def loss_of(P, y):
    """sum P log(P / Q), by the definition."""
    closeness = 1 / (1 + squared_distances(y))
    np.fill_diagonal(closeness, 0)
    Q = closeness / closeness.sum()
    pairs = P > 0
    return float((P[pairs] * np.log(P[pairs] / np.maximum(Q[pairs], 1e-300))).sum())


def digits(count):
    train = load_dataset("digits").train
    return train.images[:count].reshape(count, -1).astype(float), train.labels[:count]


def test_each_row_has_the_requested_perplexity():
    """It is 2^entropy of p(j|i), which scikit-learn also computes."""
    distance = pytest.importorskip("scipy.spatial.distance")

    x, _ = digits(60)

    P = joint_probabilities(x, 9)

    reference = pytest.importorskip("sklearn.manifold._t_sne")
    squares = distance.squareform(distance.pdist(x) ** 2)
    theirs = distance.squareform(reference._joint_probabilities(squares, 9, 0))
    np.testing.assert_allclose(P, theirs, rtol=2e-3, atol=1e-9)
    assert P.sum() == pytest.approx(1)


def test_the_gradient_is_that_of_the_loss():
    rng = np.random.default_rng(0)
    P, y, h = joint_probabilities(rng.normal(size=(12, 5)), 3), rng.normal(size=(12, 2)), 1e-6

    gradient = _gradient(P, y)

    slopes = np.empty_like(y)
    for index in np.ndindex(y.shape):
        step = np.zeros_like(y)
        step[index] = h
        slopes[index] = (loss_of(P, y + step) - loss_of(P, y - step)) / (2 * h)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-8)


def test_the_map_is_about_as_good_as_that_of_scikit_learn():
    """The measures are the common loss, and how often the nearest point has the same label."""
    manifold = pytest.importorskip("sklearn.manifold")
    x, labels = digits(300)

    ours = tsne(x)

    theirs = manifold.TSNE(2, init="pca", random_state=0).fit_transform(x).astype(float)
    P = joint_probabilities(x, 30)
    assert loss_of(P, ours) < 1.1 * loss_of(P, theirs)
    nearest = (squared_distances(ours) + np.diag(np.full(300, np.inf))).argmin(axis=1)
    assert (labels[nearest] == labels).mean() > 0.9


def test_far_groups_stay_apart_and_the_same_data_give_the_same_map():
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.normal(size=(25, 10)), rng.normal(size=(25, 10)) + 20])

    points = tsne(x, perplexity=8)

    to_first = np.linalg.norm(points - points[:25].mean(axis=0), axis=1)
    to_second = np.linalg.norm(points - points[25:].mean(axis=0), axis=1)
    assert ((to_first < to_second) == (np.arange(50) < 25)).all()
    assert np.array_equal(points, tsne(x, perplexity=8))


@pytest.mark.parametrize(
    "x",
    [np.ones((8, 3)), np.repeat(np.eye(4), 3, axis=0), np.full((5, 2), 1e12), np.eye(4) * 1e-9],
)
def test_equal_and_extreme_examples_give_finite_points(x):
    assert np.isfinite(tsne(x)).all()


def test_four_examples_are_needed():
    with pytest.raises(ArgumentError, match="at least 4"):
        tsne(np.ones((3, 2)))
