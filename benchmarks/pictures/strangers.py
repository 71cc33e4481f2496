"""Drawings that are not digits, of kinds unknown to the measure of doubt.

Letters are those of fonts made from people's handwriting, in Debian's packages fonts-breip,
fonts-bwht, fonts-dkg-handwriting, fonts-femkeklaver, fonts-humor-sans, fonts-klee and fonts-kristi.
Constants of the detector were chosen with these; NEW_FONTS were met only afterwards. They are in
fonts-comic-neue, fonts-dancingscript, fonts-kaushanscript, fonts-leckerli-one, fonts-rufscript,
fonts-sjfonts and fonts-yusei-magic. NEWEST_FONTS were measured once, long after the last change:
fonts-dustin, fonts-ecolier-court, fonts-kiloji and fonts-tomsontalks.
Letters that a hand writes like a digit are left out. Signs and scribbles are made here.
"""
# ruff: noqa: E501 - a shape a line

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.pictures.hands import Strokes
from byhand.arrays import Array
from byhand.data import Preparation
from byhand.data.out_of_distribution import painted
from byhand.data.pen_shapes import Stroke, arc, curve

LETTERS = "ACEFHKLMNPRTUVWXYadefhkmnprtuvwxy"
"""Letters without those that look like a digit: B D G I J O Q S Z b c g i j l o q s z."""

FONTS = (
    "Breip.ttf", "BecauseWeBuild-Regular.otf", "BecauseWeLearn-Regular.otf",
    "BecauseWeOrganize-Regular.otf", "BecauseWeMentor-Regular.otf",
    "BecauseWeConnect-Regular.otf", "dkg.ttf", "femkeklaver.ttf", "Humor-Sans.ttf",
    "KleeOne-Regular.ttf", "Kristi.ttf",
)  # fmt: skip

NEW_FONTS = (
    "ComicNeue-Regular.otf", "DancingScript-Regular.otf", "KaushanScript-Regular.otf",
    "LeckerliOne-Regular.ttf", "Rufscript010.ttf", "Delphine.ttf", "SteveHand.ttf",
    "YuseiMagic-Regular.ttf",
)  # fmt: skip

NEWEST_FONTS = ("Domestic_Manners.ttf", "Ecolier-court.ttf", "kiloji.ttf", "TomsonTalks.ttf")

SIGNS: list[tuple[str, list[Stroke]]] = [
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
    """To and fro, like someone who tries a pen."""
    count = rng.integers(5, 12)
    tops, bottoms = rng.uniform(15, 35, count), rng.uniform(65, 85, count)
    x = np.linspace(rng.uniform(12, 25), rng.uniform(75, 88), 2 * count)
    return [[(float(a), float((tops, bottoms)[i % 2][i // 2])) for i, a in enumerate(x)]]


def wandering(rng: np.random.Generator) -> list[Stroke]:
    """A smooth line through random points."""
    points = rng.uniform(14, 86, (int(rng.integers(7, 13)), 2))
    return [curve(*[(float(x), float(y)) for x, y in points])]


def loops(rng: np.random.Generator) -> list[Stroke]:
    """A row of overlapping circles."""
    t = np.linspace(0, rng.uniform(3, 6) * 2 * np.pi, 160)
    r = rng.uniform(12, 20)
    x = 24 + 52 * t / t[-1] + r * np.cos(t)
    return [[(float(a), float(b)) for a, b in zip(x, 50 + 1.5 * r * np.sin(t), strict=True)]]


def sticks(rng: np.random.Generator) -> list[Stroke]:
    """Straight strokes in every direction."""
    ends = rng.uniform(12, 88, (int(rng.integers(4, 8)), 2, 2))
    return [[(float(a[0]), float(a[1])), (float(b[0]), float(b[1]))] for a, b in ends]


SCRIBBLES = {"zigzag": zigzag, "wandering": wandering, "loops": loops, "sticks": sticks}


def garments(images: Array, count: int, rng: np.random.Generator) -> Array:
    """Return some images of Fashion-MNIST."""
    return images[rng.permutation(len(images))[:count]]


def letters(folder: Path, way: Preparation, fonts: tuple[str, ...] = FONTS) -> Array:
    """Return each letter in each font, as the images of a network: uint8 (n, height, width).

    Args:
        folder: holds the fonts' files, at any depth.
        way: the preparation of the network's images.
        fonts: names of their files.
    """
    found = [path for name in fonts for path in folder.rglob(name)]
    images = []
    for path in found:
        font = ImageFont.truetype(path, 100)
        for letter in LETTERS:
            picture = Image.new("L", (200, 200))
            ImageDraw.Draw(picture).text((100, 100), letter, fill=255, font=font, anchor="mm")
            images.append(way(np.asarray(picture), photo=False, invert=False))
    return np.stack(images) if images else np.zeros((0, *way.shape), np.uint8)


def signs(way: Preparation, rng: np.random.Generator, times: int = 20) -> Array:
    """Return each sign, drawn by several unsteady hands."""
    drawings = [_by_hand(strokes, rng) for _ in range(times) for _, strokes in SIGNS]
    return _images(drawings, way, rng)


def scribbles(way: Preparation, rng: np.random.Generator, times: int = 60) -> Array:
    """Return scribbles of each kind."""
    made = [make(rng) for _ in range(times) for make in SCRIBBLES.values()]
    return _images([[np.array(one, float) for one in strokes] for strokes in made], way, rng)


def _by_hand(strokes: list[Stroke], rng: np.random.Generator) -> Strokes:
    turn = np.array([[rng.normal(1, 0.1), rng.normal(0, 0.12)], [rng.normal(0, 0.06), 1]])
    return [(np.array(one, float) - 50) @ turn + rng.normal(0, 1, (len(one), 2)) for one in strokes]


def _images(drawings: list[Strokes], way: Preparation, rng: np.random.Generator) -> Array:
    """Drawings in the box, with a pen of its usual width, as images of the network."""
    pictures = [painted(drawing, rng.uniform(8, 15), 100) for drawing in drawings]
    return np.stack([way(np.pad(one, 20), photo=False, invert=False) for one in pictures])
