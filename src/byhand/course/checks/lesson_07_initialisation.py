"""Lesson 7: initialisation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.course.answers import lesson_07_initialisation as answers
from byhand.course.exercise import Case, Exercise
from byhand.course.values import Rng

SIZES = ((400, 100, 1), (100, 400, 2), (400, 100, 3))
"""Inputs, units and seed of the cases."""


def _layers(rng: np.random.Generator) -> list[Case]:
    return [Case({"n_in": n_in, "n_out": n_out, "rng": Rng(seed)}) for n_in, n_out, seed in SIZES]


def _stacks(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "X": rng.standard_normal((9, widths[0])),
                "weights": [
                    rng.standard_normal((a, b)) * 0.7 for a, b in itertools.pairwise(widths)
                ],
            },
            {"examples": 9},
        )
        for widths in ((4, 6, 5, 3), (5, 7))
    ]


def _matrix_error(cases: Sequence[Case], results: Sequence[Any]) -> str | None:
    """Return what is wrong with matrices, whatever they were drawn from."""
    for case, W in zip(cases, results, strict=True):
        shape = (case.arguments["n_in"], case.arguments["n_out"])
        if not isinstance(W, np.ndarray):
            return "expected an array (n_in, n_out)"
        if W.shape != shape:
            swapped = "transposed: " if W.shape == shape[::-1] else ""
            return f"{swapped}its shape is {W.shape} and should be {shape}"
        if np.ptp(W) == 0:
            return "all weights are equal: then all units of a layer stay equal for ever"
        if len(np.unique(W.round(12))) <= max(shape):
            return "units share their weights; draw each weight by itself"
    if np.array_equal(results[0], results[2]):
        return "the weights are the same with another random generator; use `rng`"
    return None


def _ratio(case: Case, W: FloatArray, variance: float) -> float:
    return float(W.var() / variance)


def _explain(ratios: Sequence[float], known: dict[str, Sequence[float]]) -> str | None:
    """Return the text of the known variances, as multiples of the right one, that fit all cases."""
    for text, expected in known.items():
        if all(abs(r / e - 1) < 0.08 for r, e in zip(ratios, expected, strict=True)):
            return text
    return None


def _he(cases: Sequence[Case], results: Sequence[Any]) -> str | None:
    wrong = _matrix_error(cases, results)
    if wrong:
        return wrong
    ins = [case.arguments["n_in"] for case in cases]
    outs = [case.arguments["n_out"] for case in cases]
    ratios = [_ratio(c, W, 2 / n) for c, W, n in zip(cases, results, ins, strict=True)]
    pairs = list(zip(ins, outs, strict=True))
    means = [abs(W.mean()) / W.std() for W in results]
    if max(means) > 0.2:
        return "the mean is not 0; draw from `rng.standard_normal`"
    if all(abs(r - 1) < 0.08 for r in ratios):
        kurtosis = float(np.mean((results[0] / results[0].std()) ** 4))
        return None if abs(kurtosis - 3) < 0.3 else "uniform numbers are drawn; draw normal ones"
    known: dict[str, Sequence[float]] = {
        "multiplied by 2 / n_in, which is the variance; multiply by its square root": [
            2 / n for n in ins
        ],
        "n_out is used where n_in belongs": [i / o for i, o in pairs],
        "1 / n_in instead of 2 / n_in: ReLU drops half of the signal": [0.5] * len(ins),
        "2 / (n_in + n_out) is Glorot's variance; He's is 2 / n_in": [
            i / (i + o) for i, o in pairs
        ],
        "the variance is 1: multiply by sqrt(2 / n_in)": [n / 2 for n in ins],
        "sqrt(2) / n_in: the root belongs over all of 2 / n_in": [1 / n for n in ins],
        "sqrt(n_in / 2): divide by it instead of multiplying": [(n / 2) ** 2 for n in ins],
    }
    return _explain(ratios, known) or (
        f"the variance is {results[0].var():.3g} and should be {2 / ins[0]:.3g} for n_in = {ins[0]}"
    )


def _glorot(cases: Sequence[Case], results: Sequence[Any]) -> str | None:
    wrong = _matrix_error(cases, results)
    if wrong:
        return wrong
    pairs = [(case.arguments["n_in"], case.arguments["n_out"]) for case in cases]
    radii = [float(np.sqrt(6 / (i + o))) for i, o in pairs]
    means = [W.mean() / W.std() for W in results]
    if min(means) > 0.2:
        return "the weights lie between 0 and r; draw between -r and r"
    ratios = [float(W.var() / (r * r / 3)) for W, r in zip(results, radii, strict=True)]
    if all(abs(r - 1) < 0.08 for r in ratios):
        beyond = max(float(np.abs(W).max() / r) for W, r in zip(results, radii, strict=True))
        return None if beyond <= 1.0001 else "normal numbers are drawn; draw uniform ones"
    known: dict[str, Sequence[float]] = {
        "6 / (n_in + n_out) is r squared; take its square root": [r * r for r in radii],
        "r is that of n_in alone; take n_in + n_out": [(i + o) / i for i, o in pairs],
        "r is that of n_out alone; take n_in + n_out": [(i + o) / o for i, o in pairs],
        "2 instead of 6: the variance of uniform numbers is r^2 / 3": [1 / 3] * len(pairs),
        "the numbers lie between -1 and 1: multiply by r": [1 / (r * r) for r in radii],
        "the numbers lie between -r/2 and r/2, as from `rng.random() - 0.5`": [0.25] * len(pairs),
        "r is the deviation of normal numbers; draw uniform ones between -r and r": [3.0]
        * len(pairs),
    }
    return _explain(ratios, known) or (
        f"the largest weight is {np.abs(results[0]).max():.3g} and r is {radii[0]:.3g}"
    )


def _spread(mistake: str) -> Any:
    def spread(X: FloatArray, weights: list[FloatArray]) -> FloatArray:
        A, found = X, []
        for W in weights:
            Z = (X if mistake == "input" and W.shape[0] == X.shape[1] else A) @ W
            A = Z if mistake == "relu" else np.maximum(Z, 0)
            measured = Z if mistake == "before" else A
            found.append(
                {
                    "variance": measured.var(),
                    "mean": measured.mean(),
                    "columns": measured.std(axis=0).mean(),
                    "ddof": measured.std(ddof=1),
                    "rms": np.sqrt((measured**2).mean()),
                    "last": measured[-1].std(),
                }.get(mistake, measured.std())
            )
        return np.array([X.std(), *found] if mistake == "first" else found)

    return spread


EXERCISES = (
    Exercise("he", ("W",), _layers, answers.he, judge=_he),
    Exercise("glorot", ("W",), _layers, answers.glorot, judge=_glorot),
    Exercise(
        "spread",
        ("spread",),
        _stacks,
        answers.spread,
        {
            "the ReLU is missing": _spread("relu"),
            "measured before the ReLU; measure A": _spread("before"),
            "that is the variance; take its square root": _spread("variance"),
            "that is the mean; return the standard deviation": _spread("mean"),
            "the mean of the columns' deviations; take the deviation of all numbers": (
                _spread("columns")
            ),
            "the deviation divides by n - 1 (ddof=1); divide by n": _spread("ddof"),
            "the mean is not subtracted: that is the root of the mean square": _spread("rms"),
            "X is measured as well; begin with layer 1": _spread("first"),
            "only the last example is measured; take all": _spread("last"),
        },
    ),
)
