"""Compares labels with those of the nearest examples."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.doctor.observations import LabelFacts
from byhand.evaluation.doctor.relabelled import relabelled_class
from byhand.evaluation.even_rows import even_rows

NEIGHBOURS = 10
"""Number of nearest neighbours of each example."""

AGREED = 8
"""Neighbours agree if at least this number of them have the same label."""

OVERLAP = 1
"""An example with more neighbours of its own class lies where classes overlap, so its label is not
suspect."""

EXAMINED_ROWS = 1000
"""Largest number of examples whose neighbours are searched."""

REFERENCE_ROWS = 3000
"""Largest number of examples among which the neighbours are searched."""

LISTED_SUSPECTS = 20
"""Largest number of suspects that are listed."""

NOISE_CLASSES, NOISE_ROWS = 5, 20
"""To tell random labels from overlapping classes takes at least this many classes, and this many
examples in a row of the matrix of neighbours and labels."""

NOISE_QUANTILE = 0.3
"""Overlap affects few pairs of classes, and random labels affect all. This quantile over the pairs
therefore measures random labels."""


@dataclass(frozen=True)
class Part:
    """A part of the data: raw rows, some of them as inputs A0, and labels.

    Args:
        raw: all raw rows (n, units).
        labels: their classes (n,); None in regression.
        a0: some rows as inputs of the first layer.
        a0_labels: the classes of these rows.
    """

    raw: Array
    labels: IntArray | None
    a0: FloatArray
    a0_labels: IntArray | None


def label_facts(a0: FloatArray, labels: IntArray, classes: int, images: bool) -> LabelFacts:
    """Compare labels with those of the nearest examples.

    Args:
        a0: inputs (n, units).
        labels: class of each example (n,).
        classes: number of classes.
        images: whether the columns share one scale; otherwise each is standardised on its own.
    """
    counts = tuple(int(count) for count in np.bincount(labels, minlength=classes))
    if len(labels) <= 2 * NEIGHBOURS:
        return LabelFacts(counts)
    examined, near = _neighbourhoods(a0, images)
    votes = _votes(labels[near], classes)
    found = relabelled_class(comparable(a0, images), labels, _others(votes, labels[examined]))
    return replace(_compare(counts, votes, labels[examined], examined), relabelled=found)


def value_agreement(a0: FloatArray, values: FloatArray, images: bool) -> tuple[int, float]:
    """Compare target values with those of the nearest examples.

    Args:
        a0: inputs (n, units).
        values: target values (n, k).
        images: whether the columns share one scale; otherwise each is standardised on its own.

    Returns:
        The number of examples that were compared, and the correlation of their values with the
        mean of their neighbours', the largest of all outputs.
    """
    if len(values) <= 2 * NEIGHBOURS:
        return 0, math.nan
    examined, near = _neighbourhoods(a0, images)
    own, others = values[examined].astype(np.float64), values[near].mean(axis=1, dtype=np.float64)
    own, others = own - own.mean(axis=0), others - others.mean(axis=0)
    lengths = np.sqrt((own * own).sum(axis=0) * (others * others).sum(axis=0))
    varied = lengths > 0
    if not varied.any():
        return 0, math.nan
    return len(examined), float(((own * others).sum(axis=0)[varied] / lengths[varied]).max())


def _neighbourhoods(a0: FloatArray, images: bool) -> tuple[IntArray, IntArray]:
    """Return the numbers of some rows (m,), and of their nearest rows (m, `NEIGHBOURS`)."""
    reference = even_rows(len(a0), REFERENCE_ROWS)
    examined = reference[even_rows(len(reference), EXAMINED_ROWS)]
    x = comparable(a0[reference], images)
    return examined, reference[_nearest(x, np.searchsorted(reference, examined))]


def comparable(x: FloatArray, images: bool) -> FloatArray:
    """Standardise the columns to mean 0 and deviation 1, so that distances are comparable.

    Images are standardised as a whole. The columns of other data are clipped at 3 deviations;
    otherwise the rare values of a column that is almost always 0 would dominate every distance.
    """
    axis = None if images else 0
    x = x.astype(np.float32)
    deviation = np.asarray(x.std(axis=axis))
    x -= x.mean(axis=axis)
    x /= np.where(deviation > 0, deviation, 1)
    return x if images else np.clip(x, -3, 3, out=x)


def _nearest(x: FloatArray, places: IntArray) -> IntArray:
    """Return the nearest rows of x for some of its rows, without the rows themselves."""
    lengths = np.einsum("ij,ij->i", x, x)
    distance = x[places] @ x.T
    distance *= -2
    distance += (
        lengths  # The squared length of the row itself is left out: it does not change the order.
    )
    distance[np.arange(len(places)), places] = np.inf
    return np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]


def _votes(neighbours: IntArray, classes: int) -> IntArray:
    """Count the neighbours of each class: labels (n, k) -> counts (n, classes)."""
    rows = np.repeat(np.arange(len(neighbours)), neighbours.shape[1])
    flat = rows * classes + neighbours.ravel()
    return np.bincount(flat, minlength=len(neighbours) * classes).reshape(-1, classes)


def _others(votes: IntArray, labels: IntArray) -> FloatArray:
    """Return for each class how many of its examples' neighbours have another label, as a fraction.

    It is 0 for a class without examples.
    """
    fractions = np.zeros(votes.shape[1])
    for index in np.unique(labels):
        fractions[index] = 1 - votes[labels == index, index].mean() / NEIGHBOURS
    return fractions


def _compare(
    counts: tuple[int, ...], votes: IntArray, labels: IntArray, rows: IntArray
) -> LabelFacts:
    majority, each = votes.argmax(axis=1), np.arange(len(labels))
    agreed = votes.max(axis=1) >= AGREED
    own = votes[each, labels]
    fractions = np.bincount(labels, minlength=votes.shape[1]) / len(labels)
    chance = float((fractions * fractions).sum())
    contradicted, unanimous = majority != labels, votes.max(axis=1) == NEIGHBOURS
    suspect = agreed & contradicted & (own <= OVERLAP)
    found = np.flatnonzero(suspect)[:LISTED_SUSPECTS]
    return LabelFacts(
        counts=counts,
        examined=len(labels),
        neighbours=NEIGHBOURS,
        knn_accuracy=float((majority == labels).mean()),
        agreement=(float(own.mean()) / NEIGHBOURS - chance) / max(1 - chance, 1 / len(labels)),
        agreed=int(agreed.sum()),
        suspects=float(suspect.sum() / max(agreed.sum(), 1)),
        rows=tuple(int(row) for row in rows[found]),
        labels=tuple(int(label) for label in labels[found]),
        instead=tuple(int(label) for label in majority[found]),
        unanimous=int(unanimous.sum()),
        contradicted=float(contradicted[unanimous].mean()) if unanimous.any() else math.nan,
        unanimous_by_chance=_unanimous_by_chance(majority, agreed, contradicted),
        fading=_fading(votes.max(axis=1)[agreed], contradicted[agreed]),
        random=_random_labels(majority, labels, votes.shape[1]),
    )


def _unanimous_by_chance(majority: IntArray, agreed: Array, contradicted: Array) -> float:
    """Return the fraction of examples whose neighbours all agree, if labels are wrong at random.

    If a fraction e of the labels of a class is wrong, all neighbours agree with probability
    (1 - e)^`NEIGHBOURS`, because their labels are wrong as often as that of the example itself.
    """
    right = np.zeros(len(majority))
    for index in np.unique(majority[agreed]):
        here = majority == index
        right[here] = 1 - contradicted[here & agreed].mean()
    return float((right**NEIGHBOURS).mean())


def _fading(agreement: IntArray, contradicted: Array) -> float:
    """Return in standard errors how much rarer contradictions are where more neighbours agree.

    Labels that are wrong at random contradict their neighbours equally often everywhere, so this
    is about 0. Where classes overlap, neighbours contradict near the border and agree elsewhere.
    This is the test of Cochran and Armitage for a trend in proportions.
    """
    if not len(agreement):
        return 0.0
    share, steps = float(contradicted.mean()), agreement - agreement.mean()
    deviation = math.sqrt(share * (1 - share) * float(steps @ steps))
    return -float(steps @ contradicted) / deviation if deviation > 0 else 0.0


def _random_labels(majority: IntArray, labels: IntArray, classes: int) -> float:
    """Estimate the fraction of labels that are drawn at random.

    With a fraction e of random labels, e / classes of the examples whose neighbours say k have the
    label j, for each other class j.
    """
    if classes < NOISE_CLASSES:
        return 0.0
    joint = np.bincount(majority * classes + labels, minlength=classes**2).reshape(-1, classes)
    known = joint.sum(axis=1) >= NOISE_ROWS
    if 2 * known.sum() <= classes:  # what one or two classes show is their overlap, or chance
        return 0.0
    shares = joint[known] / joint[known].sum(axis=1, keepdims=True)
    others = shares[~np.eye(classes, dtype=bool)[known]]
    return float(min(classes * np.quantile(others, NOISE_QUANTILE), 1.0))


def neighbours_accuracy(train: Part, held_out: Part, classes: int, images: bool) -> float:
    """Return the fraction of validation labels that the nearest training examples predict."""
    if train.a0_labels is None or held_out.a0_labels is None or len(train.a0) <= 2 * NEIGHBOURS:
        return math.nan
    reference = even_rows(len(train.a0), REFERENCE_ROWS)
    examined = even_rows(len(held_out.a0), EXAMINED_ROWS)
    x = comparable(np.concatenate([train.a0[reference], held_out.a0[examined]]), images)
    known, asked = x[: len(reference)], x[len(reference) :]
    distance = np.einsum("ij,ij->i", known, known) - 2 * (asked @ known.T)
    near = np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    votes = _votes(train.a0_labels[reference][near], classes)
    return float((votes.argmax(axis=1) == held_out.a0_labels[examined]).mean())
