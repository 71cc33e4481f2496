"""The pool "quiet": data sets for a measurement of alarms, after all improvements.

They were written down before the doctor saw any of them. Several have equal rows by chance, columns
of few numbers or classes that overlap.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from benchmarks.doctor.strangers.data import as_data
from byhand import load_dataset
from byhand.evaluation.doctor.faults import Data


@cache
def crops() -> Data:
    """The middle of a digit of MNIST, 12x12 pixels; 10 classes."""
    d = load_dataset("mnist", offline=True).train
    return as_data(
        "crops", d.images[55_000:58_000, 8:20, 8:20], d.labels[55_000:58_000], 2800, 401, 0.82
    )


@cache
def sleeves() -> Data:
    """Pullovers, shirts, dresses and trousers of Fashion-MNIST's test images, 14x14."""
    d, wanted = load_dataset("fashion-mnist", offline=True).test, [1, 2, 3, 6]
    rows = np.flatnonzero(np.isin(d.labels, wanted))[:2600]
    x = d.images[rows].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).round().astype(np.uint8)
    return as_data("sleeves", x, np.searchsorted(wanted, d.labels[rows]), 2600, 402, 0.85)


@cache
def stars() -> Data:
    """Whether most of a handful of stars lie in the upper, lower or neither half, 10x10."""
    rng = np.random.default_rng(403)
    y, x = rng.integers(0, 3, 2200), rng.normal(30, 12, (2200, 10, 10))
    for row, kind in enumerate(y):
        high = (6, 1, 3)[kind]
        for star in range(7):
            at = int(rng.integers(0, 5)) + 5 * (star >= high)
            x[row, at, int(rng.integers(0, 10))] = rng.uniform(150, 250)
    return as_data("stars", x.round().clip(0, 255).astype(np.uint8), y, 2200, 403, 0.92)


@cache
def surveys() -> Data:
    """Nine answers of yes, no or perhaps, by two kinds of people who often agree."""
    rng = np.random.default_rng(404)
    y, leaning = rng.integers(0, 2, 2000), rng.dirichlet([1.2, 1.2, 0.6], (2, 9))
    drawn = rng.random((2000, 9, 1)) > leaning[y].cumsum(axis=2)
    return as_data("surveys", drawn.sum(axis=2).astype(float), y, 2000, 404, 0.92)


@cache
def chances() -> Data:
    """Who wins a match, from five figures of both sides, with much luck; 2 classes."""
    rng = np.random.default_rng(405)
    x = rng.normal(0, 1, (2400, 5)) * [10, 3, 1, 25, 0.2] + [50, 12, 3, 100, 1]
    better = (x[:, 0] - 50) / 10 + 0.6 * (x[:, 1] - 12) / 3 - 0.5 * (x[:, 2] - 3)
    return as_data(
        "chances", x, rng.random(2400) < 1 / (1 + np.exp(-1.2 * better)), 2400, 405, 0.71
    )


@cache
def families() -> Data:
    """Seven classes in three families that resemble each other, 16 columns."""
    rng = np.random.default_rng(406)
    y, family = rng.integers(0, 7, 2600), np.array([0, 0, 0, 1, 1, 2, 2])
    middle = rng.normal(0, 2.0, (3, 16))[family] + rng.normal(0, 0.75, (7, 16))
    return as_data("families", middle[y] + rng.normal(0, 1, (2600, 16)), y, 2600, 406, 0.94)


@cache
def boards() -> Data:
    """Who owns more of the twelve fields of a board, as -1, 0 or 1, with doubled corners."""
    rng = np.random.default_rng(407)
    x = rng.integers(-1, 2, (2400, 12))
    owned = x.sum(axis=1) + x[:, [0, 3, 8, 11]].sum(axis=1) + 0.5
    return as_data("boards", x.astype(float), owned > 0, 2400, 407, 0.95)


@cache
def weights() -> Data:
    """The weight of a parcel from whole numbers of three goods and its wrapping; regression."""
    rng = np.random.default_rng(408)
    x = np.column_stack([rng.poisson(3, (1600, 3)), rng.integers(0, 2, 1600)])
    y = x @ [1.0, 2.5, 0.7, 1.5] + 0.2 * x[:, 0] * x[:, 3] + rng.normal(0, 0.6, 1600)
    return as_data("weights", x.astype(float), y, 1600, 408, 0.93)


@cache
def prices() -> Data:
    """The logarithm of a rent from size, floor, year, distance and noise; regression."""
    rng = np.random.default_rng(409)
    size, floor = rng.gamma(6, 12, 1700), rng.integers(0, 8, 1700)
    year, far, loud = rng.uniform(1900, 2020, 1700), rng.gamma(2, 3, 1700), rng.random(1700)
    y = 0.8 * np.log(size) + 0.03 * floor + 0.00004 * (year - 1950) ** 2 - 0.05 * far - 0.2 * loud
    x = np.column_stack([size, floor, year, far, loud])
    return as_data("prices", x, y + rng.normal(0, 0.12, 1700), 1700, 409, 0.83)


@cache
def genres() -> Data:
    """Which of three genres a film has, from 22 words that occur or not; several labels."""
    rng = np.random.default_rng(410)
    genres, tells = rng.random((2100, 3)) < 0.45, rng.random((3, 22)) * (rng.random((3, 22)) < 0.45)
    missing = np.prod(1 - genres[:, :, None] * tells, axis=1) * 0.95
    return as_data(
        "genres", (rng.random((2100, 22)) > missing).astype(float), genres, 2100, 410, 0.81
    )
