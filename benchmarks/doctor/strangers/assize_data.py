"""The pool "assize": data sets for a measurement of causes and alarms together.

They were written down, with the rules of the pool, before the doctor saw any of them. The rules:

- A healthy run counts if it reaches the bar of its data: at most 5 points below the better of a
  linear model and a forest of random trees (`reference.py`).
- A sick run counts as in "appeal": where a fault may be harmless, the run has to miss that bar and
  to be worse than the same run without the fault, by more than two standard errors (`harm.py`).

The data are meant to be met in practice, neither easy nor made to mislead: several have equal rows
by chance, a rare class, long tails, or classes that overlap.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from benchmarks.doctor.strangers.data import with_reference
from byhand import load_dataset
from byhand.arrays import Array
from byhand.evaluation.doctor.faults import Data


def _pixels(x: Array) -> Array:
    """Return brightness as pixels of 0 to 255."""
    return np.asarray(x.round().clip(0, 255), np.uint8)


# --- images ---------------------------------------------------------------------------------------


@cache
def wardrobe() -> Data:
    """All ten classes of Fashion-MNIST, upside down and at a third of the size, 9x9."""
    d = load_dataset("fashion-mnist", offline=True).train
    x = d.images[53_000:55_600, 26::-1, :27].reshape(-1, 9, 3, 9, 3).mean(axis=(2, 4))
    return with_reference("wardrobe", _pixels(x), d.labels[53_000:55_600], 501)


@cache
def yeast() -> Data:
    """How many round cells, 1 to 3, lie in a field of 12x12 pixels."""
    rng = np.random.default_rng(502)
    y, (i, j) = rng.integers(0, 3, 2400), np.mgrid[:12, :12]
    x = rng.normal(60, 14, (2400, 12, 12))
    for cell in range(3):
        at, wide = rng.uniform(2, 10, (2, 2400, 1, 1)), rng.uniform(2, 4, (2400, 1, 1))
        spot = np.exp(-((i - at[0]) ** 2 + (j - at[1]) ** 2) / wide)
        x += 120 * spot * (y >= cell)[:, None, None]
    return with_reference("yeast", _pixels(x), y, 502)


@cache
def flags() -> Data:
    """A flag of stripes across, stripes down, a cross or a border, in any two greys, 10x14."""
    rng = np.random.default_rng(503)
    y, (i, j) = rng.integers(0, 4, 2000), np.mgrid[:10, :14]
    shapes = np.stack([
        (i // 3) % 2 == 0,
        (j // 4) % 2 == 0,
        (abs(i - 4.5) < 2) | (abs(j - 5) < 2),
        (i < 2) | (i > 7) | (j < 2) | (j > 11),
    ])  # fmt: skip
    ground, ink = rng.uniform(20, 110, (2000, 1, 1)), rng.uniform(130, 235, (2000, 1, 1))
    x = np.where(shapes[y], ink, ground) + rng.normal(0, 75, (2000, 10, 14))
    return with_reference("flags", _pixels(x), y, 503)


@cache
def calls() -> Data:
    """A bird's call as a picture of 12 pitches by 15 moments: up, down, flat, up and down."""
    rng = np.random.default_rng(504)
    y, t = rng.integers(0, 4, 2200), np.linspace(0, 1, 15)
    low, rise = rng.uniform(1, 5, (2200, 1)), rng.uniform(3, 6, (2200, 1))
    ways = np.stack([t, 1 - t, 0 * t + 0.5, 1 - abs(2 * t - 1)])
    pitch = low + rise * ways[y] + rng.normal(0, 0.4, (2200, 15))
    line = np.exp(-((np.arange(12)[:, None] - pitch[:, None, :]) ** 2))
    x = 40 + 110 * line + rng.normal(0, 28, line.shape)
    return with_reference("calls", _pixels(x), y, 504)


@cache
def dashboard() -> Data:
    """Which of three warning lights are on, 9x9, in changing daylight; several labels."""
    rng = np.random.default_rng(505)
    on, (i, j) = rng.random((2000, 3)) < [0.5, 0.4, 0.3], np.mgrid[:9, :9]
    x = np.broadcast_to(rng.uniform(40, 110, (2000, 1, 1)), (2000, 9, 9)) + 0.0
    for light, (top, left) in enumerate(((2, 2), (2, 6), (6, 4))):
        glow = np.exp(-((i - top) ** 2 + (j - left) ** 2) / 2.5)
        x += glow * (on[:, light] * rng.uniform(50, 120, 2000))[:, None, None]
    return with_reference("dashboard", _pixels(x + rng.normal(0, 22, x.shape)), on, 505)


# --- tables of classes ----------------------------------------------------------------------------


@cache
def shells_of_values() -> Data:
    """Four classes that lie around each other like shells, scikit-learn's quantiles, 5 columns."""
    from sklearn.datasets import make_gaussian_quantiles

    x, y = make_gaussian_quantiles(n_samples=2200, n_features=5, n_classes=4, random_state=506)
    return with_reference("shells-of-values", x * [1, 10, 0.1, 3, 100], y, 506)


@cache
def customers() -> Data:
    """Who leaves a telephone company, one in seven; months, bills, contract and two marks."""
    rng = np.random.default_rng(507)
    n = 2400
    months, calls = rng.geometric(1 / 30, n).clip(1, 72), rng.poisson(1.5, n)
    bill, yearly, fibre = rng.gamma(5, 13, n), rng.random(n) < 0.4, rng.random(n) < 0.45
    risk = 0.7 * calls - 0.06 * months + 0.012 * bill - 1.8 * yearly + 0.8 * fibre - 2.5
    y = rng.random(n) < 1 / (1 + np.exp(-1.6 * risk))
    x = np.column_stack([months, calls, bill.round(2), months * bill.round(), yearly, fibre])
    return with_reference("customers", x, y, 507)


@cache
def census() -> Data:
    """Who earns much, from age, years of school, hours, children and sex, in whole numbers."""
    rng = np.random.default_rng(508)
    n = 2600
    age, school = rng.integers(18, 66, n), rng.choice([8, 9, 10, 12, 13, 16, 18], n)
    hours = np.where(rng.random(n) < 0.6, 40, rng.integers(2, 12, n) * 5)
    children, sex = rng.poisson(1, n), rng.integers(0, 2, n)
    worth = 0.35 * (school - 12) + 0.06 * (hours - 38) - 0.003 * (age - 48) ** 2 + 0.8 * sex
    y = worth + rng.logistic(0, 0.5, n) > 0.3
    return with_reference("census", np.column_stack([age, school, hours, children, sex]), y, 508)


@cache
def assays() -> Data:
    """Concentrations of eleven substances, over several powers of ten, in three kinds of tissue."""
    rng = np.random.default_rng(509)
    y, usual = rng.integers(0, 3, 1800), rng.normal(0, 0.9, (3, 11))
    spread = rng.uniform(0.6, 1.8, 11)
    amount = np.exp(spread * (usual[y] + rng.normal(0, 1, (1800, 11))))
    return with_reference("assays", amount * 10 ** rng.uniform(-2, 3, 11), y, 509)


@cache
def rankings() -> Data:
    """The order in which three kinds of people rank eight goods."""
    rng = np.random.default_rng(510)
    y, liked = rng.integers(0, 3, 1900), rng.normal(0, 0.75, (3, 8))
    felt = liked[y] + rng.gumbel(0, 1, (1900, 8))
    return with_reference("rankings", felt.argsort(axis=1).argsort(axis=1).astype(float), y, 510)


@cache
def gestures() -> Data:
    """Three accelerations at ten moments of five gestures, slower or faster, stronger or weaker."""
    rng = np.random.default_rng(511)
    y, t = rng.integers(0, 5, 2100), np.linspace(0, 1, 10)
    turns, phase = rng.integers(1, 4, (5, 3)), rng.uniform(0, 6.3, (5, 3))
    speed, force = rng.uniform(0.8, 1.2, (2100, 1, 1)), rng.uniform(0.6, 1.5, (2100, 1, 1))
    angle = 2 * np.pi * turns[y][:, :, None] * speed * t + phase[y][:, :, None]
    x = force * np.sin(angle) + rng.normal(0, 0.55, (2100, 3, 10))
    return with_reference("gestures", 9.8 * x.reshape(2100, 30), y, 511)


@cache
def themes() -> Data:
    """Which of four themes a text has, from 25 word counts; scikit-learn's several labels."""
    from sklearn.datasets import make_multilabel_classification

    x, y = make_multilabel_classification(
        n_samples=2000, n_features=25, n_classes=4, n_labels=2, length=60, random_state=512
    )
    return with_reference("themes", x, y, 512)


@cache
def pebbles() -> Data:
    """Length, width, weight and roundness of 300 pebbles from two beaches and a river."""
    rng = np.random.default_rng(513)
    y = rng.integers(0, 3, 300)
    size, round_ = rng.lognormal([1.0, 1.3, 1.1], 0.3, (300, 3))[np.arange(300), y], rng.random(300)
    round_ = (round_ + np.array([0.9, 0.4, 0.0])[y]) / 2
    width = size * (0.5 + 0.4 * round_) + rng.normal(0, 0.15, 300)
    weight = 1.3 * size * width**2 * rng.normal(1, 0.08, 300)
    return with_reference("pebbles", np.column_stack([size, width, weight, round_]), y, 513)


# --- regression -----------------------------------------------------------------------------------


@cache
def impedances() -> Data:
    """scikit-learn's second function of Friedman: a circuit's impedance, with a tenth of noise."""
    from sklearn.datasets import make_friedman2

    x, y = make_friedman2(n_samples=1500, noise=60.0, random_state=514)
    return with_reference("impedances", x, y, 514)


@cache
def commutes() -> Data:
    """Minutes on the way to work: distance, hour, weekday, rain, and one of three means."""
    rng = np.random.default_rng(515)
    n = 1700
    far, hour, day = rng.gamma(2.5, 4, n), rng.integers(5, 12, n), rng.integers(0, 5, n)
    rain, means = rng.random(n) < 0.25, rng.integers(0, 3, n)
    jam = 1 + 0.6 * np.exp(-((hour - 8) ** 2) / 2) * (means == 2) + 0.15 * (rain & (means > 0))
    y = 6 + far * np.array([3.6, 2.2, 1.3])[means] * jam + 5 * (means == 1) + rng.gamma(2, 2.5, n)
    return with_reference(
        "commutes", np.column_stack([far, hour, day, rain, np.eye(3)[means]]), y, 515
    )


@cache
def half_lives() -> Data:
    """How fast a sample decays, from the counts of eight hours above a background."""
    rng = np.random.default_rng(516)
    rate, start = rng.uniform(0.1, 0.8, 1600), rng.uniform(60, 400, (1600, 1))
    counts = rng.poisson(start * np.exp(-rate[:, None] * np.arange(8)) + 8)
    return with_reference("half-lives", counts.astype(float), rate, 516)


@cache
def greenhouses() -> Data:
    """The yield of tomatoes from light, warmth, water, salts and eleven readings of no use."""
    rng = np.random.default_rng(517)
    light, warm, water, salt = rng.normal(0, 1, (4, 1600))
    y = np.minimum(light, 0.5 + 0.7 * water) - 0.3 * (warm - 0.2) ** 2 - 0.25 * np.maximum(salt, 0)
    x = np.column_stack([light, warm, water, salt, rng.normal(0, 1, (1600, 11))])
    units = rng.uniform(0.5, 60, 15)
    return with_reference("greenhouses", x * units + 3 * units, y + rng.normal(0, 0.35, 1600), 517)
