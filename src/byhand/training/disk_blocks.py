"""Shuffling in blocks, for data on a disk.

`trainer.py` shuffles other data row by row, and cuts the rows into batches, the short last one
included unless `drop_last` is set.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import IntArray

BLOCKS = "blocks"
"""The value of `shuffle` that shuffles in blocks."""

BLOCK_ROWS = 1024
"""Neighbouring rows that stay together until their buffer is shuffled."""

BUFFER_BLOCKS = 32
"""Number of blocks that are shuffled together."""


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
