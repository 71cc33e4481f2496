"""Stroke widths: measured, and changed without breaking strokes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.data.clean_photograph import label
from byhand.data.stroke_width import squared_distances, stroke_widths, with_stroke_width

masks = hnp.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def bar(width: float, slope: float = 0.0, side: int = 120) -> np.ndarray:
    """A long straight stroke with soft edges."""
    y, x = np.mgrid[:side, :side]
    distance = np.abs(x - side / 2 - slope * (y - side / 2)) / np.hypot(1, slope)
    inside = (y > 9) & (y < side - 10)
    return (255 * np.clip(width / 2 + 0.5 - distance, 0, 1) * inside).astype(np.uint8)


@pytest.mark.parametrize("slope", [0, 0.3, 1])
@pytest.mark.parametrize("width", [4, 8, 16])
def test_the_width_of_a_stroke_is_measured_in_any_direction(width, slope) -> None:
    found = stroke_widths(bar(width, slope)[None])[0]

    # the contour includes both ends
    assert found == pytest.approx(width, rel=0.2)
    assert stroke_widths(np.zeros((1, 5, 5), np.uint8)).tolist() == [0]


@given(masks)
def test_squared_distances_are_those_of_all_pairs(mask) -> None:
    found = squared_distances(mask, 12)
    on = np.argwhere(mask)

    for at in np.ndindex(mask.shape):
        if len(on):
            assert found[at] == ((on - at) ** 2).sum(axis=1).min()
        else:
            assert found[at] > 1 << 20


@pytest.mark.parametrize("slope", [0, 0.5])
@pytest.mark.parametrize("before", [3, 6, 28])
def test_thin_strokes_grow_and_wide_ones_shrink(before, slope) -> None:
    found = with_stroke_width(bar(before, slope), 14)

    assert stroke_widths(found[None])[0] == pytest.approx(14, rel=0.2)


def test_strokes_of_nearly_the_width_are_left_alone() -> None:
    image = bar(13)

    assert with_stroke_width(image, 14) is image
    assert not with_stroke_width(np.zeros((9, 9), np.uint8), 3).any()


def test_a_stroke_of_many_widths_does_not_break() -> None:
    """A wedge stays whole, although its thin end is thinner than the change."""
    y, x = np.mgrid[:200, :200]
    wedge = np.where((np.abs(x - 100) < 2 + y / 5) & (y > 5) & (y < 195), 255, 0).astype(np.uint8)
    thinned = with_stroke_width(wedge, 8)

    assert thinned.sum() < wedge.sum() / 2
    assert (thinned <= wedge).all()
    pieces, sizes = np.unique(label(thinned > 0), return_counts=True)
    assert sizes[pieces > 0].max() > 0.9 * sizes[pieces > 0].sum()
