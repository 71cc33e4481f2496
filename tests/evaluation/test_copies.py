"""Copies of examples, exact and near."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from byhand import load_dataset
from byhand.errors import DataError
from byhand.evaluation import repeated_examples, shared_examples
from byhand.evaluation.copies import alike_by_chance, near_copies
from byhand.lazy_rows import lazy_rows


@pytest.mark.parametrize("shape", [(7,), (4, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_planted_copies_are_found(shape, dtype):
    """Each copied test row is paired with the first training row that it equals."""
    rng = np.random.default_rng(0)
    train, test = (rng.integers(0, 200, (n, *shape)).astype(dtype) for n in (50, 20))
    train[31] = train[4]
    test[[3, 11]] = train[[4, 40]]

    assert shared_examples(train, test).tolist() == [[4, 3], [40, 11]]
    assert [group.tolist() for group in repeated_examples(train)] == [[4, 31]]
    assert repeated_examples(test) == []


def test_a_pixel_makes_a_difference():
    """Copies are equal in every number."""
    train = np.zeros((1, 5), np.uint8)
    test = train.copy()
    test[0, 2] = 1

    assert shared_examples(train, test).shape == (0, 2)


def test_groups_are_in_the_order_of_their_first_rows_and_sets_may_be_empty():
    """More than one block of rows, large groups, and nothing at all."""
    x = np.random.default_rng(1).integers(0, 50, 3000)[:, None].astype(np.float32)
    first = np.unique(x[:, 0], return_index=True)[1]

    groups = repeated_examples(x)

    assert [int(rows[0]) for rows in groups] == sorted(first.tolist())
    for rows in groups:
        assert rows.tolist() == np.flatnonzero(x[:, 0] == x[rows[0], 0]).tolist()
    assert shared_examples(x, x)[:, 0].tolist() == [
        int(np.flatnonzero(x[:, 0] == value)[0]) for value in x[:, 0]
    ]
    for known, wanted in ((x[:0], x), (x, x[:0]), (x[:0], x[:0])):
        assert shared_examples(known, wanted).shape == (0, 2)
    assert repeated_examples(x[:0]) == []


def test_finding_copies_needs_a_few_bytes_for_each_row():
    """The rows may be on disk because they do not fit into memory."""
    x = np.arange(50_000, dtype=np.uint32)[:, None]
    tracemalloc.start()

    repeated_examples(x)
    shared_examples(x, x)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100 * len(x)


def test_other_shapes_cannot_be_copies():
    """Other shapes and types raise an error instead of finding no pairs."""
    with pytest.raises(DataError, match="same shape and dtype"):
        shared_examples(np.zeros((1, 5)), np.zeros((1, 6)))


# --- near copies ----------------------------------------------------------------------------------

DIGITS = load_dataset("digits")
X = DIGITS.train.images.reshape(-1, 64).astype(np.float32) / 16


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


def test_only_rows_of_few_different_numbers_are_alike_by_chance(rng) -> None:
    votes = rng.integers(0, 2, (400, 8))

    assert alike_by_chance(votes) == pytest.approx(1 - (1 - 2**-8) ** 399, abs=0.07)
    assert alike_by_chance(np.repeat(rng.normal(size=(200, 8)), 2, axis=0)) == 0
    assert alike_by_chance(votes[:0]) == 0


def test_rows_of_whole_numbers_in_a_few_columns_may_be_alike_by_chance(rng) -> None:
    people = np.column_stack(
        [rng.integers(18, 80, 2000), rng.poisson(1, 2000), rng.integers(0, 2, 2000)]
    )
    measured = np.column_stack([people, rng.normal(size=2000)])

    assert alike_by_chance(people) > 0.9
    assert alike_by_chance(people, images=True) == 0
    assert alike_by_chance(np.repeat(measured, 3, axis=0)) == 0


def test_digits_have_no_near_copies() -> None:
    assert near_copies(X[:900], X[900:]) < 0.02


def test_copies_with_a_little_noise_are_counted(rng) -> None:
    noisy = X[900:1000] + rng.normal(0, 0.01, (100, 64)).astype(np.float32)

    fraction = near_copies(np.concatenate([X[:900], noisy]), X[900:1100])

    assert fraction == pytest.approx(0.5, abs=0.05)


def test_near_rows_of_few_dimensions_are_not_near_copies(rng) -> None:
    """Six columns that follow from two numbers are near each other as often as in the plane."""
    plane = rng.normal(0, 1, (2300, 2))
    x = plane @ rng.normal(0, 1, (2, 6))

    assert near_copies(x[:2000], x[2000:]) < 0.04


@pytest.mark.parametrize(("columns", "seen"), [(3, 0.36), (4, 0.5)])  # by chance, less is sure
def test_copies_in_a_table_of_few_columns_are_counted(rng, columns: int, seen: float) -> None:
    x = rng.normal(0, 1, (1500, columns))
    noisy = x[1200:1350] + rng.normal(0, 0.01, (150, columns))

    fraction = near_copies(np.concatenate([x[:1200], noisy]), x[1200:])

    assert fraction == pytest.approx(seen, abs=0.05)


def test_equal_rows_are_not_near_copies() -> None:
    assert near_copies(X[:1000], X[900:1000]) < 0.02


def test_near_copies_of_rows_on_disk_are_the_same_and_need_little_memory(rng) -> None:
    train = np.repeat(X[:900], 12, axis=0) + rng.normal(0, 1, (10_800, 64)).astype(np.float32)
    train = np.tile(train, 8)
    other = train[::36] + rng.normal(0, 0.01, (300, 512)).astype(np.float32)
    tracemalloc.start()

    fraction = near_copies(lazy_rows([train[:5000], train[5000:]]), other)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fraction == near_copies(train, other) > 0.5
    assert most < 1.5 * 8 * 300 * 10_000 + 8 * 8 * 512 * 512  # the distances, and a few blocks
