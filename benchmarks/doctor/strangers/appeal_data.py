"""The pool "appeal": data sets for a measurement after the doctor was improved with "verdict".

They were written down while "verdict" was being measured. The bars were set as in the other pools;
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


def _halved(images: Array) -> Array:
    """Return images of 28x28 at half the size, 14x14."""
    return np.asarray(images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)))


@cache
def dice() -> Data:
    """The dark pips of a die, 1 to 6, 12x12, a little moved and lit unevenly."""
    rng = np.random.default_rng(301)
    faces = ("4", "08", "048", "0268", "02468", "035268")
    y, (i, j) = rng.integers(0, 6, 2400), np.mgrid[:12, :12]
    moved = rng.uniform(-0.9, 0.9, (2, 2400, 1, 1))
    pips = np.zeros((2400, 12, 12))
    for face, places in enumerate(faces):
        some = y == face
        for place in map(int, places):
            at = 2.3 + 3.2 * (place // 3), 2.3 + 3.2 * (place % 3)
            far = (i - at[0] - moved[0, some]) ** 2 + (j - at[1] - moved[1, some]) ** 2
            pips[some] = np.maximum(pips[some], np.exp(-far / 1.2))
    light = rng.uniform(170, 220, (2400, 1, 1)) + rng.uniform(-3, 3, (2400, 1, 1)) * i
    x = light - 130 * pips + rng.normal(0, 22, pips.shape)
    return as_data("dice", _pixels(x), y, 2400, 301, 0.95)


@cache
def mirrored_garments() -> Data:
    """Trousers, dresses, sandals, bags and boots of Fashion-MNIST, mirrored, 14x14."""
    d, wanted = load_dataset("fashion-mnist", offline=True).train, [1, 3, 5, 8, 9]
    rows = 45_000 + np.flatnonzero(np.isin(d.labels[45_000:52_000], wanted))[:2600]
    y = np.searchsorted(wanted, d.labels[rows])
    return as_data(
        "mirrored-garments", _pixels(_halved(d.images[rows, :, ::-1])), y, 2600, 302, 0.92
    )


@cache
def bold_digits() -> Data:
    """MNIST's digits in bold print, 14x14; 10 classes."""
    d = load_dataset("mnist", offline=True).train
    thin = d.images[46_000:49_000]
    bold = np.maximum.reduce(
        [np.roll(thin, (i, j), (1, 2)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    )
    return as_data("bold-digits", _pixels(_halved(bold)), d.labels[46_000:49_000], 3000, 303, 0.87)


@cache
def roads() -> Data:
    """A road from above that goes straight, bends left or right, or crosses another, 13x13."""
    rng = np.random.default_rng(304)
    y, (i, j) = rng.integers(0, 4, 2300), np.mgrid[:13, :13]
    middle, wide = rng.uniform(5, 7, (2300, 1, 1)), rng.uniform(1, 1.8, (2300, 1, 1))
    bend = np.array([0, -0.06, 0.06, 0])[y][:, None, None] * rng.uniform(0.7, 1.3, (2300, 1, 1))
    road = abs(j - middle - bend * (12 - i) ** 2 * 0.8) < wide
    across = (abs(i - rng.uniform(4, 8, (2300, 1, 1))) < wide) & (y == 3)[:, None, None]
    x = 90 + 70 * (road | across) + rng.normal(0, 28, (2300, 13, 13))
    return as_data("roads", _pixels(x), y, 2300, 304, 0.95)


@cache
def windows() -> Data:
    """Which of the four panes of a window are lit, 10x10, behind a curtain; several labels."""
    rng = np.random.default_rng(305)
    lit, (i, j) = rng.random((2000, 4)) < 0.5, np.mgrid[:10, :10]
    x = np.full((2000, 10, 10), 45.0)
    for pane, (top, left) in enumerate(((0, 0), (0, 5), (5, 0), (5, 5))):
        inside = (i >= top) & (i < top + 4) & (j >= left) & (j < left + 4)
        x += inside * (lit[:, pane] * rng.uniform(40, 110, 2000))[:, None, None]
    curtain = 30 * np.sin(j * 0.9 + rng.uniform(0, 6.3, (2000, 1, 1)))
    return as_data(
        "windows", _pixels(x + curtain + rng.normal(0, 30, x.shape)), lit, 2000, 305, 0.93
    )


# --- tables of classes ----------------------------------------------------------------------------


@cache
def sleep() -> Data:
    """The power in five bands at seven places of the head, in three phases of sleep."""
    rng = np.random.default_rng(306)
    y, profile = rng.integers(0, 3, 2100), rng.normal(0, 0.55, (3, 5, 1))
    power = profile[y] + rng.normal(0, 0.4, (2100, 5, 1)) + rng.normal(0, 0.5, (2100, 1, 7))
    x = np.exp(power + rng.normal(0, 0.4, (2100, 5, 7))).reshape(2100, 35)
    return as_data("sleep", x, y, 2100, 306, 0.79)


@cache
def tongues() -> Data:
    """How often each of 24 letters occurs in a line of one of four invented languages."""
    rng = np.random.default_rng(307)
    y, usual = rng.integers(0, 4, 2000), rng.dirichlet(np.full(24, 1.5))
    habits = np.stack([rng.dirichlet(22 * usual) for _ in range(4)])
    x = np.stack([rng.multinomial(int(rng.integers(50, 90)), habits[one]) for one in y])
    return as_data("tongues", x.astype(np.float32), y, 2000, 307, 0.95)


@cache
def paths() -> Data:
    """Seven places on the way of a fly that circles, flies straight, zigzags or stays around."""
    rng = np.random.default_rng(308)
    y, t = rng.integers(0, 4, 2200), np.linspace(0, 1, 7)
    turn, size = rng.uniform(0, 6.3, (2200, 1)), rng.uniform(0.7, 1.5, (2200, 1))
    ways = np.stack([
        [np.cos(5 * t + turn) - np.cos(turn), np.sin(5 * t + turn) - np.sin(turn)],
        [2 * t * np.cos(turn), 2 * t * np.sin(turn)],
        [2 * t * np.cos(turn) + 0.4 * (-1) ** np.arange(7), 2 * t * np.sin(turn)],
        [0 * t * turn, 0 * t * turn],
    ])  # fmt: skip
    x = (size[:, None] * ways[y, :, np.arange(2200)]).reshape(2200, 14)
    return as_data("paths", x + rng.normal(0, 0.12, x.shape), y, 2200, 308, 0.95)


@cache
def soils() -> Data:
    """The parts of six minerals, in per cent, in four kinds of soil."""
    rng = np.random.default_rng(309)
    y, usual = rng.integers(0, 4, 1900), rng.uniform(0.6, 5, (4, 6))
    parts = rng.gamma(2.2 * usual[y], 1.0)
    return as_data("soils", 100 * parts / parts.sum(axis=1, keepdims=True), y, 1900, 309, 0.85)


@cache
def links() -> Data:
    """Two rings in space that are linked like those of a chain, 2 classes."""
    rng = np.random.default_rng(310)
    y, angle = rng.integers(0, 2, 2000), rng.uniform(0, 2 * np.pi, 2000)
    flat = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    upright = np.stack([1 + np.cos(angle), 0 * angle, np.sin(angle)], axis=1)
    x = np.where((y == 0)[:, None], flat, upright) + rng.normal(0, 0.2, (2000, 3))
    return as_data("links", 10 * x, y, 2000, 310, 0.94)


@cache
def grains() -> Data:
    """Six related measurements of 240 grains of three kinds."""
    rng = np.random.default_rng(311)
    y, mixing = rng.integers(0, 3, 240), rng.normal(0, 1, (3, 6))
    hidden = rng.normal(0, 1, (240, 3)) + np.array([[0, 0, 1.5], [2.4, 0, 0], [0, 2.4, 0]])[y]
    x = 12 + hidden @ mixing + rng.normal(0, 0.3, (240, 6))
    return as_data("grains", x * [1, 0.1, 5, 1, 2, 0.5], y, 240, 311, 0.85)


@cache
def votes() -> Data:
    """How a member of one of three factions voted on 20 motions: -1, 0 or 1."""
    rng = np.random.default_rng(312)
    y, line = rng.integers(0, 3, 1700), rng.choice([-1, 1], (3, 20))
    loyal = rng.random((1700, 20)) < rng.uniform(0.45, 0.85, (1700, 1))
    free = rng.choice([-1, 0, 1], (1700, 20))
    return as_data("votes", np.where(loyal, line[y], free).astype(float), y, 1700, 312, 0.93)


@cache
def ailments() -> Data:
    """Which of three ailments a patient has, from 18 blood values; several labels."""
    rng = np.random.default_rng(313)
    ill, effect = rng.random((2000, 3)) < 0.4, rng.normal(0, 1.1, (3, 18))
    effect *= rng.random((3, 18)) < 0.5
    raised = ill * rng.uniform(0.7, 1.4, (2000, 3))
    x = np.exp(0.4 * (raised @ effect + rng.normal(0, 0.6, (2000, 18)))) * rng.lognormal(2, 1, 18)
    return as_data("ailments", x, ill, 2000, 313, 0.78)


# --- regression -----------------------------------------------------------------------------------


@cache
def lenses() -> Data:
    """How strong a lens is from two curvatures, its glass, thickness and colour; regression."""
    rng = np.random.default_rng(314)
    front, back = rng.uniform(2, 12, 1500), rng.uniform(-8, 4, 1500)
    glass, thick, colour = rng.uniform(1.4, 1.9, 1500), rng.uniform(0, 20, 1500), rng.random(1500)
    n = glass + 0.03 * (0.5 - colour)
    y = (n - 1) * (front - back + (n - 1) * thick * front * back / n / 100)
    y = y + rng.normal(0, 0.3, 1500)
    x = np.column_stack([front, back, glass, thick, colour])
    return as_data("lenses", x, y, 1500, 314, 0.92)


@cache
def colonies() -> Data:
    """The size of a colony from its start, rate, room, food and age; regression."""
    rng = np.random.default_rng(315)
    start, rate = rng.uniform(1, 10, 1600), rng.uniform(0.2, 1.2, 1600)
    room, age, food = rng.uniform(50, 200, 1600), rng.uniform(0, 12, 1600), rng.random(1600)
    y = room / (1 + (room / start - 1) * np.exp(-rate * (0.5 + 0.5 * food) * age))
    y = y + rng.normal(0, 5, 1600)
    return as_data("colonies", np.column_stack([start, rate, room, age, food]), y, 1600, 315, 0.9)


@cache
def edges() -> Data:
    """How blurred the edge between two areas of 8x8 pixels is; regression."""
    rng = np.random.default_rng(316)
    y, angle = rng.uniform(0.3, 3, 1900), rng.uniform(-0.5, 0.5, (1900, 1, 1))
    i, j = np.mgrid[:8, :8] - 3.5
    along = j * np.cos(angle) + i * np.sin(angle) - rng.uniform(-1, 1, (1900, 1, 1))
    x = np.tanh(along / y[:, None, None]) + rng.normal(0, 0.08, along.shape)
    return as_data("edges", x.reshape(1900, 64), y, 1900, 316, 0.92)


@cache
def shared_causes() -> Data:
    """A bent sum of twenty inputs that share five causes; regression."""
    from sklearn.datasets import make_low_rank_matrix

    rng = np.random.default_rng(317)
    x = 30 * make_low_rank_matrix(1500, 20, effective_rank=5, random_state=317)
    causes = x @ rng.normal(0, 1, (20, 2))
    y = causes[:, 0] + np.maximum(causes[:, 1], 0) + rng.normal(0, 0.4, 1500)
    return as_data("shared-causes", x, y, 1500, 317, 0.79)


@cache
def takings() -> Data:
    """The takings of an ice-cream stand from day, hour, warmth, price and rain; regression."""
    rng = np.random.default_rng(318)
    day, hour = rng.integers(0, 7, 1700), rng.uniform(9, 21, 1700)
    warm, price, rain = rng.normal(22, 6, 1700), rng.uniform(1, 4, 1700), rng.random(1700) < 0.3
    crowd = np.exp(0.06 * (warm - 22) + 0.4 * (day > 4) - 0.9 * rain - ((hour - 15.5) / 4) ** 2)
    y = np.log(price * crowd / price**1.6) + rng.normal(0, 0.25, 1700)
    return as_data("takings", np.column_stack([day, hour, warm, price, rain]), y, 1700, 318, 0.85)
