"""Lesson 2: one neuron."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.course.answers import lesson_02_one_neuron as answers
from byhand.course.checks import library
from byhand.course.exercise import Case, Exercise


def _inputs(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"X": rng.standard_normal((n, d)), "w": rng.standard_normal(d), "b": 0.7})
        for n, d in ((7, 3), (5, 4))
    ]


def _outputs(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {"a": rng.uniform(0.1, 0.9, n), "y": rng.permutation(np.arange(n) % 2)},
            {"examples": n},
        )
        for n in (11, 7)
    ] + [
        # One answer is certain and right: 0 * log 0 must not spoil the mean.
        Case({"a": np.array([1.0, 0.0, 0.3]), "y": np.array([1, 0, 1])}, {"examples": 3})
    ]


def _with_inputs(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "X": rng.standard_normal((n, d)),
                "a": rng.uniform(0.1, 0.9, n),
                "y": rng.permutation(np.arange(n) % 2),
            },
            {"examples": n, "features": d},
        )
        for n, d in ((11, 3), (7, 4))
    ]


def _descents(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "X": rng.standard_normal((n, 3)),
                "y": rng.permutation(np.arange(n) % 2),
                "w": rng.standard_normal(3),
                "b": -0.4,
                "learning_rate": 0.3,
                "steps": steps,
            },
            {"examples": n},
        )
        for n, steps in ((11, 1), (7, 4))
    ]


def _descent(
    rate: float = 1.0,
    rate_w: float = 1.0,
    more: int = 0,
    train_w: bool = True,
    train_b: bool = True,
    late_bias: bool = False,
    scale_by_n: bool = False,
    fresh: bool = True,
) -> Callable[..., Any]:
    """Return a descent with a mistake.

    Args:
        rate: factor of the learning rate.
        rate_w: another factor, for w only.
        more: number of extra steps.
        train_w: whether w is updated.
        train_b: whether b is updated.
        late_bias: whether the gradient of b is computed after w has changed.
        scale_by_n: whether the mean over the examples is forgotten.
        fresh: whether the outputs are computed again in every step.
    """

    def descend(
        X: FloatArray, y: FloatArray, w: FloatArray, b: float, learning_rate: float, steps: int
    ) -> Any:
        step = rate * learning_rate * (len(y) if scale_by_n else 1)
        first = answers.neuron(X, w, b)
        for _ in range(steps + more):
            a = answers.neuron(X, w, b) if fresh else first
            dw, db = library.neuron_gradient(X, a, y)
            w = w - step * rate_w * dw if train_w else w
            if late_bias:
                db = library.neuron_gradient(X, answers.neuron(X, w, b), y)[1]
            b = b - step * float(db) if train_b else b
        return w, b

    return descend


def _no_rate(X: FloatArray, y: FloatArray, w: FloatArray, b: float, _: float, steps: int) -> Any:
    return _descent()(X, y, w, b, 1.0, steps)


EXERCISES = (
    Exercise(
        "neuron",
        ("a",),
        _inputs,
        lambda X, w, b: library.sigmoid(X @ w + b),
        {
            "the sigmoid is missing": lambda X, w, b: X @ w + b,
            "the bias is missing": lambda X, w, b: library.sigmoid(X @ w),
            "the sign in the exponent is wrong: write exp(-z)": (
                lambda X, w, b: library.sigmoid(-(X @ w + b))
            ),
            "the bias has the wrong sign: write exp(-(X @ w + b)) with brackets": (
                lambda X, w, b: 1 / (1 + np.exp(-X @ w + b))
            ),
            "`1 / 1 + np.exp(-z)` divides 1 by 1: put brackets around `1 + np.exp(-z)`": (
                lambda X, w, b: 1 / 1 + np.exp(-(X @ w + b))
            ),
            "the bias is added after the sigmoid": lambda X, w, b: library.sigmoid(X @ w) + b,
            "that is tanh; the sigmoid is 1 / (1 + exp(-z))": lambda X, w, b: np.tanh(X @ w + b),
            "that is ReLU; the sigmoid is 1 / (1 + exp(-z))": (
                lambda X, w, b: np.maximum(X @ w + b, 0)
            ),
            "`X[j]` is an example, not an input: write `X @ w`, or take the column `X[:, j]`": (
                lambda X, w, b: library.sigmoid(X[: len(w)].T @ w + b)
            ),
            "`X[j]` is an example, not an input: write `X @ w`, or take the column `X[:, j]`; and "
            "the bias has the wrong sign": lambda X, w, b: library.sigmoid(X[: len(w)].T @ w - b),
            "the products are not added up: `X * w` has a number for every input, `X @ w` one for "
            "every example": lambda X, w, b: library.sigmoid(X * w + b),
            "outputs are rounded to 0 and 1": lambda X, w, b: (X @ w + b > 0) * 1.0,
        },
    ),
    Exercise(
        "log_loss",
        ("L",),
        _outputs,
        library.log_loss,
        {
            "log of 0 gives infinity or NaN: keep a between 1e-12 and 1 - 1e-12 first": (
                lambda a, y: np.mean(-y * np.log(a) - (1 - y) * np.log(1 - a))
            ),
            "that is the sum over the examples; take the mean, and keep a between 1e-12 and "
            "1 - 1e-12": lambda a, y: np.sum(-y * np.log(a) - (1 - y) * np.log(1 - a)),
            "the part with (1 - y) is missing": (
                lambda a, y: np.mean(-y * np.log(np.clip(a, 1e-12, 1 - 1e-12)))
            ),
            "that is the sum over the examples; take the mean": (
                lambda a, y: library.log_loss(a, y) * len(y)
            ),
            "the sign is wrong: log of a number below 1 is negative": (
                lambda a, y: -library.log_loss(a, y)
            ),
            "that is the squared error; the cross-entropy has logarithms": (
                lambda a, y: np.mean((a - y) ** 2)
            ),
            "the second part has the wrong sign": (
                lambda a, y: np.mean(
                    -y * np.log(np.clip(a, 1e-12, 1)) + (1 - y) * np.log(np.clip(1 - a, 1e-12, 1))
                )
            ),
            "the answers are swapped: y belongs to log(a), 1 - y to log(1 - a)": (
                lambda a, y: library.log_loss(a, 1 - y)
            ),
            "the loss of each example is still there; take the mean": (
                lambda a, y: (lambda c: -y * np.log(c) - (1 - y) * np.log(1 - c))(
                    np.clip(a, 1e-12, 1 - 1e-12)
                )
            ),
            "the last part takes log(a) instead of log(1 - a)": (
                lambda a, y: -np.mean(np.log(np.clip(a, 1e-12, 1 - 1e-12)))
            ),
        },
        tolerance=1e-5,
    ),
    Exercise(
        "neuron_gradient",
        ("dw", "db"),
        _with_inputs,
        library.neuron_gradient,
        {
            "the sign is wrong: it is a - y": lambda X, a, y: _scaled(X, (y - a) / len(y)),
            "the mean over the batch is missing: divide by the number of examples": (
                lambda X, a, y: _scaled(X, a - y)
            ),
            "the derivative of the sigmoid, a (1 - a), should not be there: with the "
            "cross-entropy it cancels": lambda X, a, y: _scaled(X, (a - y) * a * (1 - a) / len(y)),
            "the inputs X are missing: each weight's gradient is a sum of X times dz": (
                lambda X, a, y: (
                    np.full(X.shape[1], ((a - y) / len(y)).sum()),
                    ((a - y) / len(y)).sum(),
                )
            ),
            "the division reaches only y: write (a - y) / n with brackets": (
                lambda X, a, y: _scaled(X, a - y / len(y))
            ),
            "divided by n - 1; the mean divides by n": (
                lambda X, a, y: _scaled(X, (a - y) / (len(y) - 1))
            ),
            "twice as large as it should be: that is the gradient of the squared error's a - y": (
                lambda X, a, y: _scaled(X, 2 * (a - y) / len(y))
            ),
            "the errors are taken as absolute values": (
                lambda X, a, y: _scaled(X, np.abs(a - y) / len(y))
            ),
            "the error is squared": lambda X, a, y: _scaled(X, (a - y) ** 2 / len(y)),
            "there is still one number for each example; sum over the examples": (
                lambda X, a, y: (X.T * ((a - y) / len(y)), (a - y) / len(y))
            ),
            "the answers are missing: subtract y": lambda X, a, y: _scaled(X, a / len(y)),
        },
    ),
    Exercise(
        "descend",
        ("w", "b"),
        _descents,
        answers.descend,
        {
            "the steps go uphill: subtract the gradient": _descent(rate=-1),
            "w goes uphill: subtract its gradient, as you do for b": _descent(rate_w=-1),
            "one step too many": _descent(more=1),
            "one step too few": _descent(more=-1),
            "the learning rate is not used": _no_rate,
            "b never changes": _descent(train_b=False),
            "w never changes": _descent(train_w=False),
            "the gradient of b is computed after w has changed: compute both first, then update "
            "both": _descent(late_bias=True),
            "only one step is made; is `return` inside the loop?": (
                lambda X, y, w, b, rate, steps: _descent()(X, y, w, b, rate, 1)
            ),
            "the outputs are computed only once, before the loop; compute them in every step": (
                _descent(fresh=False)
            ),
            "the steps are too long by the number of examples: the gradient is a mean": (
                _descent(scale_by_n=True)
            ),
        },
    ),
)


def _scaled(X: FloatArray, dz: FloatArray) -> tuple[FloatArray, FloatArray]:
    return X.T @ dz, np.asarray(dz.sum())
