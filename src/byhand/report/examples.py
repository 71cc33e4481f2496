"""The examples in the page: their selection, and their labels and predictions as arrays.

`choose_examples.py` decides their order and how many fit; the limit in bytes is in `options.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.evaluation.subject import Subject
from byhand.lazy_rows import select_rows
from byhand.report import choose_examples
from byhand.report.options import Rival
from byhand.report.rivals import disagreements, first_where_they_disagree, on_the_same
from byhand.report.tasks import Quantities, quantities

if TYPE_CHECKING:
    from byhand.data.dataset import Part

TRAIN_FRACTION = 0.3
"""Fraction of the images in the page that are training images."""


def with_classes(
    subject: Subject, train: Part, size_limit: int, rival: Rival | None, more: float
) -> tuple[IntArray, dict[str, Array]]:
    """Choose the examples that fit into the page; return their numbers, and all their arrays."""
    rng = np.random.default_rng(subject.seed)
    predicted = subject.predictions
    order = choose_examples.showing_order(
        predicted.labels, predicted.predicted, predicted.label_probability, rng
    )
    theirs = on_the_same(rival, subject) if rival else None
    if theirs is not None:
        order = first_where_they_disagree(order, disagreements(predicted, theirs))
    shown, few = _fitting(order, subject, train, size_limit, more)
    assert train.labels is not None  # noqa: S101 - the page was refused without
    learnt = choose_examples.train_sample(train.labels, few, rng)
    return shown, {
        "labels": predicted.labels.astype(np.uint16),
        "predictions": predicted.predicted.astype(np.uint16),
        "label_probabilities": predicted.label_probability[shown].astype(np.float32),
        "confidence": predicted.confidence[shown].astype(np.float32),
        "train_labels": train.labels[learnt].astype(np.uint16),
        **_inputs(subject, train, shown, learnt),
    }


def with_values(
    subject: Subject, train: Part, size_limit: int
) -> tuple[IntArray, dict[str, Array]]:
    """Choose the examples for a network that predicts values: largest and random errors in turn."""
    rng = np.random.default_rng(subject.seed)
    known = quantities(subject.network, subject.test)
    shown, few = _fitting(_by_error(known, rng), subject, train, size_limit, 0)
    learnt = np.sort(rng.permutation(len(train))[:few])
    targets = np.asarray(train.labels, np.float32).reshape(len(train), -1)
    return shown, {
        "targets": known.targets.astype(np.float32),
        "outputs": known.outputs.astype(np.float32),
        "train_targets": targets[learnt],
        **_inputs(subject, train, shown, learnt),
    }


def _fitting(
    order: IntArray, subject: Subject, train: Part, size_limit: int, more: float
) -> tuple[IntArray, int]:
    """Return the first examples that fit, and the number of training examples that also fit."""
    inputs = select_rows(subject.images, order)
    fitting = choose_examples.how_many(choose_examples.as_rows(inputs), size_limit, more)
    few = min(len(train), max(int(TRAIN_FRACTION * fitting), min(100, fitting // 2)))
    return order[: fitting - few], few


def _by_error(known: Quantities, rng: np.random.Generator) -> IntArray:
    """Return the numbers of all examples: the largest error, a random one, the second largest."""
    worst = np.argsort(-known.errors, kind="stable")
    turns = np.empty(len(worst), np.intp)
    turns[worst] = 2 * np.arange(len(worst))
    others = 2 * rng.permutation(len(worst)) + 1
    return np.argsort(np.minimum(turns, others), kind="stable")


def _inputs(subject: Subject, train: Part, shown: IntArray, learnt: IntArray) -> dict[str, Array]:
    return {
        "image_numbers": shown.astype(np.uint32),
        "images": choose_examples.as_rows(subject.images[shown]),
        "train_images": choose_examples.as_rows(train.images[learnt]),
    }
