"""Splitting: no row twice, no row lost, and every class keeps its proportion on both sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand import ArgumentError, split_rows

shares = st.floats(0.05, 0.95)
labellings = st.lists(st.integers(0, 4), min_size=20, max_size=300).map(np.array)


def split(n, held_out, labels=None, seed=0):
    return split_rows(n, held_out, np.random.default_rng(seed), labels)


@given(st.integers(20, 300), shares, st.integers(0, 2**31))
def test_the_parts_are_disjoint_complete_and_sorted(n, share, seed):
    train, held_out = split(n, share, seed=seed)

    np.testing.assert_array_equal(np.sort(np.concatenate([train, held_out])), np.arange(n))
    assert len(held_out) == round(n * share)
    assert (np.diff(train) > 0).all()
    assert (np.diff(held_out) > 0).all()


@given(labellings, shares, st.integers(0, 2**31))
def test_stratified_parts_are_disjoint_complete_and_of_the_same_size(labels, share, seed):
    train, held_out = split(len(labels), share, labels, seed)

    np.testing.assert_array_equal(
        np.sort(np.concatenate([train, held_out])), np.arange(len(labels))
    )
    assert len(held_out) == round(len(labels) * share)


@given(labellings, shares, st.integers(0, 2**31))
def test_stratified_classes_keep_their_fraction_to_within_one_row(labels, share, seed):
    _, held_out = split(len(labels), share, labels, seed)

    exact = np.bincount(labels) * (len(held_out) / len(labels))
    assert (np.abs(np.bincount(labels[held_out], minlength=len(exact)) - exact) < 1).all()


@pytest.mark.parametrize("count", [1, 7, 99])
@pytest.mark.parametrize("labels", [None, np.arange(100) % 10])
def test_a_whole_number_is_a_number_of_rows(count, labels):
    train, held_out = split(100, count, labels)

    assert (len(train), len(held_out)) == (100 - count, count)


@pytest.mark.parametrize("labels", [None, np.arange(100) % 10])
def test_the_split_is_drawn_and_not_cut_off_the_end(labels):
    _, held_out = split(100, 0.3, labels)

    assert held_out.min() < 30
    assert held_out.max() > 70


@pytest.mark.parametrize("labels", [None, np.arange(100) % 10])
def test_the_same_stream_draws_the_same_split_and_another_another(labels):
    for part, again in zip(split(100, 0.3, labels), split(100, 0.3, labels), strict=True):
        np.testing.assert_array_equal(part, again)
    assert not np.array_equal(split(100, 0.3, labels)[1], split(100, 0.3, labels, seed=1)[1])


def test_labels_need_not_be_consecutive():
    labels = np.repeat([-5, 10, 1000], [50, 30, 20])

    _, held_out = split(100, 0.1, labels)

    np.testing.assert_array_equal(np.sort(labels[held_out]), [-5] * 5 + [10] * 3 + [1000] * 2)


@pytest.mark.parametrize(
    "held_out",
    [0, 100, 101, -1, 0.0, 1.0, 1.5, -0.1, 0.001, 0.999, True, float("nan"), "half", None],
)
def test_a_part_that_leaves_nothing_on_one_side_is_refused(held_out):
    with pytest.raises(ArgumentError, match=r"a fraction between 0 and 1, or fewer rows .*\(100\)"):
        split(100, held_out)
