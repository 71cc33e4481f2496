"""Mistakes that are visible directly: in initial weights, extreme inputs and the training loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.examine.digits import BATCH, EPOCHS
from byhand.examine.result import Cause

LARGE = 0.8
"""Standard deviation from which initial weights are too large; unscaled normal numbers have 1."""

PIXELS = 20.0
"""A largest input above this has not been scaled."""


def of_start(
    start: Sequence[Mapping[str, float]], shared: Sequence[Sequence[int]]
) -> Iterator[Cause]:
    """Yield what is wrong with the initial weights.

    Args:
        start: standard deviation and least number of each layer's weights.
        shared: pairs of layers with the same weights.
    """
    for first, second in shared:
        yield Cause(
            "weights_shared",
            "start",
            f"layers {first} and {second} start with the same weights, or share one array: make an "
            "array of its own for each layer.",
            f"W{second}",
        )
        return
    for layer, one in enumerate(start, start=1):
        where = f"W{layer}"
        if one["deviation"] < 1e-12:
            yield Cause(
                "weights_all_equal",
                "start",
                f"all weights of layer {layer} start with the same number, so all its units stay "
                "the same: start with random numbers.",
                where,
            )
        elif one["least"] >= 0:
            yield Cause(
                "weights_positive",
                "start",
                f"the weights of layer {layer} are all positive: np.random.rand gives numbers "
                "from 0 to 1. Subtract 0.5, or use randn, and scale by the number of inputs.",
                where,
            )
        elif one["deviation"] > LARGE:
            yield Cause(
                "weights_too_large",
                "start",
                f"the weights of layer {layer} start with a standard deviation of "
                f"{one['deviation']:.2g}: multiply them by sqrt(2 / n_in) (He), or by 0.01.",
                where,
            )
        else:
            continue
        return


def of_facts(facts: Mapping[str, Any], output: str, layers: int) -> Iterator[Cause]:
    """Yield mistakes that other observations of one step show.

    Args:
        facts: as in `View.facts`.
        output: activation of the last layer.
        layers: number of layers with weights.
    """
    if facts.get("repeats") is False:
        yield Cause(
            "dropout_at_test",
            "forward",
            "two forward passes of the same batch give different outputs: dropout, or something "
            "else that is random, is at work although nothing is being trained. Switch it off by "
            "default.",
            f"A{layers}",
        )
    if facts.get("finite") is False and output == "softmax":
        yield Cause(
            "softmax_overflow",
            "forward",
            "with large scores softmax gives NaN, because exp overflows or is 0 for a whole "
            "example: subtract the largest score of each example before exp, which changes nothing "
            "else.",
            f"A{layers}",
        )
    if isinstance(facts.get("saturated loss"), str):
        yield Cause(
            "log_of_zero",
            "loss",
            "where a probability is 0 the loss is infinite or NaN: clip the probabilities, or "
            "add a small number such as 1e-12, before the logarithm.",
            "loss",
        )
    if "loss shape" in facts:
        yield Cause(
            "loss_not_one_number",
            "loss",
            f"the loss is {facts['loss shape']}; one number is expected, the mean over the "
            "examples.",
            "loss",
        )


def of_inputs(reply: Mapping[str, Any]) -> Iterator[Cause]:
    """Yield whether pixels are used without being scaled."""
    hints = reply["hints"]
    largest = reply.get("prepared")
    unscaled = largest > PIXELS if largest is not None else hints["reads"] and not hints["scales"]
    if unscaled:
        yield Cause(
            "inputs_not_scaled",
            "start",
            "pixels from 0 to 255 go into the network as they are, which makes its first steps "
            "huge: divide them by 255.",
            "A0",
            certain=largest is not None,
        )


def of_training(training: Mapping[str, Any], count: int, shuffles: bool) -> Iterator[Cause]:
    """Yield mistakes that the order of the examples and the calls show.

    Args:
        training: as `Training`, with rows as arrays.
        count: number of training examples.
        shuffles: whether the file shuffles anywhere.
    """
    rows: list[Array] = training["rows"]
    if training["made"] > 1:
        yield _cause(
            "parameters_made_anew",
            f"the parameters are initialised {training['made']} times in {EPOCHS} epochs, which "
            "forgets what was learned: initialise once, before the loops.",
        )
    if not rows:
        return
    if training["wrong_labels"] > 0.3:
        yield _cause(
            "labels_apart_from_inputs",
            "the examples and their labels are shuffled differently, so most examples get the "
            "label of another one: use one permutation for both.",
        )
    every = np.concatenate(rows)
    known = every[every >= 0]
    if len(rows) > 2 and len(rows[0]) < count / 2:
        yield from _of_batches(rows, count, shuffles)
    if (known >= count).mean() > 0.02:
        yield _cause(
            "trains_on_validation",
            "the validation examples are trained on, too: keep them for measuring only.",
        )
    yield from _of_rating(training, rows, count)


def _of_batches(rows: Sequence[Array], count: int, shuffles: bool) -> Iterator[Cause]:
    every = np.concatenate(rows)
    distinct = len(np.unique(every))
    if distinct <= 2 * len(rows[0]):
        yield _cause(
            "same_batch_again",
            "every step gets the same examples: check how the batch is cut out of the data.",
        )
    elif distinct < 0.6 * count and len(every) > count:
        yield _cause(
            "examples_left_out",
            f"only {distinct} of {count} examples are ever used: check how batches are cut.",
        )
    elif np.array_equal(every[: count // 2], np.arange(count // 2)) and not shuffles:
        yield _cause(
            "not_shuffled",
            "the examples come in the order of the file in every epoch: shuffle them again, with "
            "their labels, at the start of each.",
        )


def _of_rating(training: Mapping[str, Any], rows: Sequence[Array], count: int) -> Iterator[Cause]:
    rated = [n for n in training["rated"] if n]
    largest = max(len(one) for one in rows)
    if rated and max(rated) <= max(largest, BATCH) < count / 2:
        yield _cause(
            "accuracy_on_batch",
            "the accuracy is measured on the batch that was just trained on: measure it on all "
            "examples, or better on some that are not trained on.",
        )


def _cause(name: str, text: str) -> Cause:
    return Cause(name, "training", text, "epoch")
