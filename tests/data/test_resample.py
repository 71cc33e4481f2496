"""Scaling by exact area weights."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.data import resample
from byhand.data.resample import fill, lay, longer_side, overlaps, resize, shrink


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12))),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_resize_is_the_exact_area_mean(image, height, width) -> None:
    """Every pixel equals a computation with rational numbers."""
    rows, columns = image.shape

    def share(i: int, k: int, before: int, after: int) -> Fraction:
        low, high = Fraction(i * before, after), Fraction((i + 1) * before, after)
        return max(min(high, k + 1) - max(low, k), Fraction(0)) * Fraction(after, before)

    down = [[share(i, k, rows, height) for k in range(rows)] for i in range(height)]
    right = [[share(j, k, columns, width) for k in range(columns)] for j in range(width)]
    half = [
        [sum(d * int(v) for d, v in zip(row, image[:, k], strict=True)) for k in range(columns)]
        for row in down
    ]
    means = [
        [sum(r * v for r, v in zip(column, row, strict=True)) for column in right] for row in half
    ]
    expected = [[(2 * mean + 1) // 2 for mean in row] for row in means]

    assert resize(image, height, width).tolist() == expected


@given(st.integers(1, 60), st.integers(1, 60))
def test_overlaps_share_out_every_pixel(before, after) -> None:
    weights = overlaps(before, after)

    assert (weights.sum(axis=1) == before).all()
    assert (weights.sum(axis=0) == after).all()


@pytest.mark.parametrize(
    ("shape", "field", "filled"),
    [((10, 20), (28, 28), (14, 28)), ((20, 10), (26, 20), (26, 13)), ((99, 1), (26, 20), (26, 1))],
)
def test_fill_keeps_the_proportions_inside_the_field(shape, field, filled) -> None:
    assert fill(np.full(shape, 7, np.uint8), *field).shape == filled


@given(st.tuples(st.integers(1, 60), st.integers(1, 60)), st.integers(1, 40), st.integers(1, 40))
def test_fill_never_leaves_the_field_and_touches_two_of_its_sides(shape, height, width) -> None:
    tall, wide = fill(np.zeros(shape, np.uint8), height, width).shape

    assert tall == height or wide == width
    assert tall <= height
    assert wide <= width


def test_shrink_never_enlarges() -> None:
    image = np.zeros((30, 40), np.uint8)

    assert shrink(image, 40) is image
    assert shrink(image, 20).shape == (15, 20)
    assert longer_side(image, 80).shape == (60, 80)


def test_lay_puts_an_image_in_the_middle() -> None:
    assert np.argwhere(lay(np.full((1, 2), 9, np.uint8), 4, 4)).tolist() == [[1, 1], [1, 2]]


def test_a_large_image_is_resized_in_blocks_to_the_same_values(monkeypatch) -> None:
    image = np.random.default_rng(0).integers(0, 256, (70, 50), dtype=np.uint8)
    whole = resize(image, 21, 13)
    monkeypatch.setattr(resample, "BLOCK_PIXELS", 120)

    np.testing.assert_array_equal(resize(image, 21, 13), whole)


def test_overlaps_in_blocks_are_those_at_once(monkeypatch) -> None:
    sizes = [(7, 5), (5, 7), (1, 9), (9, 1), (8, 4), (100, 3)]
    at_once = [overlaps(*size) for size in sizes]
    for block in (1, 9, 10, 1000):
        monkeypatch.setattr(resample, "BLOCK_OVERLAPS", block)
        for size, expected in zip(sizes, at_once, strict=True):
            np.testing.assert_array_equal(overlaps(*size), expected)


def test_a_very_long_image_takes_little_more_memory_than_its_overlaps() -> None:
    """A picture of 102 bytes may have such a side; the readers promise 64 MB."""
    tracemalloc.start()
    try:
        assert longer_side(np.zeros((16_384, 5), np.uint8), 280).shape == (280, 1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 8 * 16_384 * 280 + (16 << 20)
