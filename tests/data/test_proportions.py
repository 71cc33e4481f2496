"""Proportions of drawings: measured, and limited."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.data.proportions import common_proportions, narrowed, narrowing, proportions

inks = hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12))).filter(np.any)


def test_a_filled_square_has_proportions_of_one_and_a_rectangle_those_of_its_sides() -> None:
    assert proportions(np.full((7, 7), 255, np.uint8)) == pytest.approx(1)
    assert proportions(np.full((4, 12), 9, np.uint8)) == pytest.approx(3)
    assert proportions(np.full((12, 4), 9, np.uint8)) == pytest.approx(1 / 3)


def test_a_slant_does_not_change_the_proportions() -> None:
    square = np.pad(np.full((9, 9), 255, np.uint8), ((0, 0), (0, 8)))
    slanted = np.stack([np.roll(row, y) for y, row in enumerate(square)])

    assert proportions(slanted) == pytest.approx(proportions(square), rel=0.02)


@given(inks)
def test_proportions_are_those_of_the_covariance_matrix(ink) -> None:
    places = np.argwhere(ink)
    covariance = np.cov(places.T, aweights=ink[ink > 0], bias=True) + np.eye(2) / 12

    expected = np.sqrt(max(np.linalg.det(covariance), 0)) / covariance[0, 0]
    assert proportions(ink) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(inks, st.floats(0.01, 3))
def test_ink_loses_at_most_a_third_of_its_width_and_never_gains(ink, widest) -> None:
    height, width = ink.shape
    now = narrowed(ink, widest)

    assert now.shape[0] == height
    assert round(width * 2 / 3) <= now.shape[1] <= width
    assert narrowing(ink, None) == 1


def test_wide_ink_gets_the_widest_proportions() -> None:
    y, x = np.mgrid[:100, :120]
    disc = 255 * (np.hypot(x - 60, 1.2 * (y - 50)) < 55).astype(np.uint8)

    assert proportions(narrowed(disc, 0.9)) == pytest.approx(0.9, rel=0.01)
    assert narrowed(disc, 1.3) is disc


def test_empty_paper_stays_empty_and_has_no_proportions() -> None:
    paper = np.zeros((3, 5), np.uint8)

    assert narrowed(paper, 0.5) is paper
    assert common_proportions(paper[None]) is None
