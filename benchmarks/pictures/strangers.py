"""Drawings that are no digits, of kinds that the measure of doubt never saw.

The letters are another hand's than those in `byhand.data.pen_shapes`; none of these signs and
scribbles is there. Letters that a hand writes like a digit are left out there and here.
"""
# ruff: noqa: E501 - a shape a line

from __future__ import annotations

import math

import numpy as np

from benchmarks.pictures.shapes import Shape, Stroke, arc, curve

SIGNS: list[Shape] = [
    ("house", [[(18, 48), (50, 16), (82, 48), (82, 86), (18, 86), (18, 48), (82, 48)], [(40, 86), (40, 62), (60, 62), (60, 86)]]),
    ("question", [curve((32, 32), (44, 17), (64, 24), (62, 42), (50, 56), (50, 66)), [(50, 82), (51, 83)]]),
    ("and", [curve((72, 82), (44, 46), (40, 26), (54, 18), (58, 32), (36, 56), (34, 76), (52, 82), (72, 56))]),
    ("at", [arc(50, 50, 12, 12, 0, 360), curve((62, 40), (62, 60), (74, 60), (76, 40), (56, 18), (26, 30), (20, 60), (44, 84), (70, 78))]),
    ("spiral", [[(50 + r * math.cos(r / 4), 50 + r * math.sin(r / 4)) for r in np.arange(2, 36, 0.5)]]),
    ("fish", [curve((18, 50), (40, 28), (66, 44), (84, 66)), curve((18, 50), (40, 72), (66, 56), (84, 34))]),
    ("tree", [[(50, 84), (50, 50)], arc(50, 34, 24, 18, 0, 360)]),
    ("flag", [[(28, 86), (28, 16), (76, 26), (28, 44)]]),
    ("cloud", [curve((20, 62), (28, 44), (42, 46), (50, 30), (66, 42), (80, 46), (82, 64), (20, 64))]),
    ("sun", [arc(50, 50, 16, 16, 0, 360), *[[(50 + 24 * math.cos(a), 50 + 24 * math.sin(a)), (50 + 36 * math.cos(a), 50 + 36 * math.sin(a))] for a in np.arange(8) * math.pi / 4]]),
    ("stick man", [arc(50, 24, 9, 9, 0, 360), [(50, 33), (50, 60), (34, 86)], [(50, 60), (66, 86)], [(30, 44), (70, 44)]]),
]  # fmt: skip


def zigzag(rng: np.random.Generator) -> list[Stroke]:
    """To and fro, as one tries a pen."""
    count = rng.integers(5, 12)
    tops, bottoms = rng.uniform(15, 35, count), rng.uniform(65, 85, count)
    x = np.linspace(rng.uniform(12, 25), rng.uniform(75, 88), 2 * count)
    return [[(float(a), float((tops, bottoms)[i % 2][i // 2])) for i, a in enumerate(x)]]


def wandering(rng: np.random.Generator) -> list[Stroke]:
    """A line that changes its mind: smooth through random points."""
    points = rng.uniform(14, 86, (int(rng.integers(7, 13)), 2))
    return [curve(*[(float(x), float(y)) for x, y in points])]


def loops(rng: np.random.Generator) -> list[Stroke]:
    """Circles that move on."""
    t = np.linspace(0, rng.uniform(3, 6) * 2 * np.pi, 160)
    r = rng.uniform(12, 20)
    x = 24 + 52 * t / t[-1] + r * np.cos(t)
    return [[(float(a), float(b)) for a, b in zip(x, 50 + 1.5 * r * np.sin(t), strict=True)]]


def sticks(rng: np.random.Generator) -> list[Stroke]:
    """Straight strokes in every direction."""
    ends = rng.uniform(12, 88, (int(rng.integers(4, 8)), 2, 2))
    return [[(float(a[0]), float(a[1])), (float(b[0]), float(b[1]))] for a, b in ends]


SCRIBBLES = {"zigzag": zigzag, "wandering": wandering, "loops": loops, "sticks": sticks}
