"""Real handwriting as pen strokes: images of digits are thinned to lines and traced.

The writers of MNIST's test images are unknown to a network and to the preparation of pictures. Once
traced, their digits can be drawn with a mouse or written on paper with any pen.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
from PIL import Image

from byhand.arrays import Array, FloatArray
from byhand.data.clean_photograph import label
from byhand.data.out_of_distribution import painted
from byhand.data.resample import ink_box, lay
from byhand.data.stroke_width import squared_distances, stroke_widths

WIDEST = 3.3  # pixels; wider strokes fill their loops, so there is no line to trace
INK = 128  # a pixel of at least this value belongs to a stroke
LARGER = 4  # images are enlarged by this factor before thinning
HEIGHT = 70  # of the longer side, in a box of 100 x 100
SHORTEST = 6  # shorter branches, in pixels, are artefacts of the thinning
AHEAD = 6  # number of pixels that determine the direction of a line
SMOOTH = 5  # pixels averaged along a line
NEAR = 4  # pixels: ink this close to a line, painted again, is not lost
LOST = 0.04  # fraction of the ink that may be lost
LOOP = 8  # pixels of paper in the smallest loop
BLOB = 1.8  # a place this many times as wide as the strokes is a loop that is filled with ink

Strokes = list[FloatArray]
"""Lines of points (x, y) in a box of 100 x 100, y pointing down, the middle at (50, 50)."""

AROUND = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]


def traced(image: Array) -> Strokes:
    """Return the strokes of an image, uint8 (height, width), ink 255 on 0."""
    lines = _lines(thinned(np.pad(_enlarged(image) >= INK, 2)))
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = HEIGHT / max(float((high - low).max()), 1.0)
    return [(line - (low + high) / 2) * scale + 50 for line in lines]


def is_faithful(image: Array, strokes: Strokes) -> bool:
    """Return whether strokes still show what the image shows: its ink and its loops.

    A loop that is filled, or as fine as a pixel, is lost when its lines are traced: nobody would
    read the drawing of such a 6 or 8 as one. A filled loop is a place much wider than the strokes.
    """
    large = _enlarged(image)
    mask = large >= INK
    if _widest(mask) > BLOB * LARGER * float(stroke_widths(image[None])[0]):
        return False
    ink = mask[ink_box(mask)]
    again = painted(strokes, LARGER * float(stroke_widths(image[None])[0]), max(ink.shape)) >= INK
    height, width = (max(sides) + 2 * NEAR for sides in zip(ink.shape, again.shape, strict=True))
    ink, again = (lay(one.astype(np.uint8), height, width) > 0 for one in (ink, again))
    lost = ink & (squared_distances(again, 2 * NEAR) > NEAR**2)
    loops = max(_loops(large >= level) for level in (INK, INK + 32, INK + 64))
    return bool(lost.sum() <= LOST * ink.sum()) and _loops(again) == loops


def _widest(mask: Array) -> float:
    """The diameter of the largest circle within the ink, in pixels of the mask."""
    to_paper = squared_distances(np.pad(~mask, 1, constant_values=True), max(mask.shape))
    return 2 * float(np.sqrt(to_paper.max()))


def _loops(mask: Array) -> int:
    """The number of pieces of paper that ink surrounds."""
    sizes = np.bincount(label(~np.pad(mask, 1)).ravel())[1:]
    return int((sizes >= LOOP).sum()) - 1


def _enlarged(image: Array) -> Array:
    size = (image.shape[1] * LARGER, image.shape[0] * LARGER)
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def thinned(mask: Array) -> Array:
    """Return the mask as lines of one pixel.

    Source: T. Zhang, C. Suen, A Fast Parallel Algorithm for Thinning Digital Patterns, 1984.
    """
    mask = mask.copy()
    while True:
        before = int(mask.sum())
        for corners in ((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6)):
            ring = [np.roll(mask, (-y, -x), (0, 1)) for y, x in AROUND]
            count = np.sum(ring, axis=0)
            turns = sum(~a & b for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
            goes = mask & (count >= 2) & (count <= 6) & (np.asarray(turns) == 1)
            for three in corners:
                goes &= ~(ring[three[0]] & ring[three[1]] & ring[three[2]])
            mask &= ~goes
        if int(mask.sum()) == before:
            return mask


def _lines(mask: Array) -> Strokes:
    """Follow the lines of a thinned mask, straight on where they cross."""
    every = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    left = set(every)
    done: set[tuple[int, int]] = set()
    lines = []
    while left:
        walk = _walk(_start(left), left)
        touched = [place for place in _near(walk[0]) if place in done]
        ends = [place for place in _near(walk[-1]) if place in done or place == walk[0]]
        done.update(walk)
        if len(walk) < SHORTEST and (lines or left) and _has_free_end(walk, every):
            continue
        path = [*touched[:1], *walk, *(ends[:1] if len(walk) > SHORTEST else [])]
        lines.append(_smooth(np.array(path, float)[:, ::-1]))
    return lines


def _has_free_end(walk: list[tuple[int, int]], every: set[tuple[int, int]]) -> bool:
    """Whether a line is a dead end: one of its ends touches no other line."""
    others = every - set(walk)
    return any(not others & set(_near(end)) for end in (walk[0], walk[-1]))


def _near(place: tuple[int, int]) -> list[tuple[int, int]]:
    return [(place[0] + y, place[1] + x) for y, x in AROUND]


def _start(left: set[tuple[int, int]]) -> tuple[int, int]:
    """The highest end of a line; for a ring, its highest pixel."""
    ends = [place for place in left if sum(near in left for near in _near(place)) <= 1]
    return min(ends or left)


def _walk(at: tuple[int, int], left: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Walk from pixel to pixel, as straight as possible, and remove the visited pixels."""
    walk = [at]
    left.discard(at)
    while True:
        ways = [place for place in _near(at) if place in left]
        if not ways:
            return walk
        back = np.array(walk[max(len(walk) - AHEAD, 0)])
        direction = np.array(at) - back
        steps = [np.array(way) - np.array(at) for way in ways]
        straight = [float(step @ direction) / float(np.hypot(*step)) for step in steps]
        at = ways[int(np.argmax(straight))]
        for way in ways:  # corners of stairs beside the path are not separate lines
            if sum(abs(a - b) for a, b in zip(way, at, strict=True)) == 1:
                left.discard(way)
        left.discard(at)
        walk.append(at)


def _smooth(line: FloatArray) -> FloatArray:
    """The running mean of the points; the ends stay in place."""
    if len(line) < SMOOTH:
        return line
    around = np.pad(line, ((SMOOTH // 2, SMOOTH // 2), (0, 0)), mode="edge")
    smooth = np.stack([np.convolve(axis, np.ones(SMOOTH) / SMOOTH, "valid") for axis in around.T])
    return np.concatenate([line[:1], smooth.T, line[-1:]])[:: SMOOTH // 2]


def pick(images: Array, labels: Array, count: int, rng: np.random.Generator) -> list[int]:
    """Return the indices of `count` images that can be traced, evenly over the classes."""
    chosen: list[list[int]] = []
    for k in range(10):
        each = (count + 9 - k) // 10
        places = rng.permutation(np.flatnonzero(labels == k))
        thin = places[stroke_widths(images[places]) <= WIDEST]
        good = (int(at) for at in thin if is_faithful(images[at], traced(images[at])))
        chosen.append(list(islice(good, each)))
    return [chosen[i % 10][i // 10] for i in range(count)]
