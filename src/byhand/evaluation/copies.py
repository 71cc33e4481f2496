"""Copies of examples: shared by two sets, repeated within one, or almost equal (near copies)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import DataError
from byhand.evaluation.even_rows import even_rows
from byhand.lazy_rows import select_rows

HASHED_ROWS = 1024
"""Number of rows that are hashed at a time."""

NEAR_ROWS, NEAR_REFERENCE = 300, 10_000
"""Largest numbers of held-out and training examples that are searched for near copies."""

COMPARED_ROWS = 512
"""Number of rows that are compared at a time."""

FEW_NUMBERS, COARSE = 16, 0.5
"""Rows can be equal by chance if they have at most so many different numbers, or if every column
has at most this fraction as many as there are different rows."""

NEAR_COLUMNS = 3
"""With fewer columns, near neighbours are common by chance."""

EQUAL = 1e-5
"""Rows whose distance is this fraction of the distance to other rows are equal."""

SURE = 3.3
"""Near copies count if they exceed those by chance by so many standard errors: 0.05 %."""

NEAR = 0.3
"""A near copy is nearer than this fraction of the distance to the second nearest example."""


def shared_examples(train: Array, test: Array) -> IntArray:
    """Find the test examples that also occur in the training data, equal in every number.

    A network can memorise such examples, so they make its test accuracy too high.

    Returns:
        (pairs, 2): for each test row found in train, the first equal row of train and the test
        row.
    """
    if train.shape[1:] != test.shape[1:] or train.dtype != test.dtype:
        raise DataError(
            "expected two sets of examples of the same shape and dtype; got "
            f"{train.dtype} {train.shape[1:]} and {test.dtype} {test.shape[1:]}."
        )
    known, wanted = _digests(train), _digests(test)
    order = np.argsort(known, kind="stable")  # of equal rows the first comes first
    places = np.searchsorted(known, wanted, sorter=order)
    nearest = order[np.minimum(places, len(order) - 1)] if len(order) else order
    found = np.flatnonzero(known[nearest] == wanted) if len(order) else order
    return np.stack([nearest[found], found], axis=1)


def count_shared(train: Array, other: Array) -> int:
    """Count the rows of `other` that also occur in `train`, without blank rows."""
    other = other.astype(train.dtype, copy=False)
    varied = np.flatnonzero(other.min(axis=1) < other.max(axis=1))
    return len(np.unique(shared_examples(train, select_rows(other, varied))[:, 1]))


def alike_by_chance(x: Array, images: bool = False) -> float:
    """Return the fraction of rows that equal another row by chance.

    Two people may give the same answers to a few questions, and have the same age. Where a column
    has a number of its own in most rows, or in images of many shades, equal rows are copies, and
    the fraction is 0. Rows count once, so that copying them makes no column coarse. In other data
    it is at least that of one row: none among so many does not mean never.
    """
    if not len(x):
        return 0.0
    some = select_rows(x, even_rows(len(x), COMPARED_ROWS))
    if len(np.unique(some)) > FEW_NUMBERS and (images or not _is_coarse(some)):
        return 0.0
    return max(sum(map(len, repeated_examples(x))), 1) / len(x)


def _is_coarse(x: Array) -> bool:
    """Return whether every column has much fewer numbers than there are different rows."""
    rows = np.unique(x, axis=0)
    return x.shape[1] == 1 or all(len(np.unique(column)) <= COARSE * len(rows) for column in rows.T)


def repeated_examples(x: Array) -> list[IntArray]:
    """Return groups of rows that are equal in every number, each of at least two rows."""
    digests = _digests(x)
    order = np.argsort(digests, kind="stable")
    changes = np.flatnonzero(np.diff(digests[order])) + 1
    starts, ends = np.append(0, changes), np.append(changes, len(order))
    several = np.flatnonzero(ends - starts > 1)
    groups = [order[starts[one] : ends[one]] for one in several]
    return sorted(groups, key=lambda rows: int(rows[0]))


def _digests(x: Array) -> NDArray[np.uint64]:
    """Hash the bytes of each row (n,); a few bytes each, because the rows may not fit into memory.

    Different rows have the same 64 bits of BLAKE2 with probability n^2 / 2^65: 10^-7 for 2 million.
    """
    digests = np.empty(len(x), np.uint64)
    for start in range(0, len(x), HASHED_ROWS):
        rows = np.ascontiguousarray(x[start : start + HASHED_ROWS])
        hashes = b"".join(hashlib.blake2b(row.data, digest_size=8).digest() for row in rows)
        digests[start : start + len(rows)] = np.frombuffer(hashes, np.uint64)
    return digests


# --- near copies ----------------------------------------------------------------------------------


def near_copies(train: Array, other: Array) -> float:
    """Return the fraction of rows of `other` that are almost equal to one row of `train`.

    Near copies that are due to chance are subtracted.
    """
    train = select_rows(train, even_rows(len(train), NEAR_REFERENCE))
    other = other[even_rows(len(other), NEAR_ROWS)].astype(np.float64)
    if len(train) < 4 or not len(other) or train.shape[1] < NEAR_COLUMNS:
        return 0.0
    first, second, third = _three_nearest(train, other).T
    equal = first < EQUAL * third
    are_near = (first < NEAR * second) & ~equal
    chance = min(_near_by_chance(second, third), 1.0)
    beyond = float(are_near.mean()) - chance
    return beyond if beyond > SURE * math.sqrt(chance * (1 - chance) / len(other)) else 0.0


def _near_by_chance(second: FloatArray, third: FloatArray) -> float:
    """Return the fraction of rows whose nearest row is a near copy by chance, `NEAR` ^ d.

    In d dimensions the distance to the nearest of many rows is below r times that to the second
    nearest with probability r^d. Columns may depend on each other, so d is estimated, from the
    second and the third nearest row, which no copy disturbs: the mean of log(third / second) is
    1 / (2 d). (Facco et al. 2017 estimate it so from the nearest two.)

    Numbers that are rounded make equal distances, and d too large. So the fraction is at least
    what the second row shows, which is below r times the third with probability r^2d.
    """
    apart = second > 0
    mean = float(np.log(third[apart] / second[apart]).mean()) if apart.any() else 0.0
    expected = NEAR ** (0.5 / mean) if mean > 0 else 0.0
    return max(expected, math.sqrt(float((second < NEAR * third).mean())))


def _three_nearest(train: Array, other: Array) -> FloatArray:
    """Return the distances (n, 3) of each row of `other` to its three nearest rows of `train`.

    Columns are standardised first, unless they are pixels: many columns, or some that never change.
    """
    centre = sum(block.sum(axis=0) for block in _blocks(train)) / len(train)
    variance = sum(np.square(block - centre).sum(axis=0) for block in _blocks(train)) / len(train)
    whole = math.sqrt(variance.mean() + centre.var())  # the deviation of all numbers
    by_column = variance.min() > 0 and train.shape[1] < 64
    scale = np.sqrt(variance) if by_column else whole or 1.0
    other = (other - centre) / scale
    squares = np.empty((len(other), len(train)))
    for number, block in enumerate(_blocks(train)):
        near = (block - centre) / scale
        columns = slice(number * COMPARED_ROWS, number * COMPARED_ROWS + len(near))
        squares[:, columns] = np.square(other).sum(axis=1)[:, None] + np.square(near).sum(axis=1)
        squares[:, columns] -= 2 * (other @ near.T)
    squares.partition(3, axis=1)
    return np.asarray(np.sqrt(np.maximum(np.sort(squares[:, :3]), 0)))


def _blocks(x: Array) -> Iterator[FloatArray]:
    """Yield the rows in float64, a few at a time, because they may not fit into memory."""
    for start in range(0, len(x), COMPARED_ROWS):
        yield x[start : start + COMPARED_ROWS].astype(np.float64)
