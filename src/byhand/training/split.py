"""Splitting rows into those to learn from and those held out."""

from __future__ import annotations

import numpy as np

from byhand.arrays import IntArray
from byhand.errors import ArgumentError


def split_rows(
    n: int,
    held_out: float | int,
    rng: np.random.Generator,
    labels: IntArray | None = None,
) -> tuple[IntArray, IntArray]:
    """Row numbers (to train on, held out), both sorted, drawn without replacement.

    Args:
        n: number of rows.
        held_out: a share between 0 and 1, or a whole number of rows.
        rng: the source of randomness.
        labels: with labels the split is stratified: each class keeps its share to within one row.
    """
    count = _held_out_count(n, held_out)
    drawn = rng.permutation(n)[:count] if labels is None else _stratified(labels, count, rng)
    mask = np.zeros(n, dtype=bool)
    mask[drawn] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _held_out_count(n: int, held_out: float | int) -> int:
    whole = isinstance(held_out, (int, np.integer)) and not isinstance(held_out, bool)
    share = isinstance(held_out, (float, np.floating)) and 0 < held_out < 1
    count = int(held_out) if whole else round(n * float(held_out)) if share else 0
    if not 0 < count < n:
        raise ArgumentError(
            f"what is held out must be a share between 0 and 1, or fewer rows than there are "
            f"({n}), and leave something on both sides; got {held_out!r}."
        )
    return count


def _stratified(labels: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """`count` rows in which each class has its share, rounded by largest remainder."""
    classes, sizes = np.unique(labels, return_counts=True)
    exact = sizes * (count / len(labels))
    quota = np.floor(exact).astype(int)
    largest = np.argsort(quota - exact, kind="stable")[: count - quota.sum()]
    quota[largest] += 1
    parts = [
        rng.permutation(np.flatnonzero(labels == label))[:wanted]
        for label, wanted in zip(classes, quota, strict=True)
    ]
    return np.concatenate(parts)
