from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.augmentation import Augmentation
from byhand.augmentation import augmentation as module
from byhand.errors import ArgumentError

sizes = st.integers(1, 9)
batches = hnp.arrays(np.uint8, st.tuples(st.integers(1, 4), sizes, sizes))

EVERYTHING = Augmentation(1, 15, 0.1, 0.1, elastic=30, sigma=4, noise=0.1, erase=4, flip=0.5)


def some_images(n: int = 9, size: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, size, size), dtype=np.uint8)


def test_constant_ink_inside_stays_constant() -> None:
    """Bilinear weights sum to 1: no ripple where four neighbours are equal."""
    images = np.full((50, 20, 20), 200, np.uint8)
    moved = Augmentation(2, 15, 0.1, 0.1)(images, np.random.default_rng(0))

    assert (moved[:, 7:13, 7:13] == 200).all()


@settings(max_examples=30)
@given(batches, st.integers(0, 99))
def test_augmentation_keeps_type_shape_and_original(images, seed) -> None:
    before = images.copy()
    moved = EVERYTHING(images, np.random.default_rng(seed))

    assert moved.dtype == np.uint8
    assert moved.shape == images.shape
    assert not np.shares_memory(moved, images)
    np.testing.assert_array_equal(images, before)


def test_the_same_generator_gives_the_same_images() -> None:
    images = some_images()
    first, again, other = (EVERYTHING(images, np.random.default_rng(s)) for s in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_image_depends_on_its_key_alone() -> None:
    """The batch, its size and its order make no difference to an image."""
    images, keys = some_images(300), np.arange(300, dtype=np.uint64) * np.uint64(77)
    together = EVERYTHING.with_keys(images, keys)

    order = np.random.default_rng(1).permutation(300)
    for rows in (order[:1], order[1:8], order[8:]):
        np.testing.assert_array_equal(
            EVERYTHING.with_keys(images[rows], keys[rows]), together[rows]
        )


def test_augmentation_of_nothing_is_the_identity() -> None:
    images = some_images()
    still = Augmentation(shift=0, rotate=0, scale=0)

    np.testing.assert_array_equal(still(images, np.random.default_rng(0)), images)


@pytest.mark.parametrize("effect", [{"noise": 0.2}, {"erase": 3}, {"elastic": 60, "sigma": 3}])
def test_every_effect_changes_the_images(effect) -> None:
    images = some_images()
    changed = Augmentation(0, 0, 0, **effect)(images, np.random.default_rng(0))

    assert (changed != images).any(axis=(1, 2)).all()


def test_switching_one_effect_off_leaves_the_others_alone() -> None:
    """Noise hits the same pixels in the same way, with or without other effects."""
    blank = np.full((5, 8, 8), 128, np.uint8)
    keys = np.arange(5, dtype=np.uint64)

    alone = Augmentation(0, 0, 0, noise=0.1).with_keys(blank, keys)
    moved = Augmentation(0.3, 0, 0, noise=0.1).with_keys(blank, keys)

    np.testing.assert_array_equal(moved[:, 2:-2, 2:-2], alone[:, 2:-2, 2:-2])


def test_amounts_stay_within_their_limits(monkeypatch) -> None:
    seen: dict[str, np.ndarray] = {}
    inverse_map = module.inverse_map

    def spy(*amounts):
        names = ("down", "right", "rotate", "scale", "shear", "flip")
        seen.update(zip(names, amounts, strict=True))
        return inverse_map(*amounts)

    monkeypatch.setattr(module, "inverse_map", spy)
    Augmentation(3, 20, 0.2, 0.1, flip=0.3)(
        np.zeros((2000, 1, 1), np.uint8), np.random.default_rng(0)
    )

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
    assert seen["flip"].mean() == pytest.approx(0.3, abs=0.03)
    assert np.abs(np.corrcoef(list(seen.values())) - np.eye(6)).max() < 0.1


def test_flip_mirrors_that_fraction_of_the_images_and_changes_nothing_else() -> None:
    images = some_images(1000)
    keys = np.arange(1000, dtype=np.uint64) * np.uint64(77)

    mirrored = Augmentation(0, 0, 0, flip=0.25).with_keys(images, keys)

    is_mirrored = (mirrored == images[:, :, ::-1]).all(axis=(1, 2))
    is_same = (mirrored == images).all(axis=(1, 2))
    assert (is_mirrored ^ is_same).all()
    assert is_mirrored.mean() == pytest.approx(0.25, abs=0.04)
    everything = Augmentation(0, 0, 0, flip=1).with_keys(images, keys)
    np.testing.assert_array_equal(everything, images[:, :, ::-1])


@pytest.mark.parametrize(
    "ranges",
    [
        {"shift": -1},
        {"rotate": np.nan},
        {"scale": 1.0},
        {"shear": np.inf},
        {"elastic": -1},
        {"sigma": 0},
        {"sigma": 1e9},
        {"noise": "loud"},
        {"erase": 2.5},
        {"flip": 1.5},
        {"flip": -0.5},
    ],
)
def test_impossible_ranges_are_refused(ranges) -> None:
    with pytest.raises(ArgumentError, match=next(iter(ranges))):
        Augmentation(**ranges)


@pytest.mark.parametrize(
    "images", [np.zeros((3, 4, 4)), np.zeros((3, 4), np.uint8), np.zeros((3, 4, 4), np.float32)]
)
def test_only_uint8_images_can_be_augmented(images) -> None:
    with pytest.raises(ArgumentError, match="uint8"):
        Augmentation()(images, np.random.default_rng(0))
