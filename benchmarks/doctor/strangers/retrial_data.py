"""The pool "retrial": data sets for causes and alarms together, after the mends of "recess".

They were written down before the doctor saw any of them, with the rules of "assize".
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
def leftovers() -> Data:
    """Shirts without buttons, coats, bags and three kinds of shoes of Fashion-MNIST, 7x7."""
    d, wanted = load_dataset("fashion-mnist", offline=True).test, [0, 4, 5, 7, 8, 9]
    rows = 5000 + np.flatnonzero(np.isin(d.labels[5000:], wanted))[:2400]
    x = d.images[rows].reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4))
    return with_reference("leftovers", _pixels(x), np.searchsorted(wanted, d.labels[rows]), 701)


@cache
def slopes() -> Data:
    """To which of four sides a field of sand, 10x10, gets darker."""
    rng = np.random.default_rng(702)
    y, (i, j) = rng.integers(0, 4, 2000), np.mgrid[:10, :10] - 4.5
    down = np.stack([i, -i, j, -j])[y] * rng.uniform(1.5, 6, (2000, 1, 1))
    aside = np.stack([j, j, i, i])[y] * rng.normal(0, 1.5, (2000, 1, 1))
    x = rng.uniform(110, 150, (2000, 1, 1)) - down + aside + rng.normal(0, 25, (2000, 10, 10))
    return with_reference("slopes", _pixels(x), y, 702)


@cache
def fences() -> Data:
    """Whether a fence, 9x13, has narrow boards, wide boards or a missing one."""
    rng = np.random.default_rng(703)
    y, j = rng.integers(0, 3, 2100), np.arange(13)
    start = rng.integers(0, 2, (2100, 1))
    boards = ((j + start) // np.array([1, 2, 1])[y][:, None]) % 2 == 0
    gap = rng.integers(2, 11, (2100, 1))
    boards &= ~((y == 2)[:, None] & (abs(j - gap) < 2))
    x = 80 + 90 * boards[:, None, :] + rng.normal(0, 45, (2100, 9, 13))
    return with_reference("fences", _pixels(x), y, 703)


@cache
def stickers() -> Data:
    """Which of a star, a bar and a ring are on a box, 11x11; several labels."""
    rng = np.random.default_rng(704)
    on, (i, j) = rng.random((2000, 3)) < 0.45, np.mgrid[:11, :11]
    star = np.exp(-((abs(i - 3) ** 0.7 + abs(j - 3) ** 0.7) ** 2) / 4)
    bar = (abs(i - 8) < 1.2) & (j > 1) & (j < 6)
    ring = abs(np.hypot(i - 6, j - 8) - 2) < 0.8
    ink = rng.uniform(30, 80, (2000, 3)) * on
    x = 170 - np.tensordot(ink, np.stack([star, bar, ring]), 1) + rng.normal(0, 16, (2000, 11, 11))
    return with_reference("stickers", _pixels(x), on, 704)


# --- tables of classes ----------------------------------------------------------------------------


@cache
def frauds() -> Data:
    """Which payments are false, about one in ten; amount, hour, distance, country and age."""
    rng = np.random.default_rng(705)
    n = 2500
    amount, far = rng.lognormal(3.5, 1.1, n).round(2), rng.lognormal(2, 1.3, n).round(1)
    hour, abroad, age = rng.integers(0, 24, n), rng.random(n) < 0.15, rng.integers(0, 3000, n)
    odds = 0.8 * (np.log(amount) - 3.5) + 0.5 * (np.log(far) - 2) + 1.5 * abroad - 0.0005 * age
    odds = 1.6 * (odds + 0.9 * (hour < 6) - 2.2)
    y = rng.random(n) < 1 / (1 + np.exp(-odds))
    return with_reference("frauds", np.column_stack([amount, far, hour, abroad, age]), y, 705)


@cache
def grades() -> Data:
    """The grade of eggs, of which most are medium and few the largest, by four measures."""
    rng = np.random.default_rng(706)
    wide, long_ = rng.normal(44, 1.6, 2200), rng.normal(57, 2.4, 2200)
    mass = 0.00054 * wide**2 * long_ * rng.normal(1, 0.012, 2200)
    y = np.searchsorted([53, 63, 68], mass)
    shell = rng.normal(0.36, 0.03, 2200)
    x = np.column_stack([wide, long_, shell, rng.normal(22, 2, 2200)]).round(2)
    return with_reference("grades", x, y, 706)


@cache
def poses() -> Data:
    """Where seven joints are in the picture of a person who stands, sits, bends or lies."""
    rng = np.random.default_rng(707)
    y, usual = rng.integers(0, 4, 2000), rng.normal(0, 0.8, (4, 7))
    angles = (usual[y] + rng.normal(0, 0.45, (2000, 7))).cumsum(axis=1) / 2
    size = rng.uniform(60, 140, (2000, 1))
    x = np.hstack([(size * np.cos(angles)).cumsum(axis=1), (size * np.sin(angles)).cumsum(axis=1)])
    return with_reference("poses", x.round(), y, 707)


@cache
def menus() -> Data:
    """Which of fourteen dishes guests of three kinds take."""
    rng = np.random.default_rng(708)
    y, liking = rng.integers(0, 3, 2000), rng.beta(1, 2, (3, 14))
    return with_reference("menus", (rng.random((2000, 14)) < liking[y]).astype(float), y, 708)


@cache
def promoters() -> Data:
    """Whether a strand of eleven letters binds: three places count, one only with another."""
    rng = np.random.default_rng(709)
    letters, push = rng.integers(0, 4, (2200, 11)), rng.normal(0, 1.2, (3, 4))
    bind = push[0, letters[:, 2]] + push[1, letters[:, 5]] + push[2, letters[:, 8]]
    bind = bind + 1.5 * ((letters[:, 3] == letters[:, 4]) & (letters[:, 3] > 1))
    y = bind + rng.logistic(0, 0.3, 2200) > np.median(bind)
    return with_reference("promoters", np.eye(4)[letters].reshape(2200, 44), y, 709)


@cache
def tremors() -> Data:
    """The size of a tremor in nine bands at two places, in three causes, over powers of ten."""
    rng = np.random.default_rng(710)
    y, band = rng.integers(0, 3, 1900), np.arange(9)
    peak = np.array([1.5, 4, 6])[y][:, None] + rng.normal(0, 1.0, (1900, 1))
    shape = -((band - peak) ** 2) / 6 + rng.normal(0, 1.2, (1900, 1))
    x = np.exp(np.hstack([shape + rng.normal(0, 0.5, (1900, 9)) - far for far in (0, 1.5)]))
    return with_reference("tremors", x, y, 710)


@cache
def allergies() -> Data:
    """To which of three things a person reacts, from sixteen skin tests; several labels."""
    rng = np.random.default_rng(711)
    has, shows = rng.random((2000, 3)) < [0.5, 0.35, 0.25], rng.random((3, 16)) < 0.35
    strength = has @ (shows * rng.uniform(1, 3, (3, 16)))
    x = np.maximum(strength * rng.gamma(4, 0.25, (2000, 16)) + rng.normal(0, 0.7, (2000, 16)), 0)
    return with_reference("allergies", x.round(1), has, 711)


# --- regression -----------------------------------------------------------------------------------


@cache
def arcs() -> Data:
    """scikit-learn's third function of Friedman, an angle, with noise."""
    from sklearn.datasets import make_friedman3

    x, y = make_friedman3(n_samples=1600, noise=0.08, random_state=712)
    return with_reference("arcs", x, y, 712)


@cache
def queues() -> Data:
    """How long one waits, from people before, open desks, hour and bags, in whole numbers."""
    rng = np.random.default_rng(713)
    before, desks = rng.poisson(7, 1500), rng.integers(1, 6, 1500)
    hour, bags = rng.integers(8, 20, 1500), rng.poisson(1.5, 1500)
    wait = 3 * before / desks + 1.5 * (abs(hour - 17) < 2) + 0.6 * bags + rng.normal(0, 1.6, 1500)
    x = np.column_stack([before, desks, hour, bags]).astype(float)
    return with_reference("queues", x, wait, 713)


@cache
def bridges() -> Data:
    """How far a bridge bends under a load at one of ten places, from length, height and stuff."""
    rng = np.random.default_rng(714)
    long_, high, at = rng.uniform(8, 20, 1600), rng.uniform(0.6, 1.4, 1600), rng.random(1600)
    load, stuff = rng.uniform(1, 5, 1600), rng.integers(0, 2, 1600)
    y = load * long_**3 * (at * (1 - at)) ** 2 / high**3 / (1 + stuff) / 500
    x = np.column_stack([long_, high, at.round(1), load, stuff])
    return with_reference("bridges", x, np.log(y + 0.02) + rng.normal(0, 0.1, 1600), 714)
