"""Histograms of oriented gradients equal those of a slower computation."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.evaluation.oriented_gradients import count_edges, edges, shrunk


def _slowly(image):
    """The formula, pixel by pixel, for an image of 8 x 6 pixels in cells of 2 x 2."""
    x = np.pad(image / 255, 1, mode="edge")
    found = np.zeros((8, 4, 3))
    for row, column in np.ndindex(8, 6):
        g = np.array(
            [
                x[row + 1, column + 2] - x[row + 1, column],
                x[row + 2, column + 1] - x[row, column + 1],
            ]
        )
        for k, m, n in np.ndindex(8, 4, 3):
            u = np.array([np.cos(np.pi * k / 4), np.sin(np.pi * k / 4)])
            near = max(1 - abs(row - (2 * m + 0.5)) / 2, 0) * max(
                1 - abs(column - (2 * n + 0.5)) / 2, 0
            )
            cosine = max(g @ u, 0) / max(np.linalg.norm(g), 1e-9)
            found[k, m, n] += np.linalg.norm(g) * cosine**4 * near
    return found.ravel()


def test_edges_are_their_formula() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 6), dtype=np.uint8)

    np.testing.assert_allclose(edges(images), [_slowly(one) for one in images], atol=1e-4)


def test_an_edge_shows_in_its_direction_and_place() -> None:
    """With ink from column 14 of 28 on, pixels 13 and 14 differ by 1 between their two sides."""
    image = np.zeros((1, 28, 28), np.uint8)
    image[:, :, 14:] = 255
    found = edges(image).reshape(8, 7, 7)

    assert found[0, 3].argmax() == 3
    assert found[0].sum(axis=1)[1:-1] == pytest.approx(8)  # 4 rows of 2 pixels
    assert found[4].max() == 0  # the opposite direction
    assert found[1].sum() == pytest.approx(found[0].sum() / 4, rel=1e-5)  # cos(45 degrees)^4
    assert not edges(np.full((2, 28, 28), 90, np.uint8)).any()


@pytest.mark.parametrize("shape", [(28, 28), (8, 8), (260, 200), (20, 29), (1, 3), (40, 300)])
def test_the_number_of_edges_follows_from_the_shape(shape) -> None:
    found = edges(np.zeros((2, *shape), np.uint8))

    assert found.shape == (2, count_edges(shape))
    assert found.shape[1] <= 8 * 7 * 7


def test_many_images_are_the_same_as_one_by_one() -> None:
    images = np.random.default_rng(0).integers(0, 256, (300, 8, 8), dtype=np.uint8)

    np.testing.assert_array_equal(
        edges(images), np.concatenate([edges(one[None]) for one in images])
    )


def test_large_images_are_shrunk() -> None:
    """40 x 57 pixels are read in blocks of 3 x 3; pixels beyond the image are 0."""
    image = np.zeros((1, 40, 57), np.uint8)
    image[0, 39:, 54:] = 90

    means = shrunk(image)[0]
    assert means.shape == (14, 19)
    assert means[13, 18] == pytest.approx(3 * 90 / 9)
    assert means.sum() == pytest.approx(30)
