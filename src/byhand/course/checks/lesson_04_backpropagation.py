"""Lesson 4: backpropagation on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.course.answers import lesson_04_backpropagation as answers
from byhand.course.checks import library, samples
from byhand.course.exercise import Case, Exercise


def _on_paper(
    *,
    log: float = 1.0,
    sign: int = 1,
    label: int = 1,
    hidden: str = "right",
    relu: bool = True,
    softmax: bool = True,
    transposed: bool = False,
) -> tuple[object, ...]:
    """Return the results of the paper with a mistake.

    Args:
        log: factor of the logarithm.
        sign: of the gradient of the scores.
        label: class of the example.
        hidden: how the gradient comes to the hidden units: "right", "no relu", "by columns".
        relu: whether negative z1 become 0.
        softmax: whether scores become probabilities.
        transposed: whether weight gradients are (n_out, n_in).
    """
    x = np.array([1.0, 2.0])
    W1, W2 = np.array([[1, -1], [0.5, -0.5]]), np.array([[0.5, -0.5], [1, -1]])
    z1 = x @ W1
    a1 = np.maximum(z1, 0) if relu else z1
    z2 = a1 @ W2
    a2 = np.exp(z2) / np.exp(z2).sum() if softmax else z2
    loss = -np.log(np.abs(a2[label])) * log
    dz2 = sign * (a2 - np.eye(2)[label])
    back = dz2 @ W2 if hidden == "by columns" else W2 @ dz2
    dz1 = back * ((z1 > 0) if hidden != "no relu" else 1)
    dW2, dW1 = np.outer(a1, dz2), np.outer(x, dz1)
    if transposed:
        dW2, dW1 = dW2.T, dW1.T
    return z1, a1, z2, a2, loss, dz2, dW2, dz1, dW1


def _network(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"x": rng.standard_normal(d), **samples.parameters(rng, d, h, K)}, {"classes": K})
        for d, h, K in ((3, 5, 4), (2, 7, 3))
    ]


def _outputs(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"a2": samples.probabilities(rng, 1, K)[0], "label": label}, {"classes": K})
        for K, label in ((5, 3), (4, 1))
    ]


def _hidden(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "dz2": rng.standard_normal(K),
                "W2": rng.standard_normal((h, K)),
                "z1": rng.standard_normal(h),
            },
            {"classes": K},
        )
        for h, K in ((7, 3), (4, 4))
    ]


def _layer(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"a": rng.standard_normal(n_in), "dz": rng.standard_normal(n_out)})
        for n_in, n_out in ((5, 3), (4, 4))
    ]


def _batched(x: object, *parameters: object) -> tuple[object, ...]:
    """Return the library's forward pass of one example."""
    return tuple(part[0] for part in library.forward(np.atleast_2d(x), *parameters))  # type: ignore[arg-type,call-overload]


def _forward(mistake: str) -> Callable[..., Any]:
    """Return the forward pass of one example with a mistake."""

    def forward(
        x: FloatArray, W1: FloatArray, b1: FloatArray, W2: FloatArray, b2: FloatArray
    ) -> tuple[FloatArray, ...]:
        z1 = x @ W1 + (0 if mistake == "b1" else b1)
        a1 = {
            "relu": z1,
            "sigmoid": library.sigmoid(z1),
            "abs": np.abs(z1),
            "min": np.minimum(z1, 0),
        }.get(mistake, np.maximum(z1, 0))
        z2 = (z1 if mistake == "z1" else a1) @ W2 + (0 if mistake == "b2" else b2)
        a2 = {
            "softmax": z2,
            "output": library.sigmoid(z2),
            "sum": np.exp(z2 - z2.max()),
        }.get(mistake, library.softmax(z2[None])[0])
        return z1, a1, z2, a2

    return forward


EXERCISES = (
    Exercise(
        "paper",
        ("z1", "a1", "z2", "a2", "loss", "dz2", "dW2", "dz1", "dW1"),
        lambda rng: [Case({})],
        _on_paper,
        {
            "the sign is wrong: dz2 = a2 - target": lambda: _on_paper(sign=-1),
            "the label is 1, which is the second class": lambda: _on_paper(label=0),
            "the ReLU lets no gradient through where z1 is negative": (
                lambda: _on_paper(hidden="no relu")
            ),
            "W2 is used by columns: unit j collects row j of W2": (
                lambda: _on_paper(hidden="by columns")
            ),
            "the loss takes the natural logarithm (the key `ln`)": (
                lambda: _on_paper(log=1 / np.log(10))
            ),
            "the ReLU is missing: a1 has no negative numbers": lambda: _on_paper(relu=False),
            "the softmax is missing: a2 are probabilities": lambda: _on_paper(softmax=False),
            "rows and columns are swapped: row j of dW belongs to input j": (
                lambda: _on_paper(transposed=True)
            ),
        },
        lists=True,
        tolerance=0.002,
    ),
    Exercise(
        "forward",
        ("z1", "a1", "z2", "a2"),
        _network,
        _batched,
        {
            "the ReLU is missing": _forward("relu"),
            "the bias b1 is missing": _forward("b1"),
            "the bias b2 is missing": _forward("b2"),
            "the second layer gets z1 instead of a1": _forward("z1"),
            "the softmax is missing": _forward("softmax"),
            "that is a sigmoid in the hidden layer; this network has ReLU": _forward("sigmoid"),
            "that is the absolute value; ReLU makes negative numbers 0": _forward("abs"),
            "that keeps the negative numbers; ReLU keeps the positive ones": _forward("min"),
            "the last activation is a sigmoid; softmax makes the outputs sum to 1": (
                _forward("output")
            ),
            "not divided by the sum of the exponentials": _forward("sum"),
        },
    ),
    Exercise(
        "output_error",
        ("dz2",),
        _outputs,
        answers.output_error,
        {
            "the sign is wrong: it is a2 - target": lambda a, k: np.eye(len(a))[k] - a,
            "only the label's entry is left; the others have a gradient too": (
                lambda a, k: (a - 1) * np.eye(len(a))[k]
            ),
            "1 is subtracted everywhere; subtract it at the label only": lambda a, k: a - 1,
            "nothing is subtracted at the label": lambda a, k: a,
            "the label is one place too far left; classes count from 0": (
                lambda a, k: a - np.eye(len(a))[k - 1]
            ),
            "the label itself is subtracted; subtract 1 at its place": lambda a, k: a - k,
            "a2 (1 - a2) should not be there: with the cross-entropy it cancels": (
                lambda a, k: (a - np.eye(len(a))[k]) * a * (1 - a)
            ),
            "that is the gradient with respect to a2; the one with respect to z2 is a2 - target": (
                lambda a, k: -np.eye(len(a))[k] / a
            ),
        },
    ),
    Exercise(
        "hidden_error",
        ("dz1",),
        _hidden,
        answers.hidden_error,
        {
            "the derivative of the ReLU is missing: 0 where z1 is not positive": (
                lambda dz, W, z: W @ dz
            ),
            "multiplied by max(z1, 0); the derivative of the ReLU is 1 or 0": (
                lambda dz, W, z: (W @ dz) * np.maximum(z, 0)
            ),
            "multiplied by z1; the derivative of the ReLU is 1 or 0": (
                lambda dz, W, z: (W @ dz) * z
            ),
            "the units that are on and off are swapped": lambda dz, W, z: (W @ dz) * (z <= 0),
            "the ReLU is applied to the gradient; it is z1 that decides": (
                lambda dz, W, z: np.maximum(W @ dz, 0)
            ),
            "the sign is wrong": lambda dz, W, z: -(W @ dz) * (z > 0),
            "W2 is not used: the gradient is the same for all units": (
                lambda dz, W, z: dz.sum() * (z > 0)
            ),
            "the units are not summed over k: there is a number for each weight": (
                lambda dz, W, z: W * dz * (z > 0)[:, None]
            ),
            "the derivative is that of the sigmoid; this network has ReLU": (
                lambda dz, W, z: (W @ dz) * library.sigmoid(z) * (1 - library.sigmoid(z))
            ),
        },
    ),
    Exercise(
        "weight_gradient",
        ("dW",),
        _layer,
        answers.weight_gradient,
        {
            "transposed: row j belongs to input j": lambda a, dz: np.outer(dz, a),
            "the input a is missing": lambda a, dz: np.outer(np.ones(len(a)), dz),
            "the gradient dz is missing": lambda a, dz: np.outer(a, np.ones(len(dz))),
            "the sign is wrong": lambda a, dz: -np.outer(a, dz),
            "divided by the number of inputs; nothing is divided for one example": (
                lambda a, dz: np.outer(a, dz) / len(a)
            ),
            "divided by the number of outputs; nothing is divided for one example": (
                lambda a, dz: np.outer(a, dz) / len(dz)
            ),
            "a and dz are added; multiply them": lambda a, dz: a[:, None] + dz,
        },
    ),
)
