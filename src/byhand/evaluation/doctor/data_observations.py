"""Facts about the data alone: scale, labels and their neighbours, held-out parts."""

from __future__ import annotations

import math

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.doctor.labelled import even_rows
from byhand.evaluation.doctor.observations import HeldOutFacts, InputFacts, LabelFacts
from byhand.evaluation.suspects import shared_examples

NEIGHBOURS = 10
AGREED = 8
"""So many neighbours of one class count as of one mind."""

COMPANY = 1
"""With more neighbours of its own class an example lies where classes overlap: no suspect."""

JUDGED_ROWS = 1000
"""Examples whose neighbours are looked for, at most."""

REFERENCE_ROWS = 3000
"""Examples among which they are looked for, at most."""

LISTED_SUSPECTS = 20


def input_facts(a0: FloatArray, raw: Array) -> InputFacts:
    """Scale of inputs a0 (n, units) as the first dense layer gets them; emptiness of raw rows."""
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
    """Whether labels fit to those of the nearest examples.

    Args:
        a0: inputs (n, units).
        labels: classes (n,).
        classes: how many there are.
        images: columns share one scale; otherwise each is brought to its own.
    """
    counts = tuple(int(count) for count in np.bincount(labels, minlength=classes))
    if len(labels) <= 2 * NEIGHBOURS:
        return LabelFacts(counts)
    reference = even_rows(len(labels), REFERENCE_ROWS)
    judged = reference[even_rows(len(reference), JUDGED_ROWS)]
    x = comparable(a0[reference], images)
    near = _nearest(x, np.searchsorted(reference, judged))
    votes = _votes(labels[reference][near], classes)
    return _judge(counts, votes, labels[judged], judged)


def comparable(x: FloatArray, images: bool) -> FloatArray:
    """Columns on one scale, mean 0 and deviation 1, so that distances mean something.

    Images keep the proportions of their columns; others are clipped at 3 deviations, for a column
    that is almost always 0 would weigh too much where it is not.
    """
    axis = None if images else 0
    x = x.astype(np.float32)
    deviation = np.asarray(x.std(axis=axis))
    x -= x.mean(axis=axis)
    x /= np.where(deviation > 0, deviation, 1)
    return x if images else np.clip(x, -3, 3, out=x)


def _nearest(x: FloatArray, places: IntArray) -> IntArray:
    """The `NEIGHBOURS` nearest rows of x for the rows at the given places, themselves left out."""
    lengths = np.einsum("ij,ij->i", x, x)
    distance = x[places] @ x.T
    distance *= -2
    distance += lengths  # the length of the row itself is the same for all its neighbours
    distance[np.arange(len(places)), places] = np.inf
    return np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]


def _votes(neighbours: IntArray, classes: int) -> IntArray:
    """How many of each row's neighbours belong to each class: (n, k) -> (n, classes)."""
    rows = np.repeat(np.arange(len(neighbours)), neighbours.shape[1])
    flat = rows * classes + neighbours.ravel()
    return np.bincount(flat, minlength=len(neighbours) * classes).reshape(-1, classes)


def _judge(
    counts: tuple[int, ...], votes: IntArray, labels: IntArray, rows: IntArray
) -> LabelFacts:
    said, each = votes.argmax(axis=1), np.arange(len(labels))
    agreed = votes.max(axis=1) >= AGREED
    own = votes[each, labels]
    shares = np.bincount(labels, minlength=votes.shape[1]) / len(labels)
    chance = float((shares * shares).sum())
    suspect = agreed & (said != labels) & (own <= COMPANY)
    found = np.flatnonzero(suspect)[:LISTED_SUSPECTS]
    return LabelFacts(
        counts=counts,
        judged=len(labels),
        neighbours=NEIGHBOURS,
        knn_accuracy=float((said == labels).mean()),
        agreement=(float(own.mean()) / NEIGHBOURS - chance) / max(1 - chance, 1 / len(labels)),
        agreed=int(agreed.sum()),
        suspects=float(suspect.sum() / max(agreed.sum(), 1)),
        rows=tuple(int(row) for row in rows[found]),
        labels=tuple(int(label) for label in labels[found]),
        instead=tuple(int(label) for label in said[found]),
    )


# --- held-out parts -------------------------------------------------------------------------------


def held_out_facts(
    train: tuple[Array, FloatArray, IntArray | None],
    held_out: tuple[Array, FloatArray, IntArray | None],
    classes: int,
) -> HeldOutFacts:
    """A held-out part beside the training data.

    Args:
        train: raw rows (n, units), some of them as A0, and all labels.
        held_out: the same of the held-out part.
        classes: how many there are.
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
    """How many rows of `other` are rows of `train`; rows of one number throughout do not count."""
    other = other.astype(train.dtype, copy=False)
    varied = np.flatnonzero(other.min(axis=1) < other.max(axis=1))
    return len(np.unique(shared_examples(train, other[varied])[:, 1]))


def _class_distance(
    labels: IntArray | None, other: IntArray | None, classes: int
) -> tuple[float, float]:
    """Total variation between the class shares, and its mean for a draw by chance."""
    if labels is None or other is None or not classes:
        return 0.0, 0.0
    shares, others = (np.bincount(part, minlength=classes) / len(part) for part in (labels, other))
    spread = np.sqrt(shares * (1 - shares) * (1 / len(labels) + 1 / len(other)))
    noise = 0.5 * math.sqrt(2 / math.pi) * float(spread.sum())
    return 0.5 * float(np.abs(shares - others).sum()), noise
