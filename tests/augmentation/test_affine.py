from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.augmentation import move_images
from byhand.errors import ArgumentError

sizes = st.integers(1, 9)
batches = hnp.arrays(np.uint8, st.tuples(st.integers(1, 4), sizes, sizes))
squares = sizes.flatmap(lambda side: hnp.arrays(np.uint8, (3, side, side)))


@given(batches)
def test_no_movement_changes_no_pixel(images) -> None:
    np.testing.assert_array_equal(move_images(images), images)


@given(batches, st.integers(-10, 10), st.integers(-10, 10))
def test_a_shift_by_whole_pixels_is_exact_and_brings_in_paper(images, down, right) -> None:
    n, height, width = images.shape
    wide = np.zeros((n, height + 40, width + 40), np.uint8)
    wide[:, 20 + down : 20 + down + height, 20 + right : 20 + right + width] = images

    moved = move_images(images, (down, right))

    np.testing.assert_array_equal(moved, wide[:, 20 : 20 + height, 20 : 20 + width])


@given(squares, st.integers(-5, 5))
def test_quarter_turns_of_squares_are_exact(images, quarters) -> None:
    moved = move_images(images, rotate=90 * quarters)

    np.testing.assert_array_equal(moved, np.rot90(images, quarters, axes=(1, 2)))


@given(batches)
def test_half_turns_of_any_shape_are_exact(images) -> None:
    np.testing.assert_array_equal(move_images(images, rotate=180), images[:, ::-1, ::-1])


@given(batches)
def test_mirroring_is_exact_and_each_image_may_differ(images) -> None:
    flip = np.arange(len(images)) % 2 == 1

    moved = move_images(images, flip=flip)

    np.testing.assert_array_equal(moved[~flip], images[~flip])
    np.testing.assert_array_equal(moved[flip], images[flip][:, :, ::-1])


def test_mirroring_comes_before_every_movement() -> None:
    """A mirrored and then moved image is that of the mirrored image moved."""
    images = np.random.default_rng(0).integers(0, 256, (4, 9, 7), np.uint8)
    movement = {"shift": (1, 2), "rotate": 20, "scale": 1.2, "shear": 0.3}

    together = move_images(images, **movement, flip=True)

    np.testing.assert_allclose(
        together.astype(int), move_images(images[:, :, ::-1], **movement), atol=1
    )


def test_half_a_pixel_is_the_mean_of_two_neighbours() -> None:
    images = np.array([[[0, 100, 0, 51]]], np.uint8)

    assert move_images(images, (0, 0.5)).tolist() == [[[0, 50, 50, 26]]]  # 25.5 rounds up
    assert move_images(images, (0.25, 0)).tolist() == [[[0, 75, 0, 38]]]


def test_scale_2_doubles_the_distances_from_the_centre() -> None:
    images = np.zeros((1, 9, 9), np.uint8)
    images[0, 4, 2] = 255

    moved = move_images(images, scale=2)[0]

    assert moved[4, 0] == 255
    assert moved[4].tolist() == [255, 128, 0, 0, 0, 0, 0, 0, 0]


def test_shear_moves_lower_rows_to_the_right() -> None:
    images = np.zeros((1, 5, 5), np.uint8)
    images[0, :, 2] = 200

    moved = move_images(images, shear=1)[0]

    np.testing.assert_array_equal(moved, np.eye(5, dtype=np.uint8) * 200)


def test_shear_comes_before_rotation_and_shift_comes_last() -> None:
    """An ink point follows the order that the module's formula states."""
    images = np.zeros((1, 11, 11), np.uint8)
    images[0, 5 + 1, 5] = 255  # p = (1, 0); sheared (1, 1); turned left (-1, 1); shifted (1, 4)

    moved = move_images(images, (2, 3), rotate=90, shear=1)[0]

    assert np.argwhere(moved == 255).tolist() == [[5 + 1, 5 + 4]]


def test_each_image_may_have_amounts_of_its_own() -> None:
    images = np.random.default_rng(0).integers(0, 256, (300, 7, 6), dtype=np.uint8)
    angle, shift = np.linspace(-30, 30, 300), np.linspace(-3, 3, 300)

    together = move_images(images, (shift, -shift), angle, 1 + angle / 100, shift / 10)

    for i in (0, 1, 127, 128, 299):  # on both sides of the blocks' borders
        alone = move_images(
            images[i : i + 1], (shift[i], -shift[i]), angle[i], 1 + angle[i] / 100, shift[i] / 10
        )
        np.testing.assert_array_equal(together[i], alone[0])


def test_bilinear_sampling_agrees_with_scipy() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = np.random.default_rng(1).integers(0, 256, (12, 15)).astype(np.uint8)
    angle = np.radians(25)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / 1.3
    centre = np.array([5.5, 7.0])
    offset = centre - turn @ (centre + np.array([1.5, -0.75]))
    # SciPy treats the border in another way, so it gets a frame of paper
    framed = np.pad(image.astype(float), 3)
    expected = ndimage.affine_transform(framed, turn, offset + 3 - turn @ [3, 3], order=1)[
        3:-3, 3:-3
    ]

    moved = move_images(image[None], (1.5, -0.75), 25, 1.3)[0]

    np.testing.assert_allclose(moved, expected, atol=0.51)


def test_only_uint8_images_can_be_moved() -> None:
    with pytest.raises(ArgumentError, match="uint8"):
        move_images(np.zeros((3, 4, 4)))


def test_amounts_must_fit_the_batch() -> None:
    images = np.zeros((3, 4, 4), np.uint8)

    with pytest.raises(ArgumentError, match="or 3 of them"):
        move_images(images, rotate=[1, 2])
    with pytest.raises(ArgumentError, match="scale"):
        move_images(images, scale=0)
