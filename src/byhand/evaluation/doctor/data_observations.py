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

FEW_COLUMNS = 8
"""With more columns, numbers that do not depend on each other are not all equal by chance."""

OF_CLASSES = 0.5
"""Odd examples whose classes differ from those of the rest by this distance (total variation) are
what these classes look like."""


def input_facts(
    a0: FloatArray, raw: Array, images: bool, labels: IntArray | None = None
) -> InputFacts:
    """Return the scale of inputs a0 (n, units), and how many of the raw rows are unlike the rest.

    Args:
        a0: inputs of the first layer.
        raw: the same rows before scaling.
        images: whether they are images, which can be negatives of each other.
        labels: their classes; rows that are unlike the rest since they belong to a class of such
            rows do not count.
    """
    squares = np.square(a0, dtype=np.float64)
    blank = raw.min(axis=1) == raw.max(axis=1)
    varied = np.flatnonzero(~blank)

    def share(odd: Array) -> float:
        """Return the fraction of all rows, given which of the varied ones are odd."""
        return float(odd.sum()) / len(raw) if not _are_classes(odd, labels, varied) else 0.0

    return InputFacts(
        rows=len(a0),
        mean=float(a0.mean(dtype=np.float64)),
        rms=math.sqrt(float(squares.mean())),
        smallest=float(a0.min()),
        largest=float(a0.max()),
        column_rms=math.sqrt(float(squares.mean(axis=0).max())),
        blank=0.0 if _are_classes(blank, labels) else _blank(raw, blank),
        inverted=share(inverted_images(raw[varied])) if images else 0.0,
        rescaled=share(_rescaled(raw[varied])),
    )


def _are_classes(odd: Array, labels: IntArray | None, rows: IntArray | None = None) -> bool:
    """Return whether odd rows are those of a few classes, which look like that.

    An image without any object is blank, and one that is bright on the left is a negative of one
    that is bright on the right. Rows that were prepared in another way are of all classes.
    """
    if labels is None or not odd.any() or odd.all():
        return False
    labels = labels if rows is None else labels[rows]
    distance, noise = _class_distance(labels[odd], labels[~odd], int(labels.max()) + 1)
    return distance - 2 * noise > OF_CLASSES


def _blank(raw: Array, blank: Array) -> float:
    """Return the fraction of rows whose numbers are all equal, unless a few numbers explain them.

    Where rows with a single other number are at least as frequent, as in tables of rare marks, rows
    without any mark are to be expected. So are equal numbers in a few columns of few numbers, as
    often as they meet by chance.
    """
    if raw.shape[1] < 2 or not blank.any():
        return 0.0
    others = (raw != np.median(raw, axis=1, keepdims=True)).sum(axis=1)
    fraction, single = float(blank.mean()), float((others == 1).mean())
    if single >= fraction and raw.shape[1] > 2:
        return 0.0
    if raw.shape[1] > FEW_COLUMNS:
        return fraction
    values = np.unique(raw[blank, 0])
    chance = float(sum((raw == value).mean(axis=0).prod() for value in values))
    error = math.sqrt(chance * (1 - chance) / len(raw))
    return fraction if fraction - chance > math.sqrt(BY_CHANCE) * error else 0.0


def _rescaled(rows: Array) -> Array:
    """Return which rows have numbers far larger, or far smaller, than most rows.

    Sizes that spread widely, such as incomes, are more frequent the nearer they are to the middle.
    Another unit leaves a gap: rows that are far away, and hardly any halfway.
    """
    sizes = np.abs(rows.astype(np.float32)).max(axis=1, initial=0.0)
    known = sizes > 0
    if known.sum() < 2:
        return np.zeros(len(rows), bool)
    ratio = np.where(known, sizes, 1.0) / float(np.median(sizes[known]))
    odd = np.zeros(len(rows), bool)
    for away in (ratio, 1 / ratio):
        far, halfway = known & (away > RESCALED), (away > math.sqrt(RESCALED)) & (away <= RESCALED)
        if far.sum() > halfway.sum():
            odd |= far
    return odd


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
    distance, noise = _class_distance(train.labels, held_out.labels, classes)
    return HeldOutFacts(
        rows=len(held_out.raw),
        repeated=count_shared(train.raw, held_out.raw),
        mean_shift=_mean_shift(train.a0, held_out.a0),
        spread_ratio=_spread_ratio(train.a0, held_out.a0),
        class_distance=distance,
        class_noise=noise,
        near=near_copies(train.raw, held_out.raw),
        knn_accuracy=neighbours_accuracy(train, held_out, classes, images),
        column_shift=column_shift(train.a0, held_out.a0),
        alike=alike_by_chance(train.raw, images),
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


def _mean_shift(train: FloatArray, held_out: FloatArray) -> float:
    """Return how far the means of all numbers differ, in standard deviations; 0 if by chance.

    The numbers of a row may rise and fall together, so chance follows from the means of rows.
    """
    ours, others = (x.mean(axis=1, dtype=np.float64) for x in (train, held_out))
    variance = (ours.var() + others.var()) / 2
    chance = math.sqrt(BY_CHANCE * float(variance) * (1 / len(ours) + 1 / len(others)))
    shift = abs(float(others.mean() - ours.mean()))
    return shift / (float(train.std()) or 1.0) if shift > chance else 0.0


def _spread_ratio(train: FloatArray, held_out: FloatArray) -> float:
    """Return the ratio of the spreads; 1 if chance explains it.

    The spread is the standard deviation without rare large values. Its logarithm varies by half of
    the relative standard error of the mean square, which follows from those of rows.
    """
    middle, limit = float(train.mean()), OUTLIER * float(train.std())
    logarithms, variance = [], 0.0
    for x in (train, held_out):
        clipped = np.clip(x, middle - limit, middle + limit).astype(np.float64)
        squares = np.square(clipped - clipped.mean()).mean(axis=1)
        mean = float(squares.mean())
        if not mean:
            return 1.0 if not limit else 0.0
        logarithms.append(0.5 * math.log(mean))
        variance += 0.25 * float(squares.var()) / len(squares) / mean**2
    difference = logarithms[1] - logarithms[0]
    return math.exp(difference) if difference**2 > BY_CHANCE * variance else 1.0


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
