from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba", reason="Numba is not installed")

from byhand import backend
from byhand.augmentation import Augmentation
from byhand.augmentation.warp import warp
from byhand.kernels import augmentation as kernels
from byhand.kernels.parallel import pool

ALL = Augmentation(2, 25, 0.2, 0.2, elastic=40, sigma=5, flip=0.5)
AFFINE = Augmentation(2, 25, 0.2, 0.2)


def images(n: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (n, height, width), dtype=np.uint8)


@pytest.mark.parametrize("augmentation", [ALL, AFFINE], ids=["elastic", "affine"])
@pytest.mark.parametrize("size", [(28, 28), (1, 1), (5, 40), (33, 3)])
def test_the_kernel_is_equal_to_the_formula_up_to_rounding(plain, augmentation, size) -> None:
    """A pixel differs by one grey level at most, and very few do."""
    some, keys = images(150, *size), np.arange(150, dtype=np.uint64)
    expected = augmentation.with_keys(some, keys).astype(int)
    backend.use("numba")

    difference = np.abs(augmentation.with_keys(some, keys) - expected)

    assert difference.max() <= 1
    assert difference.mean() < 0.002
    assert (expected != some).any() or size == (1, 1)


def test_the_backend_puts_the_kernel_in_place(plain) -> None:
    from byhand.augmentation import warp as module

    assert module.warp is warp
    backend.use("numba")
    assert module.warp is kernels.warp


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_number_of_threads_changes_no_bit(plain, threads) -> None:
    if not pool.available():
        pytest.skip("there is no pool of threads with this BLAS")
    backend.use("numba")
    some, keys = images(500, 28, 28), np.arange(500, dtype=np.uint64)
    expected = ALL.with_keys(some, keys)

    with pool.hold(threads):
        np.testing.assert_array_equal(ALL.with_keys(some, keys), expected)
        np.testing.assert_array_equal(ALL.with_keys(some[:1], keys[:1]), expected[:1])


def test_pictures_of_other_memory_layouts_are_taken(plain) -> None:
    backend.use("numba")
    some, keys = images(40, 10, 12), np.arange(40, dtype=np.uint64)

    turned = ALL.with_keys(np.asfortranarray(some)[::2], keys[::2])

    np.testing.assert_array_equal(turned, ALL.with_keys(some, keys)[::2])
