"""Lesson 3: softmax and cross-entropy."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.course.checks import library, samples
from byhand.course.exercise import Case, Exercise


def _scores(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"Z": rng.normal(0, 2, (n, K))}, {"examples": n, "classes": K})
        for n, K in ((7, 3), (2, 5))
    ] + [
        Case({"Z": np.array([[1000.0, 1001.0, 998.0], [-900.0, -902.0, -901.0]])}),
    ]


def _rows(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {"A": samples.probabilities(rng, n, K), "labels": samples.labels(rng, n, K)},
            {"examples": n, "classes": K},
        )
        for n, K in ((13, 4), (11, 3))
    ]


def _rows_with_zero(rng: np.random.Generator) -> list[Case]:
    certain = np.array([[1.0, 0.0, 0.0], [0.2, 0.3, 0.5]])
    return [*_rows(rng), Case({"A": certain, "labels": np.array([1, 2])}, {"examples": 2})]


def _plain(Z: FloatArray, axis: int | None = 1) -> FloatArray:
    E = np.exp(Z)
    return np.asarray(E / E.sum(axis=axis, keepdims=True))


def _picked(A: FloatArray, labels: Array) -> FloatArray:
    return np.maximum(A[np.arange(len(A)), labels], library.TINY)


def _targets(A: FloatArray, labels: Array) -> FloatArray:
    return np.asarray(np.eye(A.shape[1])[labels])


EXERCISES = (
    Exercise(
        "softmax",
        ("A",),
        _scores,
        library.softmax,
        {
            "large scores overflow to NaN: subtract the largest of each row before exp": _plain,
            "the sum runs over the examples (axis 0); sum over the classes, axis 1": (
                lambda Z: _plain(Z - Z.max(axis=1, keepdims=True), axis=0)
            ),
            "the sum runs over the examples (axis 0), and nothing is subtracted before exp": (
                lambda Z: _plain(Z, axis=0)
            ),
            "the sum runs over the examples (axis 0); so does the maximum": (
                lambda Z: _plain(Z - Z.max(axis=0, keepdims=True), axis=0)
            ),
            "the sum runs over the whole matrix; each row has its own": (
                lambda Z: _plain(Z - Z.max(axis=1, keepdims=True), axis=None)
            ),
            "the sum runs over the whole matrix, and so does the maximum": (
                lambda Z: _plain(Z - Z.max(), axis=None)
            ),
            "the largest number of the whole matrix is subtracted: rows of small scores become "
            "0 / 0; take the largest of each row": lambda Z: _plain(Z - Z.max()),
            "the rows are not divided by their sum": (
                lambda Z: np.exp(Z - Z.max(axis=1, keepdims=True))
            ),
            "that is a sigmoid of each score; the scores of a row belong together": (
                lambda Z: library.sigmoid(Z)
            ),
            "the scores are divided by their sum without exp": (
                lambda Z: Z / Z.sum(axis=1, keepdims=True)
            ),
            "that is log softmax; take exp of it": lambda Z: np.log(library.softmax(Z)),
            "the sign of the scores is wrong": lambda Z: library.softmax(-Z),
        },
    ),
    Exercise(
        "cross_entropy",
        ("L",),
        _rows_with_zero,
        library.cross_entropy,
        {
            "a probability of 0 gives infinity: raise it to 1e-12 before the logarithm": (
                lambda A, labels: -np.log(A[np.arange(len(A)), labels]).mean()
            ),
            "`A[labels]` takes rows; the labels are columns: `A[np.arange(n), labels]`": (
                lambda A, labels: -np.log(np.maximum(A[labels % len(A)], library.TINY)).mean()
            ),
            "0 times infinity gives NaN: raise the probabilities to 1e-12 before the logarithm": (
                lambda A, labels: -(_targets(A, labels) * np.log(A)).sum(axis=1).mean()
            ),
            "that is the sum over the examples; take the mean": (
                lambda A, labels: -np.log(_picked(A, labels)).sum()
            ),
            "the sign is wrong: log of a number below 1 is negative": (
                lambda A, labels: np.log(_picked(A, labels)).mean()
            ),
            "the mean runs over the classes as well, so it is too small by their number": (
                lambda A, labels: -np.log(_picked(A, labels)).mean() / A.shape[1]
            ),
            "that is the logarithm of the mean; take the mean of the logarithms": (
                lambda A, labels: -np.log(_picked(A, labels).mean())
            ),
            "the logarithm is missing": lambda A, labels: -A[np.arange(len(A)), labels].mean(),
            "the loss of each example is still there; take the mean": (
                lambda A, labels: -np.log(_picked(A, labels))
            ),
            "the label's column is one too far left; classes count from 0": (
                lambda A, labels: library.cross_entropy(A, labels - 1)
            ),
            "the largest probability of each row is taken; take the one of the label": (
                lambda A, labels: -np.log(A.max(axis=1)).mean()
            ),
            "the mean runs over the logarithms of all classes; only that of the label counts": (
                lambda A, labels: -np.log(np.maximum(A, 1e-12)).mean()
            ),
            "the logarithms of all classes are summed; only that of the label counts": (
                lambda A, labels: -np.log(np.maximum(A, 1e-12)).sum(axis=1).mean()
            ),
        },
    ),
    Exercise(
        "softmax_gradient",
        ("dZ",),
        _rows,
        library.softmax_gradient,
        {
            "the mean over the batch is missing: divide by the number of examples": (
                lambda A, labels: A - _targets(A, labels)
            ),
            "the sign is wrong: it is A - T": (
                lambda A, labels: (_targets(A, labels) - A) / len(A)
            ),
            "divided by the number of classes; divide by the number of examples": (
                lambda A, labels: (A - _targets(A, labels)) / A.shape[1]
            ),
            "A (1 - A) should not be there: with the cross-entropy it cancels": (
                lambda A, labels: (A - _targets(A, labels)) * A * (1 - A) / len(A)
            ),
            "the targets are one column too far left; classes count from 0": (
                lambda A, labels: (A - _targets(A, labels - 1)) / len(A)
            ),
            "the targets are missing: subtract T": lambda A, labels: A / len(A),
            "only the column of the label is left; the others have a gradient too": (
                lambda A, labels: (A - 1) * _targets(A, labels) / len(A)
            ),
            "that is the gradient with respect to A, -T / A; with respect to Z it is A - T": (
                lambda A, labels: -_targets(A, labels) / A / len(A)
            ),
            "the division reaches only T: write (A - T) / n with brackets": (
                lambda A, labels: A - _targets(A, labels) / len(A)
            ),
            "divided by the number of all entries; divide by the number of examples": (
                lambda A, labels: (A - _targets(A, labels)) / A.size
            ),
        },
    ),
)
