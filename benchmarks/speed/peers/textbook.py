"""Full-batch gradient descent as textbooks write it in NumPy: columns are examples, float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.speed.cases import Training
from benchmarks.speed.digits import Digits, starting_weights
from benchmarks.speed.job import Job, fastest_blas_threads

SLOPE = 0.01


def training(work: Training, digits: Digits, option: str) -> Job:  # noqa: ARG001 - same signature
    """Return a job of iterations over all images at once."""
    X = digits.images[: work.images].reshape(work.images, -1).T / 255  # (784, N)
    Y = np.eye(work.widths[-1])[digits.labels[: work.images]].T
    start = [
        (W.T.astype(float), b.astype(float)[:, None]) for W, b in starting_weights(work.widths)
    ]
    state: dict[str, Any] = {}

    def reset() -> None:
        state["layers"] = [(W.copy(), b.copy()) for W, b in start]

    def descend(count: int) -> None:
        for _ in range(count):
            state["layers"] = step(X, Y, state["layers"], work.learning_rate)

    reset()
    threads = fastest_blas_threads(lambda: descend(1), 2)
    test = digits.test_images.reshape(len(digits.test_images), -1).T / 255
    return Job(
        run=lambda: descend(work.epochs),
        reset=reset,
        predict=lambda: forward(test, state["layers"])[-1].argmax(axis=0),
        facts={"threads": threads},
    )


def forward(X: np.ndarray, layers: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
    """Return [X, Z1, A1, ..., ZL, AL]."""
    arrays = [X]
    for number, (W, b) in enumerate(layers, 1):
        Z = W @ arrays[-1] + b
        last = number == len(layers)
        arrays += [Z, softmax(Z) if last else np.where(Z > 0, Z, SLOPE * Z)]
    return arrays


def softmax(Z: np.ndarray) -> np.ndarray:
    """Return the softmax of each column."""
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)


def step(
    X: np.ndarray, Y: np.ndarray, layers: list[tuple[np.ndarray, np.ndarray]], learning_rate: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Take one step of gradient descent; return the new layers."""
    arrays, m = forward(X, layers), X.shape[1]
    dZ = arrays[-1] - Y
    changed = []
    for index in range(len(layers) - 1, -1, -1):
        W, b = layers[index]
        dW, db = dZ @ arrays[2 * index].T / m, dZ.sum(axis=1, keepdims=True) / m
        if index:
            dZ = W.T @ dZ * np.where(arrays[2 * index - 1] > 0, 1, SLOPE)
        changed.append((W - learning_rate * dW, b - learning_rate * db))
    return changed[::-1]
