"""Lesson 6: mini-batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.course.answers import lesson_06_mini_batches as answers
from byhand.course.checks import library, samples
from byhand.course.exercise import Case, Exercise
from byhand.course.values import Rng


def _counts(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"n": n, "size": size, "drop_last": drop})
        for n, size in ((60_000, 64), (640, 64), (10, 3), (5, 8))
        for drop in (False, True)
    ]


def _sizes(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"n": n, "size": size, "rng": Rng(seed)})
        for n, size, seed in ((100, 32, 1), (100, 32, 2), (64, 8, 3))
    ]


def _judge(cases: Sequence[Case], results: Sequence[Any]) -> str | None:
    """Return what is wrong with the batches of each case."""
    for case, batches in zip(cases, results, strict=True):
        n, size = case.arguments["n"], case.arguments["size"]
        if not isinstance(batches, list):
            return "expected a list of arrays of row numbers"
        try:
            rows = [np.asarray(batch, dtype=float).ravel() for batch in batches]
        except (TypeError, ValueError):
            return "expected a list of arrays of row numbers"
        wrong = _wrong_rows(rows, n, size) or _wrong_order(rows, n)
        if wrong:
            return wrong
    first, second = (np.concatenate(results[place]).tolist() for place in (0, 1))
    if first == second:
        return "the order is the same with another random generator; use `rng`"
    return None


def _wrong_rows(rows: list[FloatArray], n: int, size: int) -> str | None:
    """Return what is wrong with the rows that the batches contain."""
    everything = np.concatenate(rows) if rows else np.array([])
    full = n // size * size
    counts = np.bincount(everything.astype(int) % (n + 1), minlength=n + 1)
    if everything.size and (everything.min() < 0 or everything.max() >= n):
        return f"row numbers run from 0 to n - 1 = {n - 1}; got {everything.max():g}"
    if len(everything) == full < n and counts.max() == 1:
        return f"the last {n - full} rows are missing; the last batch may be short"
    if counts.max() > 1 and len(everything) == n:
        return "some rows are drawn twice and others not at all: draw without replacement"
    if counts.max() > 1:
        return "some rows are in two batches; start the next batch where the last one ended"
    if len(everything) < n:
        return f"only {len(everything)} of {n} rows are in a batch"
    lengths = [len(batch) for batch in rows]
    if any(length != size for length in lengths[:-1]) or lengths[-1] > size:
        return f"all batches but the last have {size} rows; got {lengths}"
    return None


def _wrong_order(rows: list[FloatArray], n: int) -> str | None:
    everything = np.concatenate(rows)
    if np.array_equal(everything, np.arange(n)):
        return "the rows are not shuffled"
    if all(np.array_equal(batch, np.arange(batch[0], batch[0] + len(batch))) for batch in rows):
        return "whole batches are shuffled, with the same rows together each time; shuffle the rows"
    if any(len(set(range(n)) - set(everything.tolist())) for _ in rows[:1]):
        return "some rows are missing"
    if all(
        np.array_equal(np.sort(b) // len(rows[0]), np.full(len(b), i)) for i, b in _blocks(rows)
    ):
        return "rows are shuffled within each batch only; shuffle all rows first"
    return None


def _blocks(rows: list[FloatArray]) -> list[tuple[int, FloatArray]]:
    return list(enumerate(rows))


def _epochs(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, d, K, size in ((11, 3, 4, 4), (13, 2, 3, 5)):
        order = rng.permutation(n)
        arguments = {
            "X": rng.standard_normal((n, d)),
            "labels": samples.labels(rng, n, K),
            "W": rng.standard_normal((d, K)),
            "b": rng.standard_normal(K),
            "learning_rate": 0.5,
            "batches": [order[i : i + size] for i in range(0, n, size)],
        }
        cases.append(Case(arguments, {"examples": n}))
    return cases


def _epoch(mistake: str) -> Callable[..., Any]:
    """Return an epoch with a mistake."""

    def epoch(
        X: FloatArray,
        labels: Array,
        W: FloatArray,
        b: FloatArray,
        rate: float,
        batches: list[Array],
    ) -> tuple[FloatArray, FloatArray]:
        first_W, first_b = W, b
        batches = {
            "no last": batches[:-1],
            "one batch": batches[:1],
            "whole": [np.arange(len(X))] * len(batches),
            "full batch": [np.arange(len(X))],
            "in order": [np.sort(batch) for batch in np.split(np.arange(len(X)), _ends(batches))],
        }.get(mistake, batches)
        for rows in batches:
            start_W, start_b = (first_W, first_b) if mistake == "stale" else (W, b)
            A = library.softmax(X[rows] @ start_W + start_b)
            dZ = library.softmax_gradient(A, labels[rows])
            dZ = dZ * len(rows) / len(X) if mistake == "whole n" else dZ
            dZ = dZ * len(rows) if mistake == "sum" else dZ
            dZ = dZ * len(rows) / len(batches[0]) if mistake == "first size" else dZ
            dZ = -dZ if mistake == "uphill" else dZ
            W = W - rate * X[rows].T @ dZ
            b = b - (0 if mistake == "bias" else rate) * dZ.sum(axis=0)
        return W, b

    return epoch


def _ends(batches: list[Array]) -> list[int]:
    return [int(end) for end in np.cumsum([len(batch) for batch in batches])[:-1]]


def _losses(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {"losses": rng.uniform(0.5, 3, len(sizes)), "sizes": np.array(sizes)},
            {"examples": sum(sizes)},
        )
        for sizes in ((64, 64, 64, 8), (32, 5))
    ]


def _right_epoch(*arguments: Any) -> Any:
    return _epoch("")(*arguments)


EXERCISES = (
    Exercise(
        "steps_per_epoch",
        ("steps",),
        _counts,
        lambda n, size, drop: n // size if drop else math.ceil(n / size),
        {
            "the short batch at the end is always left out; it counts unless drop_last": (
                lambda n, size, drop: n // size
            ),
            "the short batch at the end always counts; leave it out with drop_last": (
                lambda n, size, drop: math.ceil(n / size)
            ),
            "drop_last has the opposite meaning": (
                lambda n, size, drop: math.ceil(n / size) if drop else n // size
            ),
            "one batch too many where n is a multiple of the size": (
                lambda n, size, drop: n // size if drop else n // size + 1
            ),
            "that is not an integer; the number of batches is": lambda n, size, drop: n / size,
            "rounded to the nearest integer; a short batch counts, however short": (
                lambda n, size, drop: n // size if drop else round(n / size)
            ),
            "that is the number of rows left over": lambda n, size, drop: n % size,
        },
    ),
    Exercise("batches", ("batches",), _sizes, answers.batches, judge=_judge),
    Exercise(
        "epoch",
        ("W", "b"),
        _epochs,
        _right_epoch,
        {
            "all gradients are taken at the first weights: use the new W and b in the next batch": (
                _epoch("stale")
            ),
            "the last batch is left out": _epoch("no last"),
            "only the first batch is used; is `return` inside the loop?": _epoch("one batch"),
            "every step uses all rows; take `X[rows]`": _epoch("whole"),
            "that is one step on all rows; make a step for each batch": _epoch("full batch"),
            "divided by the number of all examples; divide by the rows of the batch": (
                _epoch("whole n")
            ),
            "the mean over the batch is missing: divide by its number of rows": _epoch("sum"),
            "divided by the size of the first batch; the last is shorter": _epoch("first size"),
            "the steps go uphill: subtract the gradient": _epoch("uphill"),
            "b never changes": _epoch("bias"),
            "the rows are taken in order; take those that `batches` lists": _epoch("in order"),
        },
    ),
    Exercise(
        "epoch_loss",
        ("loss",),
        _losses,
        answers.epoch_loss,
        {
            "that is the mean of the means: a short batch counts as much as a long one; weight "
            "each loss with its size": lambda losses, sizes: losses.mean(),
            "that is the sum over all examples; divide by their number": (
                lambda losses, sizes: np.sum(losses * sizes)
            ),
            "that is the loss of the last batch": lambda losses, sizes: losses[-1],
            "divided by the number of batches; divide by the number of examples": (
                lambda losses, sizes: np.sum(losses * sizes) / len(losses)
            ),
            "the losses are divided by the sizes; multiply by them": (
                lambda losses, sizes: np.sum(losses / sizes)
            ),
            "that is the sum of the means; weight each with its size": (
                lambda losses, sizes: losses.sum()
            ),
            "all batches are weighted with the size of the first": (
                lambda losses, sizes: losses.sum() * sizes[0] / sizes.sum()
            ),
        },
    ),
)
