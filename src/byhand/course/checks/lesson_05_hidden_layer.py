"""Lesson 5: a hidden layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.course.answers import lesson_05_hidden_layer as answers
from byhand.course.checks import library, samples
from byhand.course.exercise import Case, Exercise
from byhand.network.activations import ACTIVATIONS

SIZES = ((11, 3, 5, 4), (7, 5, 2, 3))
"""Examples, inputs, hidden units and classes of the cases."""


def _inputs(rng: np.random.Generator) -> list[Case]:
    return [Case({"Z": rng.normal(0, 2, (n, h))}, {"examples": n}) for n, _, h, _ in SIZES]


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = [
        Case(
            {"X": rng.standard_normal((n, d)), **samples.parameters(rng, d, h, K)},
            {"examples": n, "classes": K},
        )
        for n, d, h, K in SIZES
    ]
    large = {name: value * 100 for name, value in samples.parameters(rng, 3, 5, 4).items()}
    return [*cases, Case({"X": rng.standard_normal((2, 3)), **large})]


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, d, h, K in SIZES:
        X, p = rng.standard_normal((n, d)), samples.parameters(rng, d, h, K)
        Z1, A1, _, A2 = library.forward(X, **p)
        arguments = {"X": X, "labels": samples.labels(rng, n, K), "Z1": Z1, "A1": A1, "A2": A2}
        cases.append(Case({**arguments, "W2": p["W2"]}, {"examples": n, "classes": K}))
    return cases


def _training_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "X": rng.standard_normal((n, d)),
                "labels": samples.labels(rng, n, K),
                **samples.parameters(rng, d, h, K),
                "learning_rate": 0.3,
                "steps": steps,
            },
            {"examples": n, "classes": K},
        )
        for (n, d, h, K), steps in zip(SIZES, (1, 3), strict=True)
    ]


def _slopes(
    relu: Callable[[FloatArray], FloatArray] = lambda Z: (Z > 0) * 1.0,
    leaky: Callable[[FloatArray], FloatArray] = lambda Z: np.where(Z > 0, 1, 0.01),
    sigmoid: Callable[[FloatArray], FloatArray] = lambda Z: (
        library.sigmoid(Z) * (1 - library.sigmoid(Z))
    ),
    tanh: Callable[[FloatArray], FloatArray] = lambda Z: 1 - np.tanh(Z) ** 2,
) -> Callable[[FloatArray], tuple[FloatArray, ...]]:
    """Return a function of Z that computes the four slopes, some of them wrong."""
    return lambda Z: (relu(Z), leaky(Z), sigmoid(Z), tanh(Z))


def _library_slopes(Z: FloatArray) -> tuple[FloatArray, ...]:
    ones = np.ones_like(Z)
    names = ("relu", "leaky_relu", "sigmoid", "tanh")
    return tuple(ACTIVATIONS[name].backward(ones, Z, ACTIVATIONS[name](Z)) for name in names)


def _forward(mistake: str) -> Callable[..., Any]:
    """Return the forward pass with a mistake."""

    def forward(
        X: FloatArray, W1: FloatArray, b1: FloatArray, W2: FloatArray, b2: FloatArray
    ) -> tuple[FloatArray, ...]:
        Z1 = X @ W1 + (0 if mistake == "b1" else b1)
        A1 = Z1 if mistake == "relu" else np.maximum(Z1, 0)
        A1 = library.sigmoid(Z1) if mistake == "sigmoid" else A1
        A1 = np.where(Z1 > 0, Z1, 0.01 * Z1) if mistake == "leaky" else A1
        Z2 = (Z1 if mistake == "z1" else A1) @ W2 + (0 if mistake == "b2" else b2)
        if mistake == "overflow":
            return Z1, A1, Z2, np.exp(Z2) / np.exp(Z2).sum(axis=1, keepdims=True)
        E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
        if mistake == "axis":
            return Z1, A1, Z2, E / E.sum(axis=0)
        if mistake == "whole":
            return Z1, A1, Z2, E / E.sum()
        A2 = Z2 if mistake == "softmax" else E / E.sum(axis=1, keepdims=True)
        return Z1, A1, Z2, A2

    return forward


def _backward(mistake: str) -> Callable[..., Any]:
    """Return the gradients with a mistake."""

    def backward(
        X: FloatArray,
        labels: Array,
        Z1: FloatArray,
        A1: FloatArray,
        A2: FloatArray,
        W2: FloatArray,
    ) -> tuple[FloatArray, ...]:
        n, T = len(X), np.eye(A2.shape[1])[labels - (mistake == "labels")]
        dZ2 = (T - A2 if mistake == "sign" else A2 - T) / (1 if mistake == "sum" else n)
        dZ2 = dZ2 * A2 * (1 - A2) if mistake == "softmax" else dZ2
        slope: FloatArray = (Z1 > 0) * 1.0
        slope = {
            "no slope": np.ones_like(Z1),
            "relu": np.maximum(Z1, 0),
            "sigmoid": A1 * (1 - A1),
            "z": Z1,
        }.get(mistake, slope)
        dA1 = dZ2 @ W2.T
        dZ1 = np.maximum(dA1, 0) if mistake == "relu of gradient" else dA1 * slope
        dZ1 = dZ1 / n if mistake == "twice" else dZ1
        if mistake == "total bias":  # fun-MNIST's np.sum(dZ)
            return (
                X.T @ dZ1,
                np.full(Z1.shape[1], dZ1.sum()),
                A1.T @ dZ2,
                np.full(A2.shape[1], dZ2.sum()),
            )
        if mistake == "total":
            return X.T @ dZ1, dZ1.sum(), A1.T @ dZ2, dZ2.sum()
        if mistake == "mean bias":
            return X.T @ dZ1, dZ1.mean(axis=0), A1.T @ dZ2, dZ2.mean(axis=0)
        if mistake == "weights only":
            dZ = dZ2 * n
            return X.T @ dZ1, dZ1.sum(axis=0) * n, A1.T @ dZ2, dZ.sum(axis=0)
        before = Z1 if mistake == "before relu" else A1
        return X.T @ dZ1, dZ1.sum(axis=0), before.T @ dZ2, dZ2.sum(axis=0)

    return backward


def _train(mistake: str) -> Callable[..., Any]:
    """Return the training with a mistake."""

    def train(
        X: FloatArray,
        labels: Array,
        W1: FloatArray,
        b1: FloatArray,
        W2: FloatArray,
        b2: FloatArray,
        rate: float,
        steps: int,
    ) -> tuple[FloatArray, ...]:
        rate = {"uphill": -rate, "no rate": 1.0, "sum": rate * len(X)}.get(mistake, rate)
        steps = {"more": steps + 1, "fewer": steps - 1, "return": 1}.get(mistake, steps)
        old = library.gradients(X, labels, W1, b1, W2, b2)
        for _ in range(steps):
            dW1, db1, dW2, db2 = library.gradients(X, labels, W1, b1, W2, b2)
            if mistake == "stale":
                dW1, db1, dW2, db2 = old
            if mistake == "early":
                Z1, A1, _, A2 = library.forward(X, W1, b1, W2, b2)
                dW1, db1, *_ = answers.backward(X, labels, Z1, A1, A2, W2 - rate * dW2)
            W1, b1 = W1 - rate * dW1, b1 - (0 if mistake == "biases" else rate) * db1
            W2, b2 = W2 - rate * dW2, b2 - (0 if mistake == "biases" else rate) * db2
            if mistake == "first only":
                W2, b2 = W2 + rate * dW2, b2 + rate * db2
        return W1, b1, W2, b2

    return train


def _library_train(
    X: FloatArray,
    labels: Array,
    W1: FloatArray,
    b1: FloatArray,
    W2: FloatArray,
    b2: FloatArray,
    rate: float,
    steps: int,
) -> tuple[FloatArray, ...]:
    return tuple(_train("")(X, labels, W1, b1, W2, b2, rate, steps))


EXERCISES = (
    Exercise(
        "slopes",
        ("relu", "leaky", "sigmoid", "tanh"),
        _inputs,
        _library_slopes,
        {
            "that is max(z, 0) itself; its slope is 1 or 0": _slopes(
                relu=lambda Z: np.maximum(Z, 0)
            ),
            "0 and 1 are swapped": _slopes(relu=lambda Z: (Z <= 0) * 1.0),
            "the slope for negative z is 0.01, also in the derivative": _slopes(
                leaky=lambda Z: (Z > 0) * 1.0
            ),
            "for negative z the slope is 0.01, not 0.01 z": _slopes(
                leaky=lambda Z: np.where(Z > 0, 1, 0.01 * Z)
            ),
            "for positive z the slope is 1, not z": _slopes(
                leaky=lambda Z: np.where(Z > 0, Z, 0.01)
            ),
            "z (1 - z) takes z for s(z): compute s = sigmoid(z) first": _slopes(
                sigmoid=lambda Z: Z * (1 - Z)
            ),
            "the derivative is taken at a instead of z: s (1 - s) with s = sigmoid(z)": _slopes(
                sigmoid=lambda Z: (lambda a: library.sigmoid(a) * (1 - library.sigmoid(a)))(
                    library.sigmoid(Z)
                )
            ),
            "that is the sigmoid itself; its derivative is s (1 - s)": _slopes(
                sigmoid=library.sigmoid
            ),
            "1 - z^2 takes z for tanh(z): compute a = tanh(z) first": _slopes(
                tanh=lambda Z: 1 - Z**2
            ),
            "the derivative is taken at a instead of z: it is 1 - a^2 with a = tanh(z)": _slopes(
                tanh=lambda Z: 1 - np.tanh(np.tanh(Z)) ** 2
            ),
            "the square is missing: 1 - tanh(z)^2": _slopes(tanh=lambda Z: 1 - np.tanh(Z)),
        },
    ),
    Exercise(
        "forward",
        ("Z1", "A1", "Z2", "A2"),
        _forward_cases,
        library.forward,
        {
            "large scores overflow to NaN: subtract the largest of each row before exp": _forward(
                "overflow"
            ),
            "the ReLU is missing": _forward("relu"),
            "the bias b1 is missing": _forward("b1"),
            "the bias b2 is missing": _forward("b2"),
            "the second layer gets Z1 instead of A1": _forward("z1"),
            "the softmax is missing": _forward("softmax"),
            "the softmax sums over the examples; sum over the classes, axis 1": _forward("axis"),
            "the softmax sums over the whole matrix; each row has its own sum": _forward("whole"),
            "that is a sigmoid in the hidden layer; this network has ReLU": _forward("sigmoid"),
            "that is a leaky ReLU; this network has ReLU": _forward("leaky"),
        },
    ),
    Exercise(
        "backward",
        ("dW1", "db1", "dW2", "db2"),
        _backward_cases,
        lambda X, labels, Z1, A1, A2, W2: _backward("")(X, labels, Z1, A1, A2, W2),
        {
            "the mean over the batch is missing: divide dZ2 by the number of examples": _backward(
                "sum"
            ),
            "the mean over the batch is taken twice: dZ1 inherits it from dZ2": _backward("twice"),
            "the sign is wrong: dZ2 = A2 - T": _backward("sign"),
            "the derivative of the ReLU is missing": _backward("no slope"),
            "multiplied by max(Z1, 0); the derivative of the ReLU is 1 or 0": _backward("relu"),
            "multiplied by Z1; the derivative of the ReLU is 1 or 0": _backward("z"),
            "A1 (1 - A1) is the derivative of a sigmoid; this network has ReLU": _backward(
                "sigmoid"
            ),
            "the ReLU is applied to the gradient; it is Z1 that decides": _backward(
                "relu of gradient"
            ),
            "A2 (1 - A2) should not be there: with the cross-entropy it cancels": _backward(
                "softmax"
            ),
            "the labels are shifted by one; classes count from 0": _backward("labels"),
            "summed over everything, so all units get the same value; sum over the rows, "
            "`axis=0`": (_backward("total bias")),
            "summed over everything to one number; sum over the rows, `axis=0`": _backward("total"),
            "that is the mean over the rows; dZ already contains the 1/n, so sum": _backward(
                "mean bias"
            ),
            "the mean over the batch is missing in the biases only": _backward("weights only"),
            "the input of the second layer is A1, not Z1": _backward("before relu"),
        },
    ),
    Exercise(
        "train",
        ("W1", "b1", "W2", "b2"),
        _training_cases,
        _library_train,
        {
            "the steps go uphill: subtract the gradient": _train("uphill"),
            "the learning rate is not used": _train("no rate"),
            "one step too many": _train("more"),
            "one step too few": _train("fewer"),
            "only one step is made; is `return` inside the loop?": _train("return"),
            "W2 is updated before its old value carried the gradient back: compute all gradients "
            "first": _train("early"),
            "the gradients are computed only once, before the loop": _train("stale"),
            "the biases never change": _train("biases"),
            "the second layer never changes": _train("first only"),
            "the steps are too long by the number of examples: the gradient is a mean": _train(
                "sum"
            ),
        },
    ),
)
