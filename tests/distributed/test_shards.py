"""Shards cover a batch, and their sum is added along one tree for any number of ranks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.distributed.shards import check_division, shard, shards_of, sum_along_tree
from byhand.errors import ArgumentError


@given(first=st.integers(0, 1000), n=st.integers(1, 300), shards=st.sampled_from([1, 2, 8, 64]))
def test_shards_cover_a_batch_in_equal_parts(first: int, n: int, shards: int) -> None:
    parts = [shard(first, first + n, index, shards) for index in range(shards)]
    sizes = [stop - start for start, stop in parts]

    assert [row for start, stop in parts for row in range(start, stop)] == list(
        range(first, first + n)
    )
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_ranks_share_the_shards(size: int) -> None:
    assert [index for rank in range(size) for index in shards_of(rank, size, 8)] == list(range(8))


def test_the_tree_adds_neighbours_first_and_ends_with_the_first_shard() -> None:
    total, computed = np.zeros(1, np.float32), []
    values = np.float32([1e8, 1, -1e8, 1, 3, 5, 7, 11])

    def compute(index: int) -> None:
        computed.append(index)
        total[0] = values[index]

    sum_along_tree(range(8), compute, total, [np.empty_like(total) for _ in range(3)])

    a, b, c, d, e, f, g, h = values
    assert total[0] == ((a + b) + (c + d)) + ((e + f) + (g + h))
    assert total[0] != values.sum(dtype=np.float64)  # another order gives other bits
    assert computed == [7, 6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("size", "shards", "message"),
    [
        (3, 8, "3 ranks cannot share 8 shards of each batch equally. Start 1, 2, 4 or 8 ranks"),
        (16, 8, "16 ranks cannot share 8 shards"),
        (2, 1, "2 ranks cannot share 1 shard of each batch equally. Start 1 rank, or"),
        (1, 6, "shards must be a power of two, such as 8; got 6"),
    ],
)
def test_shards_that_ranks_cannot_share_are_refused(size: int, shards: int, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        check_division(size, shards)
