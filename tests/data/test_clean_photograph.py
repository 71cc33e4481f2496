"""Ink is found in simulated photographs: paper, shadow, lines, chalk, noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.data.clean_photograph import (
    closed,
    darkness,
    find_ink,
    label,
    needs_cleaning,
    otsu,
    smooth,
)
from byhand.data.prepare_picture import Preparation
from byhand.errors import DataError

MNIST = Preparation("mnist")
SIDE = 400


def seven(pen: float = 14, side: int = SIDE) -> np.ndarray:
    """A seven as ink from 0 to 1: a bar and a slanted stroke."""
    y, x = np.mgrid[:side, :side] * (400 / side)
    bar = (np.abs(y - 120) < pen / 2) & (x > 140) & (x < 260)
    down = (np.abs(x - 260 + (y - 120) * 0.4) < pen / 2) & (y > 120) & (y < 300)
    return (bar | down).astype(float)


def photographed(grey: np.ndarray, noise: float = 4) -> np.ndarray:
    """The greys with noise, as bytes."""
    noisy = grey + np.random.default_rng(0).normal(0, noise, grey.shape)
    return np.clip(noisy, 0, 255).round().astype(np.uint8)


def scenes() -> dict[str, np.ndarray]:
    """One photograph of each kind."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    paper = 230 * (1 - 0.4 * x)
    lines = np.where((np.arange(SIDE) % 40 < 2)[:, None], 0.75, 1.0)
    table = np.where((x > 0.07) & (y > 0.05), 230 - 170 * seven(), 60)
    return {
        "gradient": paper * (1 - 0.75 * seven()),
        "shadow": paper
        * (1 - 0.4 / (1 + np.exp(60 * (0.55 - y - 0.1 * x))))
        * (1 - 0.75 * seven()),
        "grey paper": 120 * (1 - 0.6 * seven()),
        "ruled": paper * lines * (1 - 0.75 * seven()),
        "thin pen": paper * (1 - 0.7 * seven(4)),
        "chalk": 50 + 130 * seven(),
        "table": table,
    }


EXPECTED = MNIST((255 * seven(20)).astype(np.uint8))


def likeness(picture: np.ndarray) -> float:
    """The largest correlation of a picture's image with the seven, shifted by at most a pixel."""
    image = MNIST(picture)
    moved = [np.roll(image, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(float(np.corrcoef(one.ravel(), EXPECTED.ravel())[0, 1]) for one in moved)


@pytest.mark.parametrize("scene", scenes())
def test_ink_is_found_in_every_kind_of_photograph(scene) -> None:
    picture = photographed(scenes()[scene])

    assert needs_cleaning(picture)
    assert likeness(picture) > 0.85


def test_a_tall_photograph_with_a_small_digit_is_read() -> None:
    paper = np.full((2000, 1500), 210.0)
    paper[1000:1400, 300:700] *= 1 - 0.7 * seven()

    assert likeness(photographed(paper)) > 0.85


def test_a_faint_digit_is_read_beside_a_table_darker_than_its_ink() -> None:
    """The table must not decide how dark ink is."""
    picture = np.full((1000, 1400), 25.0)
    picture[:960, 60:] = 210
    picture[300:500, 600:800] *= 1 - 0.35 * seven(20, 200)

    assert likeness(photographed(picture)) > 0.85


def test_paper_without_ink_is_nothing_drawn() -> None:
    with pytest.raises(DataError, match="no ink stands out"):
        MNIST(photographed(np.full((300, 300), 200.0)))


def test_darker_or_lighter_ink_can_be_specified() -> None:
    chalk = photographed(scenes()["chalk"])

    np.testing.assert_array_equal(find_ink(chalk), find_ink(chalk, dark_ink=False))
    assert not np.array_equal(find_ink(chalk), find_ink(chalk, dark_ink=True))


def test_a_drawing_made_on_a_computer_is_not_a_photograph() -> None:
    ink = (255 * seven(30)).astype(np.uint8)

    assert not needs_cleaning(ink)
    assert not needs_cleaning(255 - ink)
    assert not needs_cleaning(np.full((50, 50), 255, np.uint8))


@pytest.mark.parametrize(("side", "is_photo"), [(32, False), (48, False), (64, False), (65, True)])
def test_the_soft_rims_of_a_small_drawing_are_not_soil(side, is_photo) -> None:
    """Of a larger picture in the same greys, the soiled paper is that of a photograph."""
    drawing = np.zeros((side, side), np.uint8)
    drawing[side // 4 : side // 2, side // 3 : side // 2] = 255
    drawing[:5] = 9  # a twelfth of the paper, nearly black

    assert needs_cleaning(drawing) == is_photo
    assert needs_cleaning(255 - drawing) == is_photo
    assert needs_cleaning(drawing // 2 + 30)  # grey paper is a photograph in any size


@pytest.mark.parametrize("paper", [254, 225, 128, 20])
def test_a_drawing_on_paper_that_is_not_quite_white_or_black_is_cleaned(paper) -> None:
    """Without cleaning, the paper would count as ink."""
    drawing = np.where(seven(30) > 0, 0 if paper > 99 else 255, paper).astype(np.uint8)

    assert needs_cleaning(drawing)
    assert likeness(drawing) > 0.85


def test_a_drawing_in_thin_strokes_is_thickened() -> None:
    ink = (255 * seven(4)).astype(np.uint8)

    assert likeness(255 - ink) > 0.85


# --- single steps -------------------------------------------------------------------------------


def test_smooth_is_the_mean_of_what_there_is() -> None:
    image = np.zeros((3, 3), np.uint8)
    image[0, 0] = 90

    assert smooth(image).tolist() == [[23, 15, 0], [15, 10, 0], [0, 0, 0]]


def test_darkness_is_relative_to_the_paper() -> None:
    grey = np.full((320, 320), 200, np.uint8)
    grey[:, 160:] = 100
    grey[40:44, 60:64], grey[40:44, 250:254] = 100, 50

    found = darkness(grey)

    assert found[42, 62] == found[42, 252] == 128
    assert found[90, 5] == found[90, 300] == 0


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14))), st.integers(1, 9))
def test_closing_is_the_smallest_of_the_largest_of_all_windows(image, size) -> None:
    """The definition uses windows inside the picture, which may be as large as the picture."""
    tall, wide = (min(size, length) for length in image.shape)
    expected = np.full(image.shape, 255)
    for y in range(image.shape[0] - tall + 1):
        for x in range(image.shape[1] - wide + 1):
            part = expected[y : y + tall, x : x + wide]
            np.minimum(part, image[y : y + tall, x : x + wide].max(), out=part)

    np.testing.assert_array_equal(closed(image, size), expected)


def test_the_sharp_edge_of_a_shadow_is_not_ink() -> None:
    grey = np.full((400, 400), 220, np.uint8)
    grey[:, 150:] = 90

    assert not darkness(grey).any()


def test_otsu_takes_the_lowest_threshold_between_two_groups() -> None:
    counts = np.zeros(256, np.int64)
    counts[[10, 200]] = 50, 30

    assert otsu(counts) == 10


@pytest.mark.parametrize("seed", range(5))
def test_pieces_are_those_that_a_flood_would_fill(seed) -> None:
    mask = np.random.default_rng(seed).random((20, 30)) < 0.4
    found = label(mask)
    expected, piece = np.zeros(mask.shape, int), 0
    for start in np.argwhere(mask):
        if expected[tuple(start)]:
            continue
        piece += 1
        waiting = [tuple(start)]
        while waiting:
            y, x = waiting.pop()
            if not (0 <= y < 20 and 0 <= x < 30) or not mask[y, x] or expected[y, x]:
                continue
            expected[y, x] = piece
            waiting += [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]

    pairs = set(zip(found.ravel().tolist(), expected.ravel().tolist(), strict=True))
    assert len(pairs) == piece + 1  # one number for each number of the other
    assert (0, 0) in pairs
