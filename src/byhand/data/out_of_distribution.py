"""Generated images of kinds that a network was not trained on, to learn what to doubt.

There are four kinds, in the size and with the stroke width of the training images: letters and
signs as drawn by hand, random strokes, filled shapes in many greys, and distorted training images
(rotated, mirrored, joined with others). `evaluation/second_opinion.py` learns from them, and
`evaluation/doubt.py` decides which predictions are doubted.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.augmentation import move_images
from byhand.data.pen_shapes import LETTERS, SIGNS, Stroke, arc, curve
from byhand.data.prepare_picture import PEN_KINDS, Preparation
from byhand.errors import DataError

LONGEST = 40  # strokes are drawn no larger than this, and then scaled
WOBBLE = 2.5  # of points, in hundredths of a drawing
REPEATED = 0.3  # fraction of the random strokes that are dots or bars
SERIFS = 0.25  # fraction of the drawings that have serifs
TIMES = 2  # each drawing is used once as it is and once moved a little
SHARES = {"letters": 0.65, "strokes": 0.13, "filled": 0.1, "broken": 0.12}
"""Fraction of each kind."""


def strangers(
    images: Array, preparation: Preparation, count: int, rng: np.random.Generator, *, letters: bool
) -> Array:
    """Return about `count` images that are unlike the training images, uint8 (n, height, width).

    Args:
        images: the training images, uint8 (n, height, width).
        preparation: the preparation of these images.
        count: number of images.
        rng: source of all random numbers.
        letters: whether letters and signs are unlike the classes, as they are for digits.
    """
    kinds = dict(SHARES)
    if not letters:
        kinds["strokes"] += kinds.pop("letters")
    if preparation.kind not in PEN_KINDS:
        kinds.pop("filled")
    drawn = -(-count // TIMES)
    parts = [_MAKERS[kind](images, preparation, round(drawn * kinds[kind]), rng) for kind in kinds]
    made = np.concatenate([part for part in parts if len(part)])
    paper = 255 if preparation.ink == "dark" else 0
    moved = [_moved(made, paper, rng) for _ in range(TIMES - 1)]
    return np.concatenate([made, *moved])[:count]


def _moved(images: Array, paper: int, rng: np.random.Generator) -> Array:
    """Images rotated and scaled a little; new drawings would take twenty times as long."""
    many = len(images)
    turns, sizes = rng.uniform(-15, 15, many), rng.uniform(0.85, 1.1, many)
    return move_images(images ^ paper, rotate=turns, scale=sizes) ^ paper


# --- pen strokes --------------------------------------------------------------------------------


def _letters(_: Array, way: Preparation, count: int, rng: np.random.Generator) -> Array:
    shapes = [*LETTERS, *SIGNS]
    return _inked(
        [_by_hand(shapes[rng.integers(len(shapes))], rng) for _ in range(count)], way, rng
    )


def _strokes(_: Array, way: Preparation, count: int, rng: np.random.Generator) -> Array:
    return _inked([_at_random(rng) for _ in range(count)], way, rng)


def _by_hand(strokes: list[Stroke], rng: np.random.Generator) -> list[FloatArray]:
    """The strokes with a hand's wobble, slant and proportions, sometimes with serifs."""
    slant = np.array([[rng.uniform(0.6, 1.4), rng.normal(0, 0.25)], [rng.normal(0, 0.1), 1]])
    drawn: list[FloatArray] = []
    for stroke in strokes:
        line = _of_some_points(np.array(stroke, np.float64))
        line += rng.normal(0, WOBBLE, line.shape) + rng.normal(0, WOBBLE, 2)
        drawn.append((line - 50) @ slant.T)
    if rng.random() < SERIFS:
        ends = [end for line in drawn for end in (line[0], line[-1]) if rng.random() < 0.7]
        drawn += [end + np.array([[-1.0, 0], [1, 0]]) * rng.uniform(4, 10) for end in ends]
    return drawn


def _of_some_points(line: FloatArray) -> FloatArray:
    """The line with 4 to about 14 points."""
    if len(line) > 14:
        return np.concatenate([line[:: len(line) // 10], line[-1:]])
    at = np.linspace(0, len(line) - 1, max(4, len(line)))
    return np.stack([np.interp(at, np.arange(len(line)), axis) for axis in line.T], axis=1)


def _repeated(rng: np.random.Generator) -> list[FloatArray]:
    """Two to five dots or bars, side by side or about a circle."""
    count = int(rng.integers(2, 6))
    half = rng.normal(size=2) * rng.choice([0.5, 20])
    if rng.random() < 0.5:
        angles = 2 * np.pi * (np.arange(count) / count + rng.random())
        middles = 30 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    else:
        across = np.array([-half[1], half[0]]) / np.hypot(*half) * rng.uniform(14, 26)
        middles = (np.arange(count) - (count - 1) / 2)[:, None] * across
    return [np.stack([middle - half, middle + half]) + 50 for middle in middles]


def _at_random(rng: np.random.Generator) -> list[FloatArray]:
    """One to four strokes: straight, bent, or round; or one that is repeated."""
    if rng.random() < REPEATED:
        return _repeated(rng)
    drawn: list[FloatArray] = []
    for _ in range(rng.integers(1, 5)):
        kind = rng.integers(3)
        points = [(float(x), float(y)) for x, y in rng.uniform(14, 86, (rng.integers(3, 7), 2))]
        if kind == 0:
            stroke = points[: 2 if rng.random() < 0.6 else None]
        elif kind == 1:
            stroke = curve(*points)
        else:
            start = rng.uniform(0, 360)
            (x, y), (wide, tall) = rng.uniform(30, 70, 2), rng.uniform(8, 36, 2)
            stroke = arc(x, y, wide, tall, start, start + rng.uniform(90, 360))
        drawn.append(np.array(stroke, np.float64))
    return drawn


def _inked(drawings: list[list[FloatArray]], way: Preparation, rng: np.random.Generator) -> Array:
    """Drawings as input images, with pens of about the training set's width."""
    box = way.box or way.shape
    longer = min(LONGEST, max(box) if way.kind != "mnist" else 20)
    usual = way.pen(longer, longer) or 2.5 * longer / 20
    pens = np.clip(usual * rng.lognormal(0, 0.25, len(drawings)), 1, longer / 3)
    images = []
    for drawing, pen in zip(drawings, pens, strict=True):
        try:
            images.append(list(way.steps(painted(drawing, float(pen), longer)).values())[-1])
        except DataError:
            continue  # too little ink for the steps
    return np.stack(images) if images else np.zeros((0, *way.shape), np.uint8)


def painted(strokes: list[FloatArray], pen: float, longer: int) -> Array:
    """Return strokes as ink, uint8 (height, width) with the longer side given.

    A pixel whose centre lies at distance d from the line has clip(pen/2 + 1/2 - d, 0, 1) of ink.
    """
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = (longer - pen) / max(float(size.max()), 1e-9)
    width, height = (max(1, round(float(length) * scale + pen)) for length in size)
    lines = [((one - low) * scale + pen / 2).astype(np.float32) for one in strokes]
    start = np.concatenate([line[:-1] for line in lines])
    along = np.concatenate([line[1:] for line in lines]) - start
    x, y = np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5
    right = x[None, :, None] - start[:, 0]
    down = y[:, None, None] - start[:, 1]
    lengths = np.maximum((along * along).sum(axis=1), 1e-6)
    part = np.clip((right * along[:, 0] + down * along[:, 1]) / lengths, 0, 1)
    squares = (right - part * along[:, 0]) ** 2 + (down - part * along[:, 1]) ** 2
    ink = np.clip(pen / 2 + 0.5 - np.sqrt(squares.min(axis=2)), 0, 1)
    return np.asarray(255 * ink + 0.5).astype(np.uint8)


# --- other kinds --------------------------------------------------------------------------------


def _filled(_: Array, way: Preparation, count: int, rng: np.random.Generator) -> Array:
    """Filled shapes: a blot, high or wide, in smooth or noisy greys."""
    height, width = way.shape
    y, x = np.mgrid[:height, :width]
    y, x = (y - (height - 1) / 2) * 28 / height, (x - (width - 1) / 2) * 28 / width
    around = np.arctan2(y, x) % (2 * np.pi)
    out = np.zeros((count, height, width), np.uint8)
    for image in out:
        corners = int(rng.integers(3, 8))
        reach = np.interp(
            around, np.sort(rng.uniform(0, 2 * np.pi, corners)), rng.uniform(5, 14, corners),
            period=2 * np.pi,
        )  # fmt: skip
        down, right = (
            np.interp(np.arange(n), np.linspace(0, n - 1, 4), rng.uniform(low, high, 4))
            for n, low, high in ((height, 60, 255), (width, 0.7, 1))
        )
        greys = down[:, None] * right + rng.normal(0, rng.uniform(0, 40), (height, width))
        tall, wide = (1, rng.uniform(0.8, 1.8)) if rng.random() < 0.5 else (rng.uniform(1, 2.8), 1)
        down_by, right_by = rng.uniform(-4, 4) * (tall > 1), rng.uniform(-2, 2)
        inside = np.hypot((y - down_by) * tall, (x - right_by) * wide) < reach
        image[:] = np.where(inside, greys.clip(0, 255), 0)
    return 255 - out if way.ink == "dark" else out


def _broken(images: Array, way: Preparation, count: int, rng: np.random.Generator) -> Array:
    """Training images rotated, mirrored, and joined: half of one and half of another, or both."""
    each = count // 5
    a, b, c, d, e, f, g, h = (images[rng.integers(0, len(images), each)] for _ in range(8))
    paper = 255 if way.ink == "dark" else 0
    turned = _turned(a, rng.uniform(50, 310, each), paper)
    middle, side = images.shape[1] // 2, images.shape[2] // 2
    over = np.minimum if way.ink == "dark" else np.maximum
    return np.concatenate(
        [
            turned,
            b[:, :, ::-1],
            np.concatenate([c[:, :middle], d[:, middle:]], axis=1),
            np.concatenate([e[:, :, :side], f[:, :, side:]], axis=2),
            over(g, _turned(h, rng.uniform(0, 360, each), paper)),
        ]
    )


def _turned(images: Array, degrees: FloatArray, paper: int) -> Array:
    """Rotated images; empty places become paper."""
    return move_images(images ^ paper, rotate=degrees) ^ paper


_MAKERS = {"letters": _letters, "strokes": _strokes, "filled": _filled, "broken": _broken}
