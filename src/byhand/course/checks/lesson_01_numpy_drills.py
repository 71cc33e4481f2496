"""Lesson 1: NumPy drills."""

from __future__ import annotations

import numpy as np

from byhand.course.answers import lesson_01_numpy_drills as answers
from byhand.course.checks import samples
from byhand.course.exercise import Case, Exercise
from byhand.one_hot import one_hot


def _images(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"images": rng.integers(0, 256, shape, dtype=np.uint8)}, {"examples": shape[0]})
        for shape in ((7, 3, 5), (2, 4, 3))
    ]


def _tables(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"X": rng.normal(3, 2, (n, d))}, {"examples": n, "features": d})
        for n, d in ((11, 3), (5, 4))
    ]


def _labels(rng: np.random.Generator) -> list[Case]:
    # The last class is missing from the first case: K cannot be guessed from the labels.
    return [
        Case({"labels": np.array([2, 0, 1, 2, 0]), "K": 5}, {"examples": 5}),
        Case({"labels": samples.labels(rng, 7, 4), "K": 4}, {"examples": 7}),
    ]


def _probabilities(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {"P": samples.probabilities(rng, n, K), "labels": samples.labels(rng, n, K)},
            {"examples": n, "classes": K},
        )
        for n, K in ((13, 4), (11, 3))
    ]


EXERCISES = (
    Exercise(
        "scale_pixels",
        ("X",),
        _images,
        answers.scale_pixels,
        {
            "the pixels are not divided by 255": lambda x: x.reshape(len(x), -1),
            "the images are not flattened: make each one a row, with "
            "`reshape(len(images), -1)`": lambda x: x / 255,
            "all images became one long row; keep one row for each": lambda x: x.ravel() / 255,
            "divided by 256; the largest pixel is 255": lambda x: x.reshape(len(x), -1) / 256,
            "`//` divides without a remainder, and nearly everything becomes 0; use `/`": (
                lambda x: x.reshape(len(x), -1) // 255
            ),
            "the pixels are taken column after column; take them row after row": (
                lambda x: x.transpose(0, 2, 1).reshape(len(x), -1) / 255
            ),
            "divided by the largest pixel that occurs; divide by 255": (
                lambda x: x.reshape(len(x), -1) / x.max()
            ),
            "examples are in columns; put one in each row": lambda x: x.reshape(len(x), -1).T / 255,
        },
    ),
    Exercise(
        "column_means",
        ("mean",),
        _tables,
        answers.column_means,
        {
            "that is the mean of each row; take `axis=0`": lambda X: X.mean(axis=1),
            "that is the mean of all numbers; take `axis=0`": lambda X: X.mean(),
            "that is the sum; divide by the number of rows": lambda X: X.sum(axis=0),
            "divided by n - 1; a mean divides by n": lambda X: X.sum(axis=0) / (len(X) - 1),
            "divided by the number of columns; divide by the number of rows": (
                lambda X: X.sum(axis=0) / X.shape[1]
            ),
            "that is the median": lambda X: np.median(X, axis=0),
            "the result has one axis too many; leave out keepdims": (
                lambda X: X.mean(axis=0, keepdims=True)
            ),
        },
    ),
    Exercise(
        "standardise",
        ("S",),
        _tables,
        answers.standardise,
        {
            "the mean is not subtracted": lambda X: X / X.std(axis=0),
            "not divided by the deviation": lambda X: X - X.mean(axis=0),
            "divided by the variance; take its square root": (
                lambda X: (X - X.mean(axis=0)) / X.var(axis=0)
            ),
            "mean and deviation are those of all numbers together; each column has its own, with "
            "`axis=0`": lambda X: (X - X.mean()) / X.std(),
            "mean and deviation are those of the rows; each column has its own, with `axis=0`": (
                lambda X: (X - X.mean(axis=1)[:, None]) / X.std(axis=1)[:, None]
            ),
            "the deviation divides by n - 1 (ddof=1); divide by n": (
                lambda X: (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)
            ),
            "`/` is computed before `-`: write (X - mean) / deviation, with the "
            "brackets": lambda X: X - X.mean(axis=0) / X.std(axis=0),
            "mean and deviation are those of all numbers together, and the brackets around "
            "(X - mean) are missing": lambda X: X - X.mean() / X.std(),
            "that scales each column to 0 ... 1; use mean and deviation": (
                lambda X: (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
            ),
        },
    ),
    Exercise(
        "one_hot",
        ("T",),
        _labels,
        one_hot,
        {
            "the 1 is one column too far left; classes count from 0": (
                lambda labels, K: np.eye(K)[labels - 1]
            ),
            "the 1 is one column too far right; classes count from 0": (
                lambda labels, K: np.eye(K)[(labels + 1) % K]
            ),
            "examples are in columns; put one in each row": lambda labels, K: np.eye(K)[labels].T,
            "the number of columns comes from the labels; it is K, also if a class is missing": (
                lambda labels, K: np.eye(labels.max() + 1)[labels]
            ),
            "0 and 1 are swapped": lambda labels, K: 1 - np.eye(K)[labels],
            "the class number is in its column; put a 1 there": (
                lambda labels, K: np.eye(K)[labels] * labels[:, None]
            ),
            "whole rows are 1: `T[label]` is a row of T; each row needs its own column": (
                lambda labels, K: (np.isin(np.arange(len(labels)), labels) * np.ones((K, 1))).T
            ),
            "whole columns are 1: each row needs its own, as in `T[np.arange(n), labels] = 1`": (
                lambda labels, K: np.isin(np.arange(K), labels) * np.ones((len(labels), 1))
            ),
        },
    ),
    Exercise(
        "pick",
        ("p",),
        _probabilities,
        answers.pick,
        {
            "`P[:, labels]` takes all these columns of every row; pair them, as in "
            "`P[np.arange(n), labels]`": lambda P, labels: P[:, labels],
            "`P[labels]` takes rows; the labels are columns": lambda P, labels: P[labels],
            "that is the largest number of each row; take the one of the label": (
                lambda P, labels: P.max(axis=1)
            ),
            "one column too far left; classes count from 0": (
                lambda P, labels: P[np.arange(len(P)), labels - 1]
            ),
            "always row 0; take row i for example i": lambda P, labels: P[0, labels],
            "that is the class with the largest number; take the number in the label's column": (
                lambda P, labels: P.argmax(axis=1)
            ),
            "all other columns are still there as zeros; return only one number for each row": (
                lambda P, labels: P * np.eye(P.shape[1])[labels]
            ),
        },
    ),
    Exercise(
        "accuracy",
        ("fraction",),
        _probabilities,
        answers.accuracy,
        {
            "that is the number of correct rows; divide by n": (
                lambda P, labels: np.sum(P.argmax(axis=1) == labels)
            ),
            "that is the fraction of wrong rows": (
                lambda P, labels: np.mean(P.argmax(axis=1) != labels)
            ),
            "that is in per cent; return a fraction": (
                lambda P, labels: 100 * np.mean(P.argmax(axis=1) == labels)
            ),
            "the largest number itself is compared with the label; take its column, with argmax": (
                lambda P, labels: np.mean(P.max(axis=1) == labels)
            ),
            "the smallest number is chosen; choose the largest, with argmax": (
                lambda P, labels: np.mean(P.argmin(axis=1) == labels)
            ),
            "that is the mean probability of the labels; count how often it is the largest": (
                lambda P, labels: P[np.arange(len(P)), labels].mean()
            ),
            "divided by the number of classes; divide by the number of rows": (
                lambda P, labels: np.sum(P.argmax(axis=1) == labels) / P.shape[1]
            ),
            "rows count as correct that give the label more than 1/2; the largest is enough": (
                lambda P, labels: np.mean(P[np.arange(len(P)), labels] > 0.5)
            ),
            "the classes count from 1; `argmax` counts from 0, and so do the labels": (
                lambda P, labels: np.mean(P.argmax(axis=1) + 1 == labels)
            ),
            "one answer for each row; take the mean of them": (
                lambda P, labels: (P.argmax(axis=1) == labels) * 1.0
            ),
        },
    ),
)
