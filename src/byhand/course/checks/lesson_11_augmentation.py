"""Lesson 11: augmentation and ensembles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.course.answers import lesson_11_augmentation as answers
from byhand.course.exercise import Case, Exercise


def _images(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"image": rng.uniform(0.1, 1, (5, 7)), "down": down, "right": right})
        for down, right in ((1, 2), (-2, 1), (0, -3), (0, 0), (2, 0))
    ]


def _edge_repeated(image: FloatArray, down: int, right: int) -> FloatArray:
    edges = np.pad(image, 4, mode="edge")
    return edges[4 - down : 9 - down, 4 - right : 11 - right]


def _first_blank(moved: FloatArray) -> FloatArray:
    moved[0], moved[:, 0] = 0, 0
    return moved


def _votes(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "predictions": np.array(
                    [[0, 1, 2, 3, 2, 1], [0, 2, 2, 1, 3, 1], [1, 3, 2, 0, 0, 1], [3, 3, 1, 0, 3, 0]]
                ),
                "K": 4,
            }
        ),
        Case({"predictions": rng.integers(0, 5, (3, 8)), "K": 5}),
        Case({"predictions": rng.integers(0, 3, (7, 5)), "K": 3}),
    ]


def _networks(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {"P": rng.dirichlet(np.ones(K) * 0.3, (M, n))},
            {"networks": M, "examples": n, "classes": K},
        )
        for M, n, K in ((3, 13, 4), (5, 11, 3))
    ]


def _counts(predictions: Array, K: int) -> Array:
    return np.asarray(np.eye(K)[predictions].sum(axis=0))


def _ensemble(mean: Callable[[FloatArray], FloatArray]) -> Callable[[FloatArray], Any]:
    return lambda P: (mean(P), mean(P).argmax(axis=-1))


EXERCISES = (
    Exercise(
        "shift",
        ("moved",),
        _images,
        answers.shift,
        {
            "what leaves on one side reappears on the other (np.roll); fill with 0": (
                lambda image, down, right: np.roll(image, (down, right), axis=(0, 1))
            ),
            "down and right are swapped: rows move down": (
                lambda image, down, right: answers.shift(image, right, down)
            ),
            "the image moves the other way": (
                lambda image, down, right: answers.shift(image, -down, -right)
            ),
            "up and down are swapped": (
                lambda image, down, right: answers.shift(image, -down, right)
            ),
            "left and right are swapped": (
                lambda image, down, right: answers.shift(image, down, -right)
            ),
            "only the rows move": lambda image, down, right: answers.shift(image, down, 0),
            "only the columns move": lambda image, down, right: answers.shift(image, 0, right),
            "the edge is repeated; fill with 0": _edge_repeated,
            "the old image is still there": (
                lambda image, down, right: image + answers.shift(image, down, right)
            ),
            "the first row and column are always 0": (
                lambda image, down, right: _first_blank(answers.shift(image, down, right))
            ),
        },
    ),
    Exercise(
        "vote",
        ("classes",),
        _votes,
        answers.vote,
        {
            "the higher class wins a draw; the lower one should": (
                lambda p, K: K - 1 - _counts(p, K)[:, ::-1].argmax(axis=1)
            ),
            "that is the mean of the class numbers; classes are names, count the votes": (
                lambda p, K: np.round(p.mean(axis=0))
            ),
            "that is the median of the class numbers; count the votes": (
                lambda p, K: np.floor(np.median(p, axis=0))
            ),
            "that is the class of the first network": lambda p, K: p[0],
            "that is the class of the last network": lambda p, K: p[-1],
            "that is the highest class that any network gives": lambda p, K: p.max(axis=0),
            "that is the number of votes; return the class": (
                lambda p, K: _counts(p, K).max(axis=1)
            ),
            "the class with the fewest votes wins": lambda p, K: _counts(p, K).argmin(axis=1),
            "the votes are counted over the examples; count over the networks": (
                lambda p, K: np.eye(K)[p].sum(axis=1).argmax(axis=1)
            ),
            "the votes of every class are still there; choose the class with the most": _counts,
        },
    ),
    Exercise(
        "ensemble",
        ("mean", "classes"),
        _networks,
        answers.ensemble,
        {
            "that is the sum; divide by the number of networks": _ensemble(lambda P: P.sum(axis=0)),
            "that is the geometric mean (a mean of logarithms)": _ensemble(
                lambda P: np.exp(np.log(P).mean(axis=0))
            ),
            "that is the first network alone": _ensemble(lambda P: P[0]),
            "that is the largest probability of any network": _ensemble(lambda P: P.max(axis=0)),
            "that is the median of the networks": _ensemble(lambda P: np.median(P, axis=0)),
            "the mean runs over the examples; it should run over the networks": _ensemble(
                lambda P: P.mean(axis=1)
            ),
            "the mean runs over the classes; it should run over the networks": _ensemble(
                lambda P: P.mean(axis=2)
            ),
            "divided by M - 1; a mean divides by M": _ensemble(
                lambda P: P.sum(axis=0) / (len(P) - 1)
            ),
            "argmax runs over the examples; choose a class for each example, axis 1": (
                lambda P: (P.mean(axis=0), P.mean(axis=0).argmax(axis=0))
            ),
            "the networks vote; take the class with the largest mean": (
                lambda P: (P.mean(axis=0), answers.vote(P.argmax(axis=2), P.shape[2]))
            ),
            "the likeliest class of the first network; take that of the mean": (
                lambda P: (P.mean(axis=0), P[0].argmax(axis=1))
            ),
        },
    ),
)
