"""Sheets of many digits: boxes, strokes that belong together, and the reading order."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data.sheet import find_digits
from byhand.errors import DataError

HEIGHT, WIDTH = 700, 560


def sheet(places: list[tuple[int, int]], paper: float = 230, noise: float = 3) -> np.ndarray:
    """A photograph with a five of two separate strokes, 60 x 90, at each place (top, left)."""
    ink = np.zeros((HEIGHT, WIDTH))
    for top, left in places:
        ink[top : top + 8, left + 10 : left + 60] = 1  # the bar, not touching
        ink[top + 14 : top + 90, left + 10 : left + 18] = 1
        ink[top + 82 : top + 90, left : left + 60] = 1
    shade = np.linspace(1, 0.6, WIDTH)
    grey = paper * shade * (1 - 0.7 * ink) + np.random.default_rng(0).normal(0, noise, ink.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)


def test_digits_come_line_by_line_from_left_to_right() -> None:
    """The second line slants and starts further to the right."""
    places = [(60, 50), (70, 180), (55, 330), (260, 120), (280, 260), (310, 400)]
    found = find_digits(sheet([places[k] for k in (4, 0, 3, 5, 2, 1)]))

    assert [one.line for one in found] == [0, 0, 0, 1, 1, 1]
    for (top, left), one in zip(places, found, strict=True):
        assert np.abs(np.array(one.box) - (top, left, 90, 60)).max() <= 3


def test_strokes_of_one_digit_belong_together_and_lines_do_not() -> None:
    found = find_digits(sheet([(60, 50), (160, 50), (260, 52)]))

    assert [one.line for one in found] == [0, 1, 2]
    assert all(85 <= one.box[2] <= 95 for one in found)
    assert all(one.ink.any() for one in found)


def test_boxes_are_in_pixels_of_a_large_picture() -> None:
    large = np.kron(sheet([(60, 50), (300, 300)]), np.ones((3, 3), np.uint8))
    found = find_digits(large)

    assert np.abs(np.array(found[1].box) - (900, 900, 270, 180)).max() <= 9


def test_dots_and_specks_are_not_digits() -> None:
    picture = sheet([(60, 50), (60, 300)])
    picture[200:206, 200:206] = 20

    assert len(find_digits(picture)) == 2


def test_an_empty_sheet_is_reported() -> None:
    with pytest.raises(DataError, match="no ink stands out"):
        find_digits(sheet([]))
