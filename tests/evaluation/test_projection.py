"""Principal components."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.errors import ArgumentError
from byhand.evaluation import principal_components


def test_principal_components_are_those_of_scikit_learn():
    """They agree up to their signs, which are arbitrary."""
    decomposition = pytest.importorskip("sklearn.decomposition")
    x = np.random.default_rng(0).normal(size=(80, 6)) @ np.diag([5, 3, 2, 1, 0.5, 0.1])

    ours = principal_components(x, 3)
    theirs = decomposition.PCA(3, svd_solver="full").fit(x)

    np.testing.assert_allclose(np.abs(ours.points), np.abs(theirs.transform(x)), atol=1e-9)
    np.testing.assert_allclose(np.abs(ours.directions), np.abs(theirs.components_), atol=1e-9)
    np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_)


def test_points_are_the_projections_on_the_directions():
    """points = (X - mean) V, and the directions are orthonormal."""
    x = np.random.default_rng(1).normal(size=(30, 4, 5))

    found = principal_components(x)

    rows = x.reshape(30, -1)
    np.testing.assert_allclose((rows - found.mean) @ found.directions.T, found.points, atol=1e-12)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(2), atol=1e-12)
    assert np.array_equal(found.mean, rows.mean(axis=0))


def test_the_sign_of_an_axis_is_fixed():
    """If all data change sign, the axes stay and the points change sign."""
    x = np.random.default_rng(2).normal(size=(20, 3))

    np.testing.assert_allclose(
        principal_components(-x).points, -principal_components(x).points, atol=1e-12
    )


def test_all_axes_explain_everything():
    """All distances between points stay the same."""
    x = np.random.default_rng(3).normal(size=(15, 4))
    found = principal_components(x, 4)

    assert found.explained.sum() == pytest.approx(1)
    np.testing.assert_allclose(
        np.linalg.norm(found.points[0] - found.points[1]), np.linalg.norm(x[0] - x[1])
    )


def test_more_columns_than_rows_give_the_same_components():
    """They are computed from X X^T, which is smaller."""
    x = np.random.default_rng(5).normal(size=(9, 40))
    X = x - x.mean(axis=0)
    _, S, Vt = np.linalg.svd(X, full_matrices=False)

    found = principal_components(x, 3)

    np.testing.assert_allclose(np.abs(found.directions), np.abs(Vt[:3]), atol=1e-12)
    np.testing.assert_allclose(found.explained, S[:3] ** 2 / (S @ S))


@pytest.mark.parametrize("x", [np.ones((5, 3)), np.arange(5.0)[:, None], np.ones((1, 4))])
def test_missing_axes_are_zero(x):
    """Constant data, a single column and a single example lack an axis."""
    found = principal_components(x)

    assert found.points.shape == (len(x), 2)
    assert not found.points[:, 1].any()
    assert np.isfinite(found.points).all()


@pytest.mark.parametrize(("x", "axes"), [(np.ones((0, 3)), 2), (np.ones((3, 3)), 0)])
def test_a_map_needs_examples_and_axes(x, axes):
    """It needs at least one of each."""
    with pytest.raises(ArgumentError, match="at least one example"):
        principal_components(x, axes)
