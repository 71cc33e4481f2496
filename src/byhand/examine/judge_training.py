"""Compares a learner's training on the digits with byhand's on the same batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from byhand.course.compare import same
from byhand.course.values import decode
from byhand.examine.digits import EPOCHS, digits
from byhand.examine.habits import of_training
from byhand.examine.judgement import Judgement
from byhand.examine.problem import Problem
from byhand.examine.replay import accuracy, replay
from byhand.examine.result import RIGHT, UNSEEN, WRONG, Cause, Check
from byhand.readable import percent

GAP = 0.1
"""A training that ends this far below byhand's accuracy is worse."""


def judge_training(
    judged: Judgement,
    told: Mapping[str, Any] | None,
    sizes: list[int],
    hints: Mapping[str, Any],
) -> None:
    """Add the result of a training to a judgement.

    Args:
        judged: the judgement of one step.
        told: the observations of the process, or None if there is no training function.
        sizes: units of the network.
        hints: habits of the source, as `hints_of` gives them.
    """
    if told is None:
        judged.checks.append(Check("epoch", "training", UNSEEN))
        return
    if told["error"] is not None:
        judged.checks.append(Check("epoch", "training", UNSEEN))
        judged.notes.append(f"{told['function']} did not run to the end: {told['error']}")
        return
    data = digits(sizes[0])
    training = {**told, "rows": [np.asarray(rows, dtype=int) for rows in told["rows"]]}
    causes = list(of_training(training, data.count, hints["shuffles"]))
    judged.causes += causes
    before, after = (
        {name: decode(v) for name, v in told[key].items()} for key in ("before", "after")
    )
    rows = [one[one >= 0] for one in training["rows"] if (one >= 0).any()]
    if not after or any(array.shape != before[name].shape for name, array in after.items()):
        judged.checks.append(Check("epoch", "training", UNSEEN))
        return
    theirs = accuracy(_problem(after, data), data, judged.setting)
    if not rows:
        judged.checks.append(Check("epoch", "training", UNSEEN, f"accuracy {percent(theirs)}"))
        return
    ours = replay(before, rows, data, judged.setting, judged.mistakes)
    equal = all(same(after[f"W{place}"], W, 1e-4) for place, W in enumerate(ours.weights, start=1))
    detail = f"accuracy after {EPOCHS} epochs {percent(theirs)}, byhand {percent(ours.accuracy)}"
    if not equal and not causes and not judged.causes:
        is_worse = theirs < ours.accuracy - GAP and not hints["varies"]
        _add_difference(judged, detail, is_worse)
    wrong = bool(causes) or any(cause.stage == "training" for cause in judged.causes)
    judged.checks.append(Check("epoch", "training", WRONG if wrong else RIGHT, detail))


def _add_difference(judged: Judgement, detail: str, is_worse: bool) -> None:
    """Record that the training differs from byhand's although each step is right."""
    if is_worse:
        judged.causes.append(
            Cause(
                "training_differs",
                "training",
                f"one step is right, but the training is not: {detail}. Compare the loop's "
                "settings and what it keeps between steps.",
                "epoch",
                certain=False,
            )
        )
    else:
        judged.notes.append(
            "the training does not change the parameters as plain gradient descent with a "
            f"learning rate of 0.1 does (momentum, a schedule?); {detail}."
        )


def _problem(after: Mapping[str, Any], data: Any) -> Problem:
    layers = sum(name.startswith("W") for name in after)
    W = tuple(after[f"W{place}"] for place in range(1, layers + 1))
    b = tuple(
        after.get(f"b{place}", np.zeros(W[place - 1].shape[1])) for place in range(1, layers + 1)
    )
    return Problem(W, b, data.X, data.labels)
