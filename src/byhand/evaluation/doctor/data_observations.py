"""Measures the data: scale, target values, validation and test data."""

from __future__ import annotations

import math

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.copies import alike_by_chance, count_shared, near_copies
from byhand.evaluation.doctor.inverted import inverted_images
from byhand.evaluation.doctor.neighbours import Part, neighbours_accuracy, value_agreement
from byhand.evaluation.doctor.observations import HeldOutFacts, InputFacts, ValueFacts
from byhand.network.losses import Loss
from byhand.network.targets import Targets

OUTLIER = 4.0
"""The spread ignores numbers further from the mean than this many deviations."""

BY_CHANCE = 16.0
"""A normal value is further than four deviations from its mean with a probability of 0.006 %."""

RESCALED = 20.0
"""The numbers of an example are out of scale if they are larger or smaller by this factor."""


def input_facts(a0: FloatArray, raw: Array, images: bool) -> InputFacts:
    """Return the scale of inputs a0 (n, units), and how many of the raw rows are unlike the rest.

    Args:
        a0: inputs of the first layer.
        raw: the same rows before scaling.
        images: whether they are images, which can be negatives of each other.
    """
    squares = np.square(a0, dtype=np.float64)
    blank = raw.min(axis=1) == raw.max(axis=1)
    varied = raw[~blank]
    return InputFacts(
        rows=len(a0),
        mean=float(a0.mean(dtype=np.float64)),
        rms=math.sqrt(float(squares.mean())),
        smallest=float(a0.min()),
        largest=float(a0.max()),
        column_rms=math.sqrt(float(squares.mean(axis=0).max())),
        blank=_blank(raw, blank),
        inverted=inverted_images(varied) * len(varied) / len(raw) if images else 0.0,
        rescaled=_rescaled(varied) * len(varied) / len(raw),
    )


def _blank(raw: Array, blank: Array) -> float:
    """Return the fraction of rows whose numbers are all equal, unless a few numbers explain them.

    Where rows with a single other number are at least as frequent, as in tables of rare marks, rows
    without any mark are to be expected.
    """
    if raw.shape[1] < 2 or not blank.any():
        return 0.0
    others = (raw != np.median(raw, axis=1, keepdims=True)).sum(axis=1)
    fraction, single = float(blank.mean()), float((others == 1).mean())
    return 0.0 if single >= fraction and raw.shape[1] > 2 else fraction


def _rescaled(rows: Array) -> float:
    """Return the fraction of rows whose numbers are far larger or smaller than in most rows."""
    sizes = np.abs(rows.astype(np.float32)).max(axis=1, initial=0.0)
    sizes = sizes[sizes > 0]
    if len(sizes) < 2:
        return 0.0
    middle = float(np.median(sizes))
    return float(((sizes > RESCALED * middle) | (sizes < middle / RESCALED)).mean())


def value_facts(targets: Targets, loss: Loss, a0: FloatArray, images: bool) -> ValueFacts:
    """Return facts about target values.

    Args:
        targets: the values (n, k).
        loss: the loss of the network.
        a0: inputs of the same examples (n, units).
        images: whether the columns of the inputs share one scale.
    """
    values = targets.values.astype(np.float64)
    outputs = np.broadcast_to(values.mean(axis=0), values.shape)
    with np.errstate(all="ignore"):
        if loss.fused_with == "sigmoid":  # the loss is computed from logits
            outputs = np.clip(outputs, 1e-6, 1 - 1e-6)
            losses = loss(np.log(outputs / (1 - outputs)), outputs, values)
        else:
            losses = loss(outputs, outputs, values)
    examined, agreement = value_agreement(a0, values, images)
    return ValueFacts(
        mean=float(values.mean()),
        deviation=float(values.std(axis=0).mean()),
        smallest=float(values.min()),
        largest=float(values.max()),
        usual_loss=float(losses.mean()),
        are_labels=targets.labels is not None,
        examined=examined,
        agreement=agreement,
    )


# --- validation and test data ---------------------------------------------------------------------


def held_out_facts(train: Part, held_out: Part, classes: int, images: bool) -> HeldOutFacts:
    """Compare validation or test data with the training data.

    Args:
        train: the training data.
        held_out: the validation or test data.
        classes: number of classes.
        images: whether the columns share one scale.
    """
    deviation = float(train.a0.std()) or 1.0
    distance, noise = _class_distance(train.labels, held_out.labels, classes)
    return HeldOutFacts(
        rows=len(held_out.raw),
        repeated=count_shared(train.raw, held_out.raw),
        mean_shift=abs(float(held_out.a0.mean()) - float(train.a0.mean())) / deviation,
        spread_ratio=_spread(held_out.a0, train.a0) / (_spread(train.a0, train.a0) or 1.0),
        class_distance=distance,
        class_noise=noise,
        near=near_copies(train.raw, held_out.raw),
        knn_accuracy=neighbours_accuracy(train, held_out, classes, images),
        column_shift=column_shift(train.a0, held_out.a0),
        alike=0.0 if images else alike_by_chance(train.raw),
    )


def column_shift(train: FloatArray, held_out: FloatArray) -> float:
    """Return how far the columns' means differ, beyond chance, in deviations of each column.

    With n and m rows of the same kind, the square of the difference is on average 1 / n + 1 / m,
    and above `BY_CHANCE` times that with a probability of 0.006 %, even if all columns are equal.
    """
    means = held_out.mean(axis=0, dtype=np.float64) - train.mean(axis=0, dtype=np.float64)
    variances = (held_out.var(axis=0, dtype=np.float64) + train.var(axis=0, dtype=np.float64)) / 2
    varied = variances > 0
    if not varied.any():
        return 0.0
    square = float((means[varied] ** 2 / variances[varied]).mean())
    return math.sqrt(max(square - BY_CHANCE * (1 / len(train) + 1 / len(held_out)), 0.0))


def _spread(x: FloatArray, train: FloatArray) -> float:
    """Return the standard deviation without rare large values, which appear by chance."""
    middle, limit = float(train.mean()), OUTLIER * float(train.std())
    return float(np.clip(x, middle - limit, middle + limit).std())


def _class_distance(
    labels: IntArray | None, other: IntArray | None, classes: int
) -> tuple[float, float]:
    """Return the total variation distance of the class fractions, and its mean by chance."""
    if labels is None or other is None or not classes:
        return 0.0, 0.0
    ours, others = (np.bincount(known, minlength=classes) / len(known) for known in (labels, other))
    spread = np.sqrt(ours * (1 - ours) * (1 / len(labels) + 1 / len(other)))
    noise = 0.5 * math.sqrt(2 / math.pi) * float(spread.sum())
    return 0.5 * float(np.abs(ours - others).sum()), noise
