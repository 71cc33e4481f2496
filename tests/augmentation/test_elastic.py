from __future__ import annotations

import numpy as np
import pytest

from byhand.augmentation.affine import inverse_map
from byhand.augmentation.draws import draws, uniform_pairs
from byhand.augmentation.elastic import displacements, smoothing
from byhand.augmentation.warp import sample, warp

ndimage = pytest.importorskip("scipy.ndimage")

KEYS = draws(np.array([3], np.uint64), np.arange(6))


@pytest.mark.parametrize("sigma", [0.7, 4, 5.5, 20])
@pytest.mark.parametrize("size", [(28, 28), (9, 14), (1, 5)])
def test_the_field_is_smoothed_as_scipy_smooths_it(size, sigma) -> None:
    uniform = uniform_pairs(KEYS, size[0] * size[1])

    fields = displacements(KEYS, *size, alpha=30.0, sigma=sigma)

    for field, u in zip(fields, uniform, strict=True):
        for one, noise in zip(field, u.reshape(-1, *size), strict=True):
            expected = 30 * ndimage.gaussian_filter(noise.astype(float), sigma, mode="constant")
            np.testing.assert_allclose(one, expected, atol=2e-5)


def test_smoothing_weights_sum_to_one_away_from_the_border() -> None:
    sums = smoothing(101, 5.5).sum(axis=1)

    np.testing.assert_allclose(sums[25:-25], 1, atol=1e-6)
    assert sums[0] == pytest.approx(0.5, abs=0.05)


def test_a_warped_image_is_that_of_map_coordinates() -> None:
    """SciPy makes the same affine and elastic change in one resampling of a framed image."""
    image = np.random.default_rng(1).integers(0, 256, (6, 17, 13)).astype(np.uint8)
    amounts = np.random.default_rng(2).uniform(-1, 1, (6, 6))
    matrix, offset = inverse_map(*_amounts(amounts))

    warped = warp(image, matrix, offset, KEYS, 24.0, 4.0)

    down, right = displacements(KEYS, 17, 13, 24.0, 4.0)
    centre = np.array([8.0, 6.0])
    grid = np.stack(np.meshgrid(np.arange(17), np.arange(13), indexing="ij")).astype(float)
    for i in range(6):
        about = grid - centre[:, None, None]
        points = np.einsum("ij,jyx->iyx", matrix[:, :, i], about)
        points += (offset[:, i] + centre)[:, None, None] + np.stack([down[i], right[i]])
        framed = np.pad(image[i].astype(float), 30)
        expected = ndimage.map_coordinates(framed, points + 30, order=1)
        np.testing.assert_allclose(warped[i], expected, atol=0.51)
    assert (warped != image).any()


def _amounts(uniform: np.ndarray) -> list[np.ndarray]:
    down, right, angle, scale, shear, flip = uniform
    return [2 * down, 2 * right, 20 * angle, 1 + 0.2 * scale, 0.2 * shear, flip > 0]


def test_neighbours_move_together() -> None:
    """A field of sigma 5.5 hardly changes from one pixel to the next: strokes do not tear."""
    keys = draws(np.array([5], np.uint64), np.arange(200))
    field, _ = displacements(keys, 28, 28, 36.0, 5.5)

    assert 0.8 < field[:, 14, 14].std() < 1.3  # pixels, as the module says
    assert np.abs(np.diff(field, axis=1)).max() < 0.6


def test_a_field_moves_what_it_samples() -> None:
    images = np.zeros((1, 7, 7), np.uint8)
    images[0, 3, 3] = 200
    field = np.ones((1, 7, 7), np.float32), np.zeros((1, 7, 7), np.float32)
    out = np.empty_like(images)

    sample(images, *inverse_map(*np.array([[0.0], [0], [0], [1], [0]])), field, out)

    assert np.argwhere(out).tolist() == [[0, 2, 3]]  # the input point is one pixel below
