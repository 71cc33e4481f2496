"""Folders of images by class, like those that people have: handwriting in several forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.pictures.drawing import STYLES, drawn
from benchmarks.pictures.hands import traced
from byhand.arrays import Array
from byhand.data import Part
from byhand.data.out_of_distribution import painted

COUNT = 600  # images of a folder to train on
OTHERS = 200  # images of other people

Maker = Callable[[Array, np.random.Generator], Array]


def small(image: Array, rng: np.random.Generator) -> Array:
    """Dark on light, 28 x 28, at varying places, as from a drawing program."""
    moved = np.roll(image, rng.integers(-3, 4, 2), (0, 1))
    paper = rng.integers(235, 256)
    return np.asarray(paper - (moved / 255 * rng.uniform(180, 230))).clip(0, 255).astype(np.uint8)


def scanned(image: Array, rng: np.random.Generator) -> Array:
    """Dark on light, 260 high and 200 wide: a noisy scan."""
    ink = _inked(image, rng, int(rng.integers(120, 190)))
    page = np.full((260, 200), rng.uniform(225, 250))
    top, left = (
        rng.integers(0, room - size + 1) for room, size in zip(page.shape, ink.shape, strict=True)
    )
    page[top : top + ink.shape[0], left : left + ink.shape[1]] -= ink * rng.uniform(0.6, 0.85)
    return (page + rng.normal(0, 3, page.shape)).clip(0, 255).astype(np.uint8)


def mixed(image: Array, rng: np.random.Generator) -> Array:
    """Light on dark, cropped closely, all of different sizes and shapes."""
    ink = _inked(image, rng, int(rng.integers(30, 120)))
    return np.pad(ink, [tuple(rng.integers(1, 9, 2)), tuple(rng.integers(1, 9, 2))])


FOLDERS: dict[str, Maker] = {
    "dark on light, 28x28": small,
    "scans of 260x200": scanned,
    "mixed sizes": mixed,
}


def _inked(image: Array, rng: np.random.Generator, longer: int) -> Array:
    moved = drawn(traced(image), STYLES["usual"], rng)
    ink = painted(moved, float(rng.uniform(0.06, 0.12) * longer), longer)
    return ink[:200, :190]


def write(
    folder: Path, make: Maker, part: Part, places: list[int], rng: np.random.Generator
) -> None:
    """Write `<folder>/<class>/<number>.png`."""
    assert part.labels is not None
    for number, place in enumerate(places):
        image = part.images[place]
        target = folder / str(part.labels[place]) / f"{number:04}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(make(image, rng)).save(target)
