"""Printed lines are found at any small slope, and removed without the ink that crosses them."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data.ruling import without_ruling

Y, X = np.mgrid[:300, :240]
STROKE = (np.abs(X - 120 - (Y - 150) * 0.2) < 8) & (Y > 60) & (Y < 240)


def lines(slope: float, squares: bool = False) -> np.ndarray:
    """Lines of three pixels in 60 of 255, forty pixels apart."""
    ruled = (Y + slope * X) % 40 < 3
    return ruled | ((X - slope * Y) % 40 < 3) if squares else ruled


@pytest.mark.parametrize("squares", [False, True])
@pytest.mark.parametrize("slope", [0, 0.03, -0.06])
def test_lines_go_and_the_stroke_that_crosses_them_stays(slope, squares) -> None:
    ruled = np.where(lines(slope, squares), 60, 0).astype(np.uint8)
    written = np.where(STROKE, 180, ruled).astype(np.uint8)
    found = without_ruling(written)

    assert (found[STROKE] == 180).all()
    assert (found[~STROKE] > 0).mean() < 0.1 * (ruled[~STROKE] > 0).mean()


def test_a_stroke_as_faint_as_the_lines_is_not_cut() -> None:
    written = np.where(STROKE | lines(0), 70, 0).astype(np.uint8)

    assert (without_ruling(written)[STROKE] == 70).mean() > 0.95


@pytest.mark.parametrize("rows", [(), (40,), (40, 200)])
def test_one_or_two_bars_are_not_ruling(rows) -> None:
    """A seven and a Z have such bars."""
    bars = np.zeros((300, 240), np.uint8)
    for row in rows:
        bars[row : row + 4, 20:220] = 90

    np.testing.assert_array_equal(without_ruling(bars), bars)


def test_three_thick_bars_are_strokes() -> None:
    """A three in a close photograph has such bars."""
    bars = np.zeros((300, 240), np.uint8)
    for row in (40, 140, 240):
        bars[row : row + 20, 20:220] = 90

    np.testing.assert_array_equal(without_ruling(bars), bars)


def test_a_picture_too_small_for_lines_is_left_alone() -> None:
    tiny = np.full((9, 9), 50, np.uint8)

    assert (without_ruling(tiny) == tiny).all()
