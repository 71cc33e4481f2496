from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.data import Augmentation, move_images
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
    """The order that the module's formula states, on one ink point."""
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


def test_constant_ink_inside_stays_constant() -> None:
    """Bilinear weights sum to 1: no ripple where four neighbours are equal."""
    images = np.full((50, 20, 20), 200, np.uint8)
    moved = Augmentation(2, 15, 0.1, 0.1)(images, np.random.default_rng(0))

    assert (moved[:, 7:13, 7:13] == 200).all()


@settings(max_examples=30)
@given(batches, st.integers(0, 99))
def test_augmentation_keeps_type_shape_and_original(images, seed) -> None:
    before = images.copy()
    moved = Augmentation(shear=0.2)(images, np.random.default_rng(seed))

    assert moved.dtype == np.uint8
    assert moved.shape == images.shape
    assert not np.shares_memory(moved, images)
    np.testing.assert_array_equal(images, before)


def test_the_same_generator_gives_the_same_images() -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 8, 8), dtype=np.uint8)
    first, again, other = (Augmentation()(images, np.random.default_rng(s)) for s in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_augmentation_of_nothing_is_the_identity() -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 8, 8), dtype=np.uint8)
    still = Augmentation(shift=0, rotate=0, scale=0)

    np.testing.assert_array_equal(still(images, np.random.default_rng(0)), images)


def test_switching_one_movement_off_leaves_the_others_alone() -> None:
    def draws(augmentation: Augmentation) -> float:
        rng = np.random.default_rng(3)
        augmentation(np.zeros((5, 4, 4), np.uint8), rng)
        return rng.random()

    assert draws(Augmentation()) == draws(Augmentation(rotate=0)) == draws(Augmentation(shear=0.1))


def test_amounts_stay_within_their_limits(monkeypatch) -> None:
    seen: dict[str, np.ndarray] = {}

    def spy(images, shift, rotate, scale, shear):
        seen.update(down=shift[0], right=shift[1], rotate=rotate, scale=scale, shear=shear)
        return images

    monkeypatch.setattr("byhand.data.augment.move_images", spy)
    Augmentation(3, 20, 0.2, 0.1)(np.zeros((2000, 1, 1), np.uint8), np.random.default_rng(0))

    limits = {
        "down": (-3, 3),
        "right": (-3, 3),
        "rotate": (-20, 20),
        "scale": (0.8, 1.2),
        "shear": (-0.1, 0.1),
    }
    for name, (low, high) in limits.items():
        reach = high - low
        assert low <= seen[name].min() < low + reach / 50
        assert high - reach / 50 < seen[name].max() <= high


@pytest.mark.parametrize(
    "ranges", [{"shift": -1}, {"rotate": np.nan}, {"scale": 1.0}, {"shear": np.inf}]
)
def test_impossible_ranges_are_refused(ranges) -> None:
    with pytest.raises(ArgumentError, match=next(iter(ranges))):
        Augmentation(**ranges)


@pytest.mark.parametrize(
    "images", [np.zeros((3, 4, 4)), np.zeros((3, 4), np.uint8), np.zeros((3, 4, 4), np.float32)]
)
def test_only_uint8_images_can_be_moved(images) -> None:
    with pytest.raises(ArgumentError, match="uint8"):
        Augmentation()(images, np.random.default_rng(0))


def test_amounts_must_fit_the_batch() -> None:
    images = np.zeros((3, 4, 4), np.uint8)

    with pytest.raises(ArgumentError, match="or 3 of them"):
        move_images(images, rotate=[1, 2])
    with pytest.raises(ArgumentError, match="scale"):
        move_images(images, scale=0)
