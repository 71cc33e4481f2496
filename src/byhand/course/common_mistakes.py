"""The usual slips: wrong results that can be explained without knowing the function.

A slip predicts a wrong result from the correct one: its negative, n times as large,
transposed, ... It is named if it predicts the result of every case. The wrong answers of a single
exercise, with their hints, are in `checks/lesson_*.py`; `judge.py` tries them first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from byhand.arrays import Array
from byhand.course.compare import same
from byhand.course.exercise import Case

Pairs: TypeAlias = Sequence[tuple[Case, Array, Array]]
"""For each case: the case, the learner's result and the correct one."""


@dataclass(frozen=True)
class Factor:
    """A wrong factor.

    Args:
        value: the factor in a case; None if it has no meaning there.
        text: what the factor means.
    """

    value: Callable[[Case], float | None]
    text: Callable[[float], str]


def _count(name: str, inverse: bool = False) -> Callable[[Case], float | None]:
    def value(case: Case) -> float | None:
        count = case.counts.get(name)
        if count is None or count == 1:
            return None
        return 1 / count if inverse else float(count)

    return value


FACTORS: tuple[Factor, ...] = (
    Factor(lambda case: -1.0, lambda c: "the sign is wrong"),
    Factor(
        _count("examples"),
        lambda c: f"{c:g} times too large: the mean over the batch is missing, divide by {c:g}",
    ),
    Factor(
        _count("examples", inverse=True),
        lambda c: f"{1 / c:g} times too small: one division by the number of examples too many",
    ),
    Factor(
        _count("classes", inverse=True),
        lambda c: (
            f"{1 / c:g} times too small: it is divided by the number of classes; divide by "
            "the number of examples only"
        ),
    ),
    Factor(
        _count("classes"),
        lambda c: f"{c:g} times too large: a division by the number of classes is missing",
    ),
    Factor(
        _count("features", inverse=True),
        lambda c: f"{1 / c:g} times too small: it is divided by the number of columns",
    ),
    Factor(
        lambda case: 2.0,
        lambda c: (
            "twice as large as it should be: a factor 1/2 is missing, or there is a 2 too many"
        ),
    ),
    Factor(
        lambda case: 0.5,
        lambda c: (
            "half as large as it should be: a factor 2 is missing, or there is a 1/2 too many"
        ),
    ),
    Factor(lambda case: 100.0, lambda c: "given in per cent; a fraction is expected"),
    Factor(lambda case: 1 / np.log(2), lambda c: "the logarithm has base 2; use `np.log`"),
    Factor(lambda case: 1 / np.log(10), lambda c: "the logarithm has base 10; use `np.log`"),
)


def slip(pairs: Pairs, tolerance: float) -> str | None:
    """Return what is wrong with the results if it is a usual slip."""
    for find in (_shape, _not_finite, _factor, _values):
        text = find(pairs, tolerance)
        if text:
            return text
    return None


def factor(pairs: Pairs, tolerance: float) -> str | None:
    """Return the meaning of the factor between the results and the correct ones, if known."""
    for one in FACTORS:
        values = [one.value(case) for case, _, _ in pairs]
        if all(
            value is not None and same(got, value * expected, tolerance)
            for value, (_, got, expected) in zip(values, pairs, strict=True)
        ):
            return one.text(values[0] or 0.0)
    return None


def difference(pairs: Pairs, tolerance: float) -> str:
    """Return where the results differ most, with both numbers."""
    for _, got, expected in pairs:
        if got.shape == expected.shape and not same(got, expected, tolerance):
            gap = np.abs(np.where(np.isfinite(got), got, np.inf) - expected)
            place = np.unravel_index(int(np.nanargmax(gap)), gap.shape)
            index = f" at [{', '.join(str(int(i)) for i in place)}]" if place else ""
            return f"expected {expected[place]:.6g}{index}, got {got[place]:.6g}"
    return "it differs"


def _shape(pairs: Pairs, tolerance: float) -> str | None:
    wrong = [pair for pair in pairs if pair[1].shape != pair[2].shape]
    if not wrong:
        return None
    _, got, expected = wrong[0]
    shapes = f"its shape is {got.shape} and should be {expected.shape}"
    if all(same(g.T, e, tolerance) for _, g, e in wrong):
        return f"transposed: {shapes}"
    if all(g.size == e.size and same(g.ravel(), e.ravel(), tolerance) for _, g, e in wrong):
        return f"the numbers are right, but {shapes}"
    if all(g.ndim == 0 and same(g, np.asarray(e.sum()), tolerance) for _, g, e in wrong):
        return f"summed over everything: {shapes}"
    if all(g.ndim == 0 and same(g, np.asarray(e.mean()), tolerance) for _, g, e in wrong):
        return f"averaged over everything: {shapes}"
    return shapes


def _not_finite(pairs: Pairs, tolerance: float) -> str | None:
    bad = [
        (case, got)
        for case, got, expected in pairs
        if not np.isfinite(got[np.isfinite(expected)]).all()
    ]
    if not bad:
        return None
    case, got = bad[0]
    what = "NaN" if np.isnan(got).any() else "infinity"
    some = f" with {_arguments(case)}" if len(bad) < len(pairs) else ""
    return f"it contains {what}{some}"


def _arguments(case: Case) -> str:
    """Return the arguments of a case as a learner would type them."""
    values = {
        name: np.array2string(np.asarray(v), separator=", ", threshold=20)
        for name, v in case.arguments.items()
    }
    return ", ".join(f"{name} = {' '.join(text.split())}" for name, text in values.items())


def _factor(pairs: Pairs, tolerance: float) -> str | None:
    known = factor(pairs, tolerance)
    if known:
        return known
    ratios = np.concatenate([_ratios(got, expected) for _, got, expected in pairs])
    if len(ratios) > 1 and np.ptp(ratios) <= tolerance * abs(ratios[0]) and ratios[0] != 0:
        ratio = float(ratios[0])
        return f"{abs(ratio):.4g} times what it should be" + (
            ", with the wrong sign" if ratio < 0 else ""
        )
    return None


def _ratios(got: Array, expected: Array) -> Array:
    some = np.abs(expected) > 1e-9
    if got[~some].any():
        return np.array([0.0, 1.0])  # no factor turns 0 into another number
    return np.asarray(got[some] / expected[some])


def _values(pairs: Pairs, tolerance: float) -> str | None:
    for holds, text in _predictions(tolerance):
        if all(holds(got, expected) for _, got, expected in pairs):
            return text
    return None


def _rows(expected: Array) -> bool:
    """Return whether a result has several rows of several numbers."""
    return expected.ndim == 2 and min(expected.shape) > 1


def _predictions(tolerance: float) -> Iterator[tuple[Callable[[Array, Array], bool], str]]:
    yield lambda g, e: not g.any() and bool(e.any()), "it is 0 everywhere"
    yield lambda g, e: same(g, np.trunc(e)), "the digits after the point are lost: use floats"
    yield lambda g, e: g.size > 1 and float(np.ptp(g - e)) < 1e-9, "a constant is added to it"
    yield (
        lambda g, e: g.ndim == 2 and g.shape[0] == g.shape[1] and same(g.T, e, tolerance),
        "transposed",
    )
    yield lambda g, e: g.ndim > 0 and same(g, np.roll(e, 1, axis=-1)), "shifted by one place"
    yield lambda g, e: g.ndim > 0 and same(g, np.roll(e, -1, axis=-1)), "shifted by one place"
    yield lambda g, e: _rows(e) and same(g[:-1], e[:-1], tolerance), "only the last row is wrong"
    yield lambda g, e: _rows(e) and same(g[1:], e[1:], tolerance), "only the first row is wrong"
    yield (
        lambda g, e: g.ndim > 0 and same(np.sort(g.ravel()), np.sort(e.ravel()), tolerance),
        "the numbers are right, but in another order",
    )
