"""Handwriting is distinguished from objects and landscapes, on any paper and in any light."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.arrays import Array
from byhand.data.handwriting import are_written, has_dark_writing
from byhand.data.out_of_distribution import painted
from byhand.data.pen_shapes import LETTERS


def written(rng: np.random.Generator, paper: int = 230, ink: int = 60, noise: float = 3) -> Array:
    """A letter on noisy paper, 260 high and 200 wide, somewhere."""
    strokes = [np.array(one, float) for one in LETTERS[rng.integers(len(LETTERS))]]
    letter = painted(strokes, 10, 120) / 255
    page = np.full((260, 200), float(paper))
    top, left = rng.integers(0, 260 - letter.shape[0]), rng.integers(0, 200 - letter.shape[1])
    page[top : top + letter.shape[0], left : left + letter.shape[1]] += letter * (ink - paper)
    return (page + rng.normal(0, noise, page.shape)).clip(0, 255).astype(np.uint8)


def thing(rng: np.random.Generator) -> Array:
    """A dark shape that fills most of its box, as garments do."""
    y, x = np.mgrid[:260, :200]
    page = np.where((abs(y - 130) < 100) & (abs(x - 100) < 60 + y / 8), 90.0, 235.0)
    return (page + rng.normal(0, 3, page.shape)).clip(0, 255).astype(np.uint8)


def view(rng: np.random.Generator) -> Array:
    """Patches of all greys, as in a landscape."""
    patches = np.kron(rng.integers(0, 255, (13, 10)), np.ones((20, 20)))
    return (patches + rng.normal(0, 5, patches.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("paper", "ink"), [(230, 60), (110, 30), (20, 180), (255, 0), (0, 255)])
def test_handwriting_is_recognised_on_any_paper(rng, paper, ink) -> None:
    noise = 0 if {paper, ink} == {0, 255} else 3
    pictures = [written(rng, paper, ink, noise) for _ in range(10)]

    assert are_written(pictures)
    assert [has_dark_writing(one) for one in pictures] == [ink < paper] * 10


@pytest.mark.parametrize("kind", [thing, view])
def test_things_and_views_are_not_handwriting(rng, kind) -> None:
    assert not are_written([kind(rng) for _ in range(10)])


def test_empty_paper_is_not_handwriting() -> None:
    assert not are_written([np.full((100, 100), 255, np.uint8)])
