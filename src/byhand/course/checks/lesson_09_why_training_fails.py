"""Lesson 9: why training fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.course.answers import lesson_09_why_training_fails as answers
from byhand.course.exercise import Case, Exercise
from byhand.course.values import Function


def _functions(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"f": Function(name), "w": rng.standard_normal(d), "h": 1e-2})
        for name, d in (("squares", 4), ("waves", 3), ("cubes", 5))
    ]


def _gradients(rng: np.random.Generator) -> list[Case]:
    g = rng.standard_normal(6)
    return [
        Case({"g": g, "measured": g + 0.1 * rng.standard_normal(6)}),
        Case({"g": g, "measured": g.copy()}),
        Case({"g": g[:4], "measured": rng.standard_normal(4)}),
    ]


def _hidden(rng: np.random.Generator) -> list[Case]:
    Z = rng.standard_normal((9, 8))
    Z[:, [1, 3, 4, 6]] *= -np.sign(Z[:, [1, 3, 4, 6]])
    Z[:, [0, 2, 5, 7]] *= np.sign(Z[:, [0, 2, 5, 7]])
    Z[2, 0], Z[5:7, 3] = 0.0, 0.01  # both units are alive, one of them barely
    alive = np.abs(rng.standard_normal((4, 5)))
    return [Case({"Z": Z}, {"examples": 9}), Case({"Z": alive}), Case({"Z": -alive})]


def _lengths(rng: np.random.Generator) -> list[Case]:
    return [Case({"g": rng.standard_normal(5) * scale, "limit": 2.0}) for scale in (10, 0.1, 3)]


def _numeric(mistake: str) -> Callable[..., Any]:
    """Return a measured gradient with a mistake."""

    def numeric(f: Callable[[FloatArray], float], w: FloatArray, h: float) -> FloatArray:
        g, moved = np.zeros(len(w)), w.copy()
        for j in range(len(w)):
            e = np.zeros(len(w))
            e[j] = h
            up, down = f(w + e), f(w - e)
            if mistake == "drift":
                moved = moved + e
                up, down = f(moved), f(moved - 2 * e)
            g[j] = {
                "forward": (up - f(w)) / h,
                "backward": (f(w) - down) / h,
                "half": (up - down) / h,
                "sign": (down - up) / (2 * h),
                "undivided": up - down,
                "twice": (up - down) / 2 * h,
                "all": (f(w + h) - f(w - h)) / (2 * h),
                "plus": (up + down) / (2 * h),
                "raw": (up - f(w)) / (2 * h),
            }.get(mistake, (up - down) / (2 * h))
        return g

    return numeric


def _error(mistake: str) -> Callable[..., Any]:
    """Return a comparison of gradients with a mistake."""

    def error(g: FloatArray, m: FloatArray) -> float:
        size = float(np.linalg.norm(g) + np.linalg.norm(m))
        gap = float(np.linalg.norm(g - m))
        return {
            "absolute": gap,
            "one": gap / float(np.linalg.norm(m)),
            "other": gap / float(np.linalg.norm(g)),
            "sum": gap / float(np.linalg.norm(g + m)),
            "lengths": abs(float(np.linalg.norm(g) - np.linalg.norm(m))) / size,
            "squares": gap**2 / float((g**2).sum() + (m**2).sum()),
            "mean": float(np.abs(g - m).mean()),
            "entries": float(np.abs(g - m).sum() / (np.abs(g).sum() + np.abs(m).sum())),
            "largest": float((np.abs(g - m) / (np.abs(g) + np.abs(m))).max()),
        }.get(mistake, gap / size)

    return error


EXERCISES = (
    Exercise(
        "numeric_gradient",
        ("g",),
        _functions,
        answers.numeric_gradient,
        {
            "one-sided: (f(w + h) - f(w)) / h is less accurate than both sides": _numeric(
                "forward"
            ),
            "one-sided: (f(w) - f(w - h)) / h is less accurate than both sides": (
                _numeric("backward")
            ),
            "twice as large as it should be: the two points are 2 h apart": _numeric("half"),
            "the sign is wrong: f(w + h) minus f(w - h)": _numeric("sign"),
            "not divided by 2 h": _numeric("undivided"),
            "/ 2 * h multiplies by h: write / (2 * h) with brackets": _numeric("twice"),
            "w keeps the change of the last place: restore it before the next one": (
                _numeric("drift")
            ),
            "all places of w are moved at once; move one at a time": _numeric("all"),
            "the values are added; subtract them": _numeric("plus"),
            "f(w + h) - f(w) is one step apart; divide it by h, or use both sides": _numeric("raw"),
        },
        tolerance=1e-5,
    ),
    Exercise(
        "relative_error",
        ("error",),
        _gradients,
        answers.relative_error,
        {
            "that is the absolute error; divide by the lengths": _error("absolute"),
            "divided by the measured length only; divide by the sum of both": _error("one"),
            "divided by the length of g only; divide by the sum of both": _error("other"),
            "divided by the length of the sum; divide by the sum of the lengths": _error("sum"),
            "only the lengths are compared, so a different direction goes unnoticed": (
                _error("lengths")
            ),
            "the roots are missing: |v| is the root of the sum of squares": _error("squares"),
            "that is the mean of the differences": _error("mean"),
            "absolute values are summed; |v| is the root of the sum of squares": _error("entries"),
            "that is the largest error of an entry; compare whole vectors": _error("largest"),
            "each entry is compared by itself; compare the lengths of whole vectors": (
                lambda g, measured: np.abs(g - measured) / (np.abs(g) + np.abs(measured))
            ),
        },
    ),
    Exercise(
        "dead_units",
        ("fraction",),
        _hidden,
        answers.dead_units,
        {
            "that is the fraction of zeros; a dead unit is 0 for every example": (
                lambda Z: np.mean(Z <= 0)
            ),
            "those are examples for which all units are off; look down the columns, `axis=0`": (
                lambda Z: np.mean((Z <= 0).all(axis=1))
            ),
            "units count that are off for some example; it must be off for all": (
                lambda Z: np.mean((Z <= 0).any(axis=0))
            ),
            "those are the units that are alive": lambda Z: np.mean((Z > 0).any(axis=0)),
            "that is the number of dead units; divide by h": lambda Z: (Z <= 0).all(axis=0).sum(),
            "divided by the number of examples; divide by the number of units": (
                lambda Z: (Z <= 0).all(axis=0).sum() / len(Z)
            ),
            "those are units that are always on": lambda Z: np.mean((Z > 0).all(axis=0)),
            "units count whose mean is negative; none of its values may be positive": (
                lambda Z: np.mean(Z.mean(axis=0) <= 0)
            ),
            "one answer for each unit; take the mean of them": lambda Z: (Z <= 0).all(axis=0) * 1.0,
        },
    ),
    Exercise(
        "clip",
        ("clipped",),
        _lengths,
        answers.clip,
        {
            "each entry is clipped by itself, which turns the gradient": (
                lambda g, limit: np.clip(g, -limit, limit)
            ),
            "short gradients are lengthened; leave them as they are": (
                lambda g, limit: g * limit / np.linalg.norm(g)
            ),
            "nothing is clipped": lambda g, limit: g,
            "the root is missing: compare |g|, not its square": (
                lambda g, limit: g if (g**2).sum() <= limit else g * limit / (g**2).sum()
            ),
            "divided by |g| but not multiplied by the limit: its length becomes 1": (
                lambda g, limit: g if np.linalg.norm(g) <= limit else g / np.linalg.norm(g)
            ),
            "long gradients become 0; shorten them": (
                lambda g, limit: g if np.linalg.norm(g) <= limit else g * 0
            ),
            "the cases are swapped: shorten the long ones": (
                lambda g, limit: g * limit / np.linalg.norm(g) if np.linalg.norm(g) <= limit else g
            ),
            "the length is the largest entry; it is the root of the sum of squares": (
                lambda g, limit: g if np.abs(g).max() <= limit else g * limit / np.abs(g).max()
            ),
            "the length is the sum of absolute values; it is the root of the sum of squares": (
                lambda g, limit: g if np.abs(g).sum() <= limit else g * limit / np.abs(g).sum()
            ),
        },
    ),
)
