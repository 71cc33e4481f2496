"""The plane of each class, and the distance of an image from it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from byhand import load_dataset
from byhand.evaluation.subspaces import Subspaces

DIGITS = load_dataset("digits").train
X, LABELS = DIGITS.images.reshape(len(DIGITS), -1).astype(np.float64), DIGITS.labels


@pytest.fixture(scope="module")
def planes() -> Subspaces:
    return Subspaces.fit(X, LABELS, 10)


def test_the_distance_is_the_error_of_reconstructing_by_pca(planes) -> None:
    """Those of scikit-learn are exact; ours are rounded to bytes."""
    decomposition = pytest.importorskip("sklearn.decomposition")
    of_class = X[LABELS == 4]
    pca = decomposition.PCA(16).fit(of_class)
    strangers = X[:200]
    expected = np.linalg.norm(strangers - pca.inverse_transform(pca.transform(strangers)), axis=1)

    found = planes.distance(strangers, np.full(200, 4))

    np.testing.assert_allclose(found, expected, rtol=0.06)


def test_images_are_nearest_to_their_own_class(planes) -> None:
    r = np.stack([planes.distance(X, np.full(len(X), c)) for c in range(10)], axis=1)

    assert (r.argmin(axis=1) == LABELS).mean() > 0.97


def test_a_class_with_few_or_no_examples_has_a_plane() -> None:
    rows = np.concatenate([np.flatnonzero(LABELS == 0)[:30], np.flatnonzero(LABELS == 1)[:1]])
    planes = Subspaces.fit(X[rows], LABELS[rows], 3)

    assert planes.distance(X[rows[-1:]], np.array([1]))[0] < 4  # its mean, rounded
    assert np.isfinite(planes.distance(X, np.full(len(X), 2))).all()


def test_it_is_stored_as_json(planes) -> None:
    read = Subspaces.of(json.loads(json.dumps(planes.config())), 10, 64)

    np.testing.assert_array_equal(read.distance(X, LABELS), planes.distance(X, LABELS))
    with pytest.raises(ValueError, match="planes of 9 classes"):
        Subspaces.of(planes.config(), 9, 64)
