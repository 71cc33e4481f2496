"""Lesson 12: making it fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from byhand.course.answers import lesson_12_making_it_fast as answers
from byhand.course.exercise import Case, Exercise

SECONDS = 0.15
"""Processor time for an exercise of this lesson; loops over examples and units need longer."""


def _layers(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "X": rng.standard_normal((n, n_in)),
                "W": rng.standard_normal((n_in, n_out)),
                "b": rng.standard_normal(n_out),
            },
            {"examples": n},
        )
        for n, n_in, n_out in ((5, 3, 4), (600, 200, 30))
    ]


def _rows(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"X": rng.standard_normal((n, d)), "Y": rng.standard_normal((m, d))})
        for n, m, d in ((5, 4, 3), (500, 450, 20))
    ]


def _single(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "X": rng.standard_normal((n, n_in), dtype=np.float32),
                "W": rng.standard_normal((n_in, n_out), dtype=np.float32),
                "b": rng.standard_normal(n_out),
            }
        )
        for n, n_in, n_out in ((5, 3, 4), (7, 2, 3))
    ]


def _steps(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"p": rng.standard_normal(d), "g": rng.standard_normal(d), "learning_rate": 0.1})
        for d in (4, 7)
    ]


def _judge_float32(cases: Sequence[Case], results: Sequence[Any]) -> str | None:
    """Return what is wrong with the type or the numbers of A."""
    for case, A in zip(cases, results, strict=True):
        X, W, b = (case.arguments[name] for name in ("X", "W", "b"))
        if not isinstance(A, np.ndarray):
            return "expected an array"
        if A.dtype == np.float64:
            return "the result is float64: b is, and it turns the sum into float64; convert b first"
        if A.dtype != np.float32:
            return f"the result is {A.dtype}; float32 is expected"
        wrong = _wrong_numbers(A, X @ W, b.astype(np.float32))
        if wrong:
            return wrong
    return None


def _wrong_numbers(A: Any, product: Any, b: Any) -> str | None:
    known = {
        "": np.maximum(product + b, 0),
        "the ReLU is missing": product + b,
        "the bias is missing": np.maximum(product, 0),
        "the bias is added after the ReLU": np.maximum(product, 0) + b,
    }
    for text, numbers in known.items():
        if A.shape == numbers.shape and np.allclose(A, numbers, atol=1e-4):
            return text or None
    if A.shape != product.shape:
        return f"its shape is {A.shape} and should be {product.shape}"
    return "the numbers are wrong"


def _in_place(mistake: str) -> Any:
    """Return a step in place with a mistake."""

    def step(p: Any, g: Any, rate: float) -> None:
        if mistake == "uphill":
            p += rate * g
        elif mistake == "no rate":
            p -= g
        elif mistake == "first":
            p[0] -= rate * g[0]
        elif mistake == "replaced":
            p[:] = rate * g
        elif mistake == "negative":
            p[:] = -rate * g
        elif mistake == "division":
            p -= g / rate

    return step


EXERCISES = (
    Exercise(
        "layer",
        ("Z",),
        _layers,
        answers.layer,
        {
            "the bias is missing": lambda X, W, b: X @ W,
            "the bias is subtracted": lambda X, W, b: X @ W - b,
            "the bias multiplies; add it": lambda X, W, b: X @ W * b,
            "the activation is not part of this function": lambda X, W, b: np.maximum(X @ W + b, 0),
            "examples are in columns; put one in each row": lambda X, W, b: (X @ W + b).T,
            "the last product is missing: j runs to n_in - 1": (
                lambda X, W, b: X[:, :-1] @ W[:-1] + b
            ),
            "the first product is missing: j begins at 0": lambda X, W, b: X[:, 1:] @ W[1:] + b,
            "the products are averaged; sum them": lambda X, W, b: X @ W / X.shape[1] + b,
        },
        seconds=SECONDS,
    ),
    Exercise(
        "distances",
        ("D",),
        _rows,
        answers.distances,
        {
            "the factor 2 of the mixed product is missing": (
                lambda X, Y: (X**2).sum(1)[:, None] - X @ Y.T + (Y**2).sum(1)
            ),
            "the mixed product is added; subtract it": (
                lambda X, Y: (X**2).sum(1)[:, None] + 2 * X @ Y.T + (Y**2).sum(1)
            ),
            "that is the distance; leave out the root": (
                lambda X, Y: np.sqrt(np.maximum(answers.distances(X, Y), 0))
            ),
            "transposed: row i belongs to X[i]": lambda X, Y: answers.distances(X, Y).T,
            "|X[i]|^2 is missing": lambda X, Y: -2 * X @ Y.T + (Y**2).sum(1),
            "|Y[j]|^2 is missing": lambda X, Y: (X**2).sum(1)[:, None] - 2 * X @ Y.T,
            "absolute differences are summed; sum the squares": (
                lambda X, Y: np.abs(X[:, None] - Y).sum(axis=2)
            ),
            "the mean over k is taken; take the sum": (
                lambda X, Y: answers.distances(X, Y) / X.shape[1]
            ),
            "that is the product of the rows alone": lambda X, Y: X @ Y.T,
        },
        seconds=SECONDS,
    ),
    Exercise("relu_float32", ("A",), _single, answers.relu_float32, judge=_judge_float32),
    Exercise(
        "sgd_in_place",
        ("p",),
        _steps,
        answers.sgd_in_place,
        {
            "p itself does not change: `p = p - ...` makes a new array; write `p -= ...`": (
                _in_place("new")
            ),
            "the step goes uphill: subtract": _in_place("uphill"),
            "the learning rate is not used": _in_place("no rate"),
            "only the first entry changes": _in_place("first"),
            "the old p is lost: subtract from it": _in_place("replaced"),
            "the old p is lost: write `p -= ...`": _in_place("negative"),
            "g is divided by the learning rate; multiply": _in_place("division"),
        },
        in_place="p",
    ),
)
