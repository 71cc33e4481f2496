"""Split rows into a training set and a validation set.

The callers choose the size: `fit` in `mlp.py` splits off nothing by default, and stratifies if
asked to split; recipes have `validation` in their table `data`, 0.1 in `recipes/basic.toml`, and
`runs/split_dataset.py` splits for them, stratified. Both pass the seed's stream "split".
"""

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
    """Return row numbers (training, validation), both sorted, drawn without replacement.

    Args:
        n: number of rows.
        held_out: size of the validation set: a fraction between 0 and 1, or a number of rows.
        rng: random generator.
        labels: class labels for a stratified split, in which each class keeps its fraction to
            within one row; None for any split.
    """
    count = _held_out_count(n, held_out)
    drawn = rng.permutation(n)[:count] if labels is None else _stratified(labels, count, rng)
    mask = np.zeros(n, dtype=bool)
    mask[drawn] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _held_out_count(n: int, held_out: float | int) -> int:
    is_count = isinstance(held_out, (int, np.integer)) and not isinstance(held_out, bool)
    is_fraction = isinstance(held_out, (float, np.floating)) and 0 < held_out < 1
    count = int(held_out) if is_count else round(n * float(held_out)) if is_fraction else 0
    if not 0 < count < n:
        raise ArgumentError(
            f"the validation set must be a fraction between 0 and 1, or fewer rows than there are "
            f"({n}), and leave something on both sides; got {held_out!r}."
        )
    return count


def _stratified(labels: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Draw `count` rows in proportion to the classes, rounded by largest remainder."""
    classes, sizes = np.unique(labels, return_counts=True)
    exact = sizes * (count / len(labels))
    quota = np.floor(exact).astype(int)
    largest = np.argsort(quota - exact, kind="stable")[: count - quota.sum()]
    quota[largest] += 1
    chosen = [
        rng.permutation(np.flatnonzero(labels == label))[:wanted]
        for label, wanted in zip(classes, quota, strict=True)
    ]
    return np.concatenate(chosen)
