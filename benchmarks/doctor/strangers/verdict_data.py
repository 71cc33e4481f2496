"""The pool "verdict": data sets for a measurement after the doctor was improved with all others.

They were written down before the doctor saw any of them. The bars were set as in the other pools;
with several labels, an example counts as right if all of them are.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from benchmarks.doctor.strangers.data import as_data
from byhand import load_dataset
from byhand.arrays import Array
from byhand.evaluation.doctor.faults import Data

# --- images ---------------------------------------------------------------------------------------


def _pixels(x: Array) -> Array:
    """Return brightness as pixels of 0 to 255."""
    return np.asarray(x.round().clip(0, 255), np.uint8)


@cache
def wedges() -> Data:
    """A bright wedge that points up, down, left or right, 11x11."""
    rng = np.random.default_rng(201)
    y = rng.integers(0, 4, 2300)
    middle, length = rng.uniform(4, 6, (2, 2300, 1, 1)), rng.uniform(3.5, 5, (2300, 1, 1))
    i, j = np.mgrid[:11, :11][:, None] - middle
    along = np.choose(y[:, None, None], [i, -i, j, -j])
    across = np.where(y[:, None, None] < 2, abs(j), abs(i))
    inside = (abs(along) < length) & (across < 0.5 * (along + length))
    x = 60 + 130 * inside + rng.normal(0, 60, inside.shape)
    return as_data("wedges", _pixels(x), y, 2300, 201, 0.94)


@cache
def moods() -> Data:
    """Drawn faces that smile, are sad or are astonished, 13x13, moved by a pixel."""
    rng = np.random.default_rng(202)
    y = rng.integers(0, 3, 2000)
    i, j = np.mgrid[:13, :13][:, None] - (6 + rng.uniform(-1, 1, (2, 2000, 1, 1)))
    face = np.hypot(i, j) < 6
    eyes = (np.hypot(i + 2, abs(j) - 2.2) < rng.uniform(0.8, 1.3, (2000, 1, 1))) * 1.0
    bend = np.array([-0.25, 0.25, 0])[y][:, None, None] * rng.uniform(0.6, 1.3, (2000, 1, 1))
    line = (abs(i - 3 - bend * (j**2 - 4)) < 0.8) & (abs(j) < 3.4)
    ring = abs(np.hypot(i - 3, j) - 1.3) < 0.7
    mouth = np.where((y == 2)[:, None, None], ring, line)
    x = 60 + 140 * face - 110 * np.maximum(eyes, mouth) + rng.normal(0, 35, face.shape)
    return as_data("moods", _pixels(x), y, 2000, 202, 0.94)


@cache
def outlines() -> Data:
    """Where the brightness of a garment changes, 14x14; 10 classes."""
    d = load_dataset("fashion-mnist", offline=True).train
    x = d.images[40_000:43_000].astype(np.float32)
    x = x.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
    down, right = np.gradient(x, axis=(1, 2))
    edges = _pixels(2 * np.hypot(down, right))
    return as_data("outlines", edges, d.labels[40_000:43_000], 3000, 203, 0.77)


@cache
def chirps() -> Data:
    """Spectrograms of a tone that rises, falls, stays, warbles or stops, 12x15."""
    rng = np.random.default_rng(204)
    y, t = rng.integers(0, 5, 2500), np.linspace(0, 1, 15)
    start, slope = rng.uniform(3.5, 7.5, (2500, 1)), rng.uniform(2.5, 4.5, (2500, 1))
    line, wave = slope * (t - 0.5), 1.8 * np.sin(6.3 * (1.5 * t + rng.random((2500, 1))))
    ways = np.stack([-line, line, 0 * line, wave, 0 * line])
    pitch = start + ways[y, np.arange(2500)]
    loud = np.where((y == 4)[:, None], t < rng.uniform(0.35, 0.6, (2500, 1)), 1.0)
    bands = np.arange(12)[:, None]
    x = 170 * loud[:, None] * np.exp(-((bands - pitch[:, None]) ** 2) / 1.4)
    return as_data("chirps", _pixels(x + rng.exponential(22, x.shape)), y, 2500, 204, 0.94)


@cache
def upended_digits() -> Data:
    """The digits 1, 2, 5 and 7 of MNIST's test images, upside down and inverted, 14x14."""
    d = load_dataset("mnist", offline=True).test
    digits = [1, 2, 5, 7]
    rows = np.flatnonzero(np.isin(d.labels, digits))
    x = 255.0 - d.images[rows, ::-1].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
    y = np.searchsorted(digits, d.labels[rows])
    return as_data("upended-digits", _pixels(x), y, 2600, 205, 0.92)


@cache
def lamps() -> Data:
    """Which of three lamps of a panel are lit, 9x12, with glare; several labels."""
    rng = np.random.default_rng(206)
    lit, i, j = rng.random((1900, 3)) < 0.5, *np.mgrid[:9, :12]
    x = 50 + rng.normal(0, 20, (1900, 9, 12))
    for lamp, column in enumerate((2, 6, 10)):
        at = rng.uniform(-0.8, 0.8, (2, 1900, 1, 1)) + np.array([4, column]).reshape(2, 1, 1, 1)
        glow = np.exp(-((i - at[0]) ** 2 + (j - at[1]) ** 2) / 5)
        x += glow * np.where(lit[:, lamp], 120, 45)[:, None, None]
    glare = rng.uniform(0, 60, (1900, 1, 1)) * np.linspace(0, 1, 12)
    return as_data("lamps", _pixels(x + glare), lit, 1900, 206, 0.94)


# --- tables of classes ----------------------------------------------------------------------------


@cache
def bearings() -> Data:
    """The vibration of a machine in 28 bands, healthy or with one of three defects."""
    rng = np.random.default_rng(207)
    y, bands = rng.integers(0, 4, 1900), np.arange(28)
    x = rng.gamma(2.0, 0.5, (1900, 28)) * np.exp(-bands / 20)
    speed = rng.uniform(0.9, 1.1, (1900, 1))
    for defect, (first, size) in enumerate(((5, 2.2), (8, 1.8), (11, 1.6)), start=1):
        for k in (1, 2):
            peak = np.exp(-((bands - first * k * speed) ** 2) / 1.5) / k
            x += (y == defect)[:, None] * size * rng.uniform(0.4, 1.4, (1900, 1)) * peak
    return as_data("bearings", np.log(x + 0.05), y, 1900, 207, 0.89)


@cache
def stretches() -> Data:
    """On which of five stretches of a bent ribbon in space a point lies."""
    from sklearn.datasets import make_s_curve

    x, t = make_s_curve(2200, noise=0.08, random_state=208)
    y = np.digitize(t, np.quantile(t, [0.2, 0.4, 0.6, 0.8]))
    return as_data("stretches", x, y, 2200, 208, 0.93)


@cache
def motifs() -> Data:
    """Sequences of 18 bases, as 72 columns of 0 and 1, with one of three motifs in its place."""
    rng = np.random.default_rng(209)
    y, bases = rng.integers(0, 3, 2400), rng.integers(0, 4, (2400, 18))
    for kind, (place, motif) in enumerate(((3, "20113"), (6, "31022"), (9, "02310"))):
        for step, base in enumerate(motif):
            kept = (y == kind) & (rng.random(2400) < 0.82)
            bases[kept, place + step] = int(base)
    return as_data("motifs", np.eye(4)[bases].reshape(2400, 72), y, 2400, 209, 0.91)


@cache
def quadrants() -> Data:
    """The sign of the product of two of five numbers: no column alone tells anything."""
    rng = np.random.default_rng(210)
    x = rng.normal(0, 1, (2600, 5))
    x[:, :2] += 0.1 * np.sign(x[:, :2])
    return as_data("quadrants", x, x[:, 0] * x[:, 1] > 0, 2600, 210, 0.95)


@cache
def birds() -> Data:
    """Four measurements of 320 invented birds of three kinds, in millimetres and grams."""
    rng = np.random.default_rng(211)
    y = rng.integers(0, 3, 320)
    middle = np.array([[39, 18, 190, 3700], [49, 18.5, 196, 3750], [47.5, 15, 217, 5100]])
    size = rng.normal(0, 1, (320, 1))
    x = middle[y] + (0.6 * size + rng.normal(0, 0.8, (320, 4))) * [2.8, 1.0, 6.5, 430]
    return as_data("birds", x, y, 320, 211, 0.92)


@cache
def answers() -> Data:
    """Answers from 1 to 5 to 26 questions by four types of people."""
    rng = np.random.default_rng(212)
    y, leaning = rng.integers(0, 4, 2100), rng.normal(3, 0.8, (4, 26))
    said = leaning[y] + rng.normal(0, 0.5, (2100, 1)) + rng.normal(0, 1.1, (2100, 26))
    return as_data("answers", said.round().clip(1, 5), y, 2100, 212, 0.93)


@cache
def tiles() -> Data:
    """The colour of a tiled floor, three colours in rows of hexagons, with worn edges."""
    rng = np.random.default_rng(213)
    rows, columns = np.mgrid[:4, :4]
    middles = np.column_stack([(columns + 0.5 * (rows % 2)).ravel(), rows.ravel() * 0.87])
    colours = ((columns + 2 * rows + rows // 2) % 3).ravel()
    points = rng.uniform([-0.4, -0.4], [3.9, 3.0], (2700, 2))
    near = np.linalg.norm(points[:, None] - middles, axis=2).argmin(axis=1)
    moved = points + rng.normal(0, 0.03, points.shape)
    return as_data("tiles", moved, colours[near], 2700, 213, 0.9)


@cache
def leavers() -> Data:
    """Who leaves a gym, from six columns of which four matter, with much chance; 2 classes."""
    rng = np.random.default_rng(214)
    visits, months = rng.poisson(6, 2300), rng.gamma(2, 8, 2300)
    price, age = rng.choice([20.0, 35.0, 60.0], 2300), rng.uniform(16, 75, 2300)
    other = rng.normal(0, 1, (2300, 2))
    score = 0.5 * (6 - visits) + 0.03 * (price - 30) - 0.06 * (months - 14)
    score = score + 0.5 * (visits < 3) * (age < 30)
    y = rng.random(2300) < 1 / (1 + np.exp(-1.3 * score))
    return as_data(
        "leavers", np.column_stack([visits, months, price, age, other]), y, 2300, 214, 0.73
    )


@cache
def chords() -> Data:
    """Which of four notes sound together, from 32 bands of their overtones; several labels."""
    rng = np.random.default_rng(215)
    sounds, bands = rng.random((2000, 4)) < 0.45, np.arange(32)
    x = rng.exponential(0.06, (2000, 32))
    for note, pitch in enumerate((3.0, 4.1, 5.3, 6.4)):
        loud = sounds[:, note, None] * rng.uniform(0.5, 1, (2000, 1))
        for k in (1, 2, 3, 4):
            x += loud * np.exp(-((bands - k * pitch) ** 2) / 0.6) / k
    return as_data("chords", x, sounds, 2000, 215, 0.95)


# --- regression -----------------------------------------------------------------------------------


@cache
def tides() -> Data:
    """The height of the water from the hour, the day of the moon, the wind and the pressure."""
    rng = np.random.default_rng(216)
    hour, moon = rng.uniform(0, 12.4, 1700), rng.uniform(0, 29.5, 1700)
    wind, air = rng.normal(0, 6, 1700), rng.normal(1013, 9, 1700)
    swing = 2 + 0.8 * np.cos(4 * np.pi * moon / 29.5)
    y = swing * np.cos(2 * np.pi * hour / 12.4) + 0.06 * wind - 0.02 * (air - 1013)
    y = y + rng.normal(0, 0.15, 1700)
    return as_data("tides", np.column_stack([hour, moon, wind, air]), y, 1700, 216, 0.91)


@cache
def few_causes() -> Data:
    """A sum of four of twelve inputs with noise of a quarter of its size; regression."""
    from sklearn.datasets import make_sparse_uncorrelated

    x, y = make_sparse_uncorrelated(1500, 12, random_state=217)
    return as_data("few-causes", x, y, 1500, 217, 0.86)


@cache
def beams() -> Data:
    """The logarithm of how far a loaded beam bends, from load, length, width, height, stiffness."""
    rng = np.random.default_rng(218)
    load, length = rng.uniform(100, 5000, 1500), rng.uniform(0.5, 6, 1500)
    wide, high = rng.uniform(0.03, 0.2, 1500), rng.uniform(0.05, 0.4, 1500)
    stiff = rng.choice([11e9, 70e9, 210e9], 1500)
    y = np.log(load * length**3 / (4 * stiff * wide * high**3)) + rng.normal(0, 0.15, 1500)
    return as_data("beams", np.column_stack([load, length, wide, high, stiff]), y, 1500, 218, 0.91)


@cache
def dials() -> Data:
    """What a dial of 9x9 pixels shows, from -100 to 100 degrees; regression."""
    rng = np.random.default_rng(219)
    y = rng.uniform(-100, 100, 1800)
    angle, (i, j) = np.deg2rad(y)[:, None, None], np.mgrid[-4:5, -4:5]
    along = -i * np.cos(angle) + j * np.sin(angle)
    across = i * np.sin(angle) + j * np.cos(angle)
    hand = np.exp(-(across**2) / 0.8) * (along > -0.5) * (along < 4.2)
    x = hand + rng.normal(0, 0.4, hand.shape)
    return as_data("dials", x.reshape(1800, 81), y, 1800, 219, 0.88)


@cache
def orders() -> Data:
    """The cost of an order of ten kinds of parts, with a discount on large ones; regression."""
    rng = np.random.default_rng(220)
    counts, prices = rng.poisson(1.5, (1600, 10)), rng.lognormal(1.5, 0.7, 10)
    whole = counts @ prices
    y = whole * np.where(whole > np.median(whole), 0.8, 1.0) + rng.normal(0, 3, 1600)
    return as_data("orders", counts.astype(np.float32), y, 1600, 220, 0.89)
