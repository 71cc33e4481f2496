"""The pool "recess": data sets for a measurement of alarms after the mends that followed "assize".

They were written down before the doctor saw any of them, with the rules of "assize": a healthy run
is at most 5 points below the better of a linear model and a forest. Several have rare classes, rows
of whole numbers, long tails, or images that differ by class in what other checks look for.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from benchmarks.doctor.strangers.data import with_reference
from byhand.arrays import Array
from byhand.evaluation.doctor.faults import Data


def _pixels(x: Array) -> Array:
    """Return brightness as pixels of 0 to 255."""
    return np.asarray(x.round().clip(0, 255), np.uint8)


@cache
def defaults() -> Data:
    """Who does not pay a loan back, about one in nine; income, debts, years and purpose."""
    rng = np.random.default_rng(601)
    n = 2400
    income, debt = rng.lognormal(8, 0.5, n).round(), rng.lognormal(8.3, 0.9, n).round()
    years, purpose = rng.integers(0, 25, n), rng.integers(0, 4, n)
    risk = 1.3 * np.log(debt / income) - 0.08 * years + np.array([0, 0.4, -0.3, 0.9])[purpose] - 2.5
    y = rng.random(n) < 1 / (1 + np.exp(-2 * risk))
    return with_reference(
        "defaults", np.column_stack([income, debt, years, np.eye(4)[purpose]]), y, 601
    )


@cache
def triage() -> Data:
    """How urgent a patient is, four steps from frequent to rare, from six vital signs."""
    rng = np.random.default_rng(602)
    worse = rng.normal(0, 1, (2400, 1))
    signs = worse * [0.8, 0.9, -0.9, 0.5, 0.7, -0.6] + rng.normal(0, 0.5, (2400, 6))
    y = np.searchsorted([0.25, 1.05, 1.6], worse[:, 0] + rng.normal(0, 0.1, 2400))
    x = (signs * [15, 4, 3, 0.6, 12, 2] + [85, 18, 96, 37, 130, 14]).round(1)
    return with_reference("triage", x, y, 602)


@cache
def scratches() -> Data:
    """Whether a metal surface has a scratch, one in five, 11x11."""
    rng = np.random.default_rng(603)
    y, (i, j) = rng.random(2200) < 0.2, np.mgrid[:11, :11] - 5
    angle, off = rng.uniform(-0.5, 0.5, (2200, 1, 1)), rng.uniform(-2.5, 2.5, (2200, 1, 1))
    near = np.exp(-((j * np.cos(angle) + i * np.sin(angle) - off) ** 2))
    grain = rng.normal(0, 16, (2200, 11, 11)) + rng.normal(0, 12, (2200, 11, 1))
    return with_reference("scratches", _pixels(125 + grain + 75 * near * y[:, None, None]), y, 603)


@cache
def districts() -> Data:
    """Which of five districts a place is in, from its two coordinates in whole blocks."""
    rng = np.random.default_rng(604)
    centres = np.array([[20, 20], [45, 18], [30, 40], [55, 45], [12, 50]])
    x = rng.integers(0, 64, (2300, 2))
    far = np.hypot(*(x[:, None] - centres).transpose(2, 0, 1)) - np.array([4, 0, 6, 2, 0])
    return with_reference("districts", x.astype(float), far.argmin(axis=1), 604)


@cache
def hearts() -> Data:
    """Who has a heart disease, from age, sex, pain, pressure, fat and pulse in whole numbers."""
    rng = np.random.default_rng(605)
    n = 1500
    age, sex, pain = rng.normal(54, 9, n).round(), rng.integers(0, 2, n), rng.integers(0, 4, n)
    press, fat = rng.normal(13, 1.7, n).round() * 10, rng.normal(24, 5, n).round() * 10
    pulse = (195 - 0.8 * age + rng.normal(0, 16, n)).round(-1)
    odds = 0.04 * (age - 54) + 1.1 * sex + np.array([-1.6, -0.3, 0.2, 1.7])[pain]
    odds = odds + 0.02 * (press - 130) + 0.006 * (fat - 240) - 0.035 * (pulse - 150) - 0.6
    y = rng.random(n) < 1 / (1 + np.exp(-1.7 * odds))
    return with_reference("hearts", np.column_stack([age, sex, pain, press, fat, pulse]), y, 605)


@cache
def minerals() -> Data:
    """The absorption of light at 36 wavelengths of four kinds of rock, with dust on some."""
    rng = np.random.default_rng(606)
    y, at = rng.integers(0, 4, 2000), np.linspace(0, 1, 36)
    bands = rng.uniform(0.1, 0.9, (4, 3, 1))
    depth = rng.gamma(4, 0.25, (2000, 3, 1)) * rng.uniform(0.2, 1, (4, 3, 1))[y]
    dips = (depth * np.exp(-(((at - bands[y]) / 0.09) ** 2))).sum(axis=1)
    x = rng.uniform(0.6, 1.4, (2000, 1)) * (1 + at * rng.normal(0, 0.3, (2000, 1)) - 0.4 * dips)
    return with_reference("minerals", x + rng.normal(0, 0.06, x.shape), y, 606)


@cache
def lanterns() -> Data:
    """A bright spot on the left or on the right of a wall, or none, 10x10; noise is low."""
    rng = np.random.default_rng(607)
    y, (i, j) = rng.integers(0, 3, 2000), np.mgrid[:10, :10]
    middle = np.array([2.0, 7.0, 0.0])[y][:, None, None] + rng.normal(0, 0.8, (2000, 1, 1))
    spot = np.exp(-((j - middle) ** 2 + (i - rng.uniform(3, 6, (2000, 1, 1))) ** 2) / 8)
    light = rng.uniform(60, 150, (2000, 1, 1)) * (y < 2)[:, None, None]
    return with_reference(
        "lanterns", _pixels(20 + light * spot + rng.normal(0, 0.4, spot.shape)), y, 607
    )


@cache
def offers() -> Data:
    """Which of three offers a customer takes, from twelve counts of purchases; several labels."""
    rng = np.random.default_rng(608)
    x = rng.poisson(rng.gamma(1.2, 1.6, (2000, 12)))
    taste = rng.normal(0, 0.9, (12, 3))
    odds = np.log1p(x) @ taste
    y = (
        odds + rng.logistic(0, 0.35, (2000, 3))
        > np.quantile(odds, [0.4, 0.6, 0.8], axis=0).diagonal()
    )
    return with_reference("offers", x.astype(float), y, 608)


@cache
def exams() -> Data:
    """The points of an exam from hours of study, of sleep, and earlier marks; regression."""
    rng = np.random.default_rng(609)
    study, sleep, mark = rng.poisson(9, 1500), rng.integers(4, 10, 1500), rng.integers(1, 7, 1500)
    y = 30 * np.log1p(study) - 1.2 * (sleep - 7.5) ** 2 - 6 * mark + rng.normal(0, 5, 1500)
    return with_reference("exams", np.column_stack([study, sleep, mark]).astype(float), y, 609)


@cache
def doses() -> Data:
    """The logarithm of an amount in blood from dose, weight, time and two long-tailed rates."""
    rng = np.random.default_rng(610)
    dose, weight, hours = (
        rng.choice([10, 20, 50, 100], 1600),
        rng.normal(75, 14, 1600),
        rng.gamma(2, 3, 1600),
    )
    enter, leave = rng.lognormal(0, 0.7, (2, 1600))
    share = np.exp(-0.15 * leave * hours) * (1 - np.exp(-1.2 * enter * hours))
    y = np.log(dose / weight * (share + 0.02)) + rng.normal(0, 0.15, 1600)
    return with_reference("doses", np.column_stack([dose, weight, hours, enter, leave]), y, 610)
