"""The stages from ink to images like MNIST's and UCI's."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data.fit_and_centre import bitmap, blocks, crop, fit, fit_bitmap, place, upright


def test_crop_keeps_exactly_the_ink() -> None:
    image = np.zeros((5, 6), np.uint8)
    image[1, 2] = image[3, 4] = 1

    assert crop(image).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("shape", "fitted"),
    [
        ((40, 10), (20, 5)),
        ((10, 40), (5, 20)),
        ((7, 7), (20, 20)),
        ((100, 1), (20, 1)),
        ((8, 3), (20, 8)),
    ],
)
def test_fit_keeps_the_proportions(shape, fitted) -> None:
    assert fit(np.full(shape, 255, np.uint8)).shape == fitted


def test_place_follows_its_formula() -> None:
    """S = 4, M = 0 * 1 + 1 * 3 = 3: the first row is ceil((108 - 6) / 8) = 13."""
    field = place(np.array([[1], [3]], np.uint8))

    assert np.argwhere(field).tolist() == [[13, 14], [14, 14]]


def test_upright_removes_the_slant() -> None:
    slanted = np.eye(9, dtype=np.uint8)[:, ::-1] * 255

    assert upright(slanted).tolist() == [[255]] * 9


def test_upright_leaves_upright_digits_unchanged() -> None:
    image = np.array([[9, 9, 9], [0, 9, 0], [9, 9, 9]], np.uint8)

    np.testing.assert_array_equal(upright(image), image)


@pytest.mark.parametrize(
    ("shape", "width"), [((32, 8), 8), ((64, 32), 16), ((10, 30), 20), ((9, 1), 4)]
)
def test_bitmaps_are_32_high_and_at_most_20_wide(shape, width) -> None:
    assert fit_bitmap(np.full(shape, 255, np.uint8)).shape == (32, width)


def test_a_bitmap_is_on_from_a_quarter_of_the_ink() -> None:
    on = bitmap(np.full((32, 2), [63, 64], np.uint8))

    assert on.sum() == 32
    assert on[:, 16].all()


def test_blocks_count_the_ink() -> None:
    image = np.zeros((32, 32), np.uint8)
    image[:4, :4] = 1
    image[4:6, 8:12] = 1
    image[31, 31] = 1

    counts = blocks(image)

    assert counts[0, 0] == 255
    assert counts[1, 2] == 128  # 8 * 255 / 16 = 127.5 rounds up
    assert counts[7, 7] == 16
    assert np.count_nonzero(counts) == 3
