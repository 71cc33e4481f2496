"""Facts about the data: scale, labels and their neighbours, validation and test data."""

from __future__ import annotations

import math

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.doctor.labelled import even_rows
from byhand.evaluation.doctor.observations import HeldOutFacts, InputFacts, LabelFacts
from byhand.evaluation.suspects import shared_examples

NEIGHBOURS = 10
"""Number of nearest neighbours of each example."""

AGREED = 8
"""Neighbours agree if at least this number of them have the same label."""

OVERLAP = 1
"""With more neighbours of its own class an example lies where classes overlap, so its label is no
suspect."""

EXAMINED_ROWS = 1000
"""Largest number of examples whose neighbours are searched."""

REFERENCE_ROWS = 3000
"""Largest number of examples among which they are searched."""

LISTED_SUSPECTS = 20
"""Largest number of suspects that are listed."""


def input_facts(a0: FloatArray, raw: Array) -> InputFacts:
    """Return the scale of inputs a0 (n, units) and the fraction of blank rows among raw ones."""
    squares = np.square(a0, dtype=np.float64)
    blank = raw.min(axis=1) == raw.max(axis=1)
    return InputFacts(
        rows=len(a0),
        mean=float(a0.mean(dtype=np.float64)),
        rms=math.sqrt(float(squares.mean())),
        smallest=float(a0.min()),
        largest=float(a0.max()),
        column_rms=math.sqrt(float(squares.mean(axis=0).max())),
        blank=float(blank.mean()) if raw.shape[1] > 1 else 0.0,
    )


# --- labels and neighbours ------------------------------------------------------------------------


def label_facts(a0: FloatArray, labels: IntArray, classes: int, images: bool) -> LabelFacts:
    """Compare labels with those of the nearest examples.

    Args:
        a0: inputs (n, units).
        labels: class of each example (n,).
        classes: number of classes.
        images: whether the columns share one scale; otherwise each is standardised by itself.
    """
    counts = tuple(int(count) for count in np.bincount(labels, minlength=classes))
    if len(labels) <= 2 * NEIGHBOURS:
        return LabelFacts(counts)
    reference = even_rows(len(labels), REFERENCE_ROWS)
    examined = reference[even_rows(len(reference), EXAMINED_ROWS)]
    x = comparable(a0[reference], images)
    near = _nearest(x, np.searchsorted(reference, examined))
    votes = _votes(labels[reference][near], classes)
    return _compare(counts, votes, labels[examined], examined)


def comparable(x: FloatArray, images: bool) -> FloatArray:
    """Standardise the columns to mean 0 and deviation 1, so that distances are comparable.

    Images are standardised as a whole. The columns of other data are clipped at 3 deviations:
    the rare values of a column that is almost always 0 would dominate every distance.
    """
    axis = None if images else 0
    x = x.astype(np.float32)
    deviation = np.asarray(x.std(axis=axis))
    x -= x.mean(axis=axis)
    x /= np.where(deviation > 0, deviation, 1)
    return x if images else np.clip(x, -3, 3, out=x)


def _nearest(x: FloatArray, places: IntArray) -> IntArray:
    """Return the nearest rows of x for the rows at some places, without the rows themselves."""
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


def _compare(
    counts: tuple[int, ...], votes: IntArray, labels: IntArray, rows: IntArray
) -> LabelFacts:
    majority, each = votes.argmax(axis=1), np.arange(len(labels))
    agreed = votes.max(axis=1) >= AGREED
    own = votes[each, labels]
    fractions = np.bincount(labels, minlength=votes.shape[1]) / len(labels)
    chance = float((fractions * fractions).sum())
    suspect = agreed & (majority != labels) & (own <= OVERLAP)
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
    )


# --- validation and test data ---------------------------------------------------------------------


def held_out_facts(
    train: tuple[Array, FloatArray, IntArray | None],
    held_out: tuple[Array, FloatArray, IntArray | None],
    classes: int,
) -> HeldOutFacts:
    """Compare validation or test data with the training data.

    Args:
        train: raw rows (n, units), some of them as A0, and all labels.
        held_out: the same for the validation or test data.
        classes: number of classes.
    """
    (raw, a0, labels), (other_raw, other_a0, other_labels) = train, held_out
    deviation = float(a0.std()) or 1.0
    distance, noise = _class_distance(labels, other_labels, classes)
    return HeldOutFacts(
        rows=len(other_raw),
        repeated=_repeated(raw, other_raw),
        mean_shift=abs(float(other_a0.mean()) - float(a0.mean())) / deviation,
        spread_ratio=float(other_a0.std()) / deviation,
        class_distance=distance,
        class_noise=noise,
    )


def _repeated(train: Array, other: Array) -> int:
    """Count the rows of `other` that also occur in `train`, without blank rows."""
    other = other.astype(train.dtype, copy=False)
    varied = np.flatnonzero(other.min(axis=1) < other.max(axis=1))
    return len(np.unique(shared_examples(train, other[varied])[:, 1]))


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
