"""The order of the rows in an epoch: shuffled one by one, or in blocks for data on a disk."""

from __future__ import annotations

import numpy as np

from byhand.arrays import IntArray
from byhand.errors import ArgumentError

BLOCKS = "blocks"
"""The value of `shuffle` that shuffles in blocks."""

BLOCK_ROWS = 1024
"""Neighbouring rows that stay together until their buffer is shuffled."""

BUFFER_BLOCKS = 32
"""Number of blocks that are shuffled together."""


def check_shuffle(shuffle: bool | str) -> None:
    """Raise unless the argument `shuffle` of `fit` is True, False or "blocks"."""
    if not isinstance(shuffle, (bool, np.bool_)) and shuffle != BLOCKS:
        raise ArgumentError(f'shuffle must be True, False or "{BLOCKS}"; got {shuffle!r}.')


def shuffle_rows(order: IntArray, shuffle: bool | str, rng: np.random.Generator) -> None:
    """Shuffle row numbers in place: one by one, or in blocks if `shuffle` is "blocks"."""
    if shuffle == BLOCKS:
        shuffle_in_blocks(order, rng)
    else:
        rng.shuffle(order)


def shuffle_in_blocks(order: IntArray, rng: np.random.Generator) -> None:
    """Shuffle row numbers in place, so that a disk is read in long pieces.

    The rows are divided into blocks of `BLOCK_ROWS`. The blocks come in a random order, and the
    rows of each `BUFFER_BLOCKS` consecutive ones are shuffled together. A block is thus read once
    in an epoch if a buffer fits into memory.
    """
    starts = np.arange(0, len(order), BLOCK_ROWS)
    rng.shuffle(starts)
    rows = order.copy()
    first = 0
    for at in range(0, len(starts), BUFFER_BLOCKS):
        blocks = [rows[start : start + BLOCK_ROWS] for start in starts[at : at + BUFFER_BLOCKS]]
        buffer = np.concatenate(blocks)
        rng.shuffle(buffer)
        order[first : first + len(buffer)] = buffer
        first += len(buffer)
