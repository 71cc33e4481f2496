"""How a batch is divided into shards, and in which order their gradients are added.

The number of shards does not depend on the number of ranks. Each shard is computed as a batch of
its own, and the gradients are added along a binary tree:

    ((g0 + g1) + (g2 + g3)) + ((g4 + g5) + (g6 + g7))

With 1, 2, 4 or 8 ranks, each rank computes one subtree, and the ranks add the rest of the tree.
The additions are always the same, so the bits are too.
"""

from __future__ import annotations

from collections.abc import Callable

from byhand.arrays import FloatArray
from byhand.errors import ArgumentError

SHARDS = 8
"""Default number of shards."""

MOST_SHARDS = 1024


def shard(first: int, last: int, index: int, shards: int) -> tuple[int, int]:
    """Return the rows [start, stop) of a shard of the batch [first, last)."""
    n = last - first
    return first + n * index // shards, first + n * (index + 1) // shards


def shards_of(rank: int, size: int, shards: int) -> range:
    """Return the shards of a rank: as many for each rank, neighbours in the tree."""
    each = shards // size
    return range(rank * each, (rank + 1) * each)


def check_division(size: int, shards: int) -> None:
    """Raise ArgumentError unless the ranks can share the shards equally, along the tree."""
    if shards < 1 or shards & (shards - 1):
        raise ArgumentError(f"shards must be a power of two, such as 8; got {shards}.")
    if shards % size:
        fitting = [str(2**k) for k in range(shards.bit_length())]
        several = f"{', '.join(fitting[:-1])} or {fitting[-1]} ranks" if shards > 1 else "1 rank"
        raise ArgumentError(
            f"{size} ranks cannot share {shards} shard{'s' if shards > 1 else ''} of each batch "
            f"equally. Start {several}, or give another power of two with --shards."
        )


def sum_along_tree(
    shards: range,
    compute: Callable[[int], None],
    total: FloatArray,
    partial: list[FloatArray],
) -> None:
    """Write the sum of what these shards compute to `total`.

    The right half is computed first, so that the first shard is the last to be computed.

    Args:
        shards: a whole subtree: 1, 2, 4, ... shards.
        compute: writes the gradient of a shard to `total`.
        total: the gradient.
        partial: a vector like `total` for each level of the subtree above the leaves.
    """
    if len(shards) == 1:
        compute(shards[0])
        return
    middle, right = len(shards) // 2, partial[0]
    sum_along_tree(shards[middle:], compute, total, partial[1:])
    right[:] = total
    sum_along_tree(shards[:middle], compute, total, partial[1:])
    total += right
