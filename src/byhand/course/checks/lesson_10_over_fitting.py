"""Lesson 10: over-fitting and regularisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.course.answers import lesson_10_over_fitting as answers
from byhand.course.checks import library
from byhand.course.exercise import Case, Exercise
from byhand.course.values import Rng


def _losses(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"loss": loss, "W": rng.standard_normal((4, 3)), "l2": l2})
        for loss, l2 in ((0.7, 0.1), (2.1, 0.01))
    ]


def _gradients(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "dW": rng.standard_normal((n_in, n_out)),
                "W": rng.standard_normal((n_in, n_out)),
                "l2": 0.1,
            }
        )
        for n_in, n_out in ((4, 3), (2, 5))
    ]


def _outputs(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"A": rng.uniform(1, 2, (60, 50)), "rate": rate, "training": on, "rng": Rng(seed)})
        for rate, on, seed in ((0.2, True, 1), (0.6, True, 2), (0.2, False, 3), (0.2, True, 4))
    ]


def _judge_dropout(cases: Sequence[Case], results: Sequence[Any]) -> str | None:
    """Return what is wrong with the outputs after dropout."""
    kept = []
    for case, Y in zip(cases, results, strict=True):
        A, rate = case.arguments["A"], case.arguments["rate"]
        if not isinstance(Y, np.ndarray) or Y.shape != A.shape:
            return f"expected an array of the shape of A, {A.shape}"
        factors = Y / A
        if not case.arguments["training"]:
            if not np.allclose(factors, 1):
                return "outputs change although training is False; return A itself then"
            continue
        wrong = _wrong_dropout(factors, rate)
        if wrong:
            return wrong
        kept.append(factors > 0)
    if np.array_equal(kept[0], kept[2]):
        return "the same places are dropped with another random generator; use `rng`"
    return None


def _wrong_dropout(factors: FloatArray, rate: float) -> str | None:
    """Return what is wrong with the factors by which the outputs were multiplied."""
    on = factors > 1e-9
    dropped = 1 - float(on.mean())
    scales = np.unique(factors[on].round(6))
    if dropped == 0 and len(scales) == 1:
        return "nothing is dropped, although training is True"
    if len(scales) > 1 or np.abs(factors[~on]).any():
        return "the outputs are multiplied by random numbers; each is kept or becomes 0"
    rows, columns = np.ptp(on.mean(axis=1)), np.ptp(on.mean(axis=0))
    if rows == 0 and columns > 0.9:
        return (
            "every example loses the same units; draw for each example, with `rng.random(A.shape)`"
        )
    if columns == 0 and rows > 0.9:
        return "whole examples are dropped; draw for each unit, with `rng.random(A.shape)`"
    if abs(dropped - rate) > 0.04:
        if abs(dropped - (1 - rate)) < 0.04:
            return f"a fraction {rate:g} is kept; drop that fraction instead"
        return f"a fraction {dropped:.2f} is dropped; it should be {rate:g}"
    return _wrong_scale(float(scales[0]), rate)


def _wrong_scale(scale: float, rate: float) -> str | None:
    """Return what is wrong with the factor of the outputs that are kept."""
    if np.isclose(scale, 1 / (1 - rate), rtol=1e-4):
        return None
    if np.isclose(scale, 1):
        return "what is kept is not divided by (1 - rate), so the mean becomes smaller"
    if np.isclose(scale, 1 / rate, rtol=1e-4):
        return "divided by rate; divide by (1 - rate)"
    if np.isclose(scale, 1 - rate, rtol=1e-4):
        return "multiplied by (1 - rate); divide by it"
    return f"what is kept is multiplied by {scale:.3g}; it should be {1 / (1 - rate):.3g}"


def _histories(rng: np.random.Generator) -> list[Case]:
    histories = (
        ([0.9, 0.5, 0.6, 0.55, 0.7, 0.4, 0.8], 3),
        ([0.9, 0.8, 0.7], 2),
        ([0.9, 0.5, 0.6, 0.4, 0.45, 0.41, 0.42, 0.1], 2),
        ([0.5, 0.5, 0.5, 0.4], 2),
    )
    return [Case({"losses": np.array(losses), "patience": p}) for losses, p in histories]


def _stopping(
    is_better: Callable[[FloatArray, int, int], bool], resets: bool = True
) -> Callable[..., Any]:
    """Return early stopping with its own comparison of an epoch with the best one."""

    def stop(losses: FloatArray, patience: int) -> tuple[int, int]:
        best, waited = 0, 0
        for epoch in range(1, len(losses)):
            if is_better(losses, epoch, best):
                best, waited = epoch, 0 if resets else waited
            else:
                waited += 1
            if waited >= patience:
                return best, epoch
        return best, len(losses) - 1

    return stop


def _after_stopping(
    change: Callable[[int, int, bool], tuple[int, int]],
) -> Callable[[FloatArray, int], tuple[int, int]]:
    """Return correct early stopping whose results (best, last, whether it stopped) are changed."""

    def stop(losses: FloatArray, patience: int) -> tuple[int, int]:
        best, last = answers.early_stopping(losses, patience)
        return change(best, last, last - best >= patience)

    return stop


EXERCISES = (
    Exercise(
        "l2_loss",
        ("total",),
        _losses,
        library.l2_loss,
        {
            "the factor 1/2 is missing": lambda loss, W, l2: loss + l2 * np.sum(W**2),
            "the weights are not squared": lambda loss, W, l2: loss + l2 / 2 * np.sum(W),
            "absolute values are summed: that is L1": (
                lambda loss, W, l2: loss + l2 * np.sum(np.abs(W))
            ),
            "absolute values are summed; L2 takes squares": (
                lambda loss, W, l2: loss + l2 / 2 * np.sum(np.abs(W))
            ),
            "that is only the penalty; add the loss": lambda loss, W, l2: l2 / 2 * np.sum(W**2),
            "the penalty is subtracted; add it": lambda loss, W, l2: loss - l2 / 2 * np.sum(W**2),
            "the mean of the squares; take their sum": (
                lambda loss, W, l2: loss + l2 / 2 * np.mean(W**2)
            ),
            "a root is taken: the sum of the squares itself counts": (
                lambda loss, W, l2: loss + l2 / 2 * np.sqrt(np.sum(W**2))
            ),
            "l2 is not used": lambda loss, W, l2: loss + np.sum(W**2) / 2,
        },
    ),
    Exercise(
        "l2_gradient",
        ("total",),
        _gradients,
        library.l2_gradient,
        {
            "twice as large as it should be: the 2 of the derivative cancels the 1/2": (
                lambda dW, W, l2: dW + 2 * l2 * W
            ),
            "half as large as it should be: the 2 of the derivative cancels the 1/2": (
                lambda dW, W, l2: dW + l2 / 2 * W
            ),
            "the weights are squared; their derivative is W": lambda dW, W, l2: dW + l2 * W**2,
            "the sign of the penalty is wrong": lambda dW, W, l2: dW - l2 * W,
            "sign(W) is the gradient of L1": lambda dW, W, l2: dW + l2 * np.sign(W),
            "the gradient of the loss is missing": lambda dW, W, l2: l2 * W,
            "l2 is not used": lambda dW, W, l2: dW + W,
            "the penalty's sum is added to each entry; add l2 W": (
                lambda dW, W, l2: dW + l2 / 2 * np.sum(W**2)
            ),
            "dW is multiplied by l2 as well": lambda dW, W, l2: l2 * (dW + W),
        },
    ),
    Exercise("dropout", ("A",), _outputs, answers.dropout, judge=_judge_dropout),
    Exercise(
        "early_stopping",
        ("best", "last"),
        _histories,
        answers.early_stopping,
        {
            "one epoch too patient": (
                lambda losses, patience: answers.early_stopping(losses, patience + 1)
            ),
            "one epoch too impatient": (
                lambda losses, patience: answers.early_stopping(losses, patience - 1)
            ),
            "an equal loss counts as better; only a lower one is": _stopping(
                lambda losses, epoch, best: losses[epoch] <= losses[best]
            ),
            "the largest loss is taken for the best": _stopping(
                lambda losses, epoch, best: losses[epoch] > losses[best]
            ),
            "the last loss is compared with the one before; compare with the best": _stopping(
                lambda losses, epoch, _: losses[epoch] < losses[epoch - 1]
            ),
            "the waiting is not reset when the loss improves": _stopping(
                lambda losses, epoch, best: losses[epoch] < losses[best], resets=False
            ),
            "the best of all losses is taken, even after the stop: the future is not known": (
                lambda losses, patience: (
                    int(losses.argmin()),
                    answers.early_stopping(losses, patience)[1],
                )
            ),
            "best and last are swapped": _after_stopping(lambda best, last, _: (last, best)),
            "the epoch at which training stops is returned as the best": _after_stopping(
                lambda best, last, stopped: (last if stopped else best, last)
            ),
            "epochs count from 0": _after_stopping(lambda best, last, _: (best + 1, last + 1)),
            "without a stop the last epoch is len(losses) - 1": _after_stopping(
                lambda best, last, stopped: (best, last + (not stopped))
            ),
        },
    ),
)
