from __future__ import annotations

import contextlib
import tracemalloc

import numpy as np
import pytest

from byhand.data.labels import (
    as_integers,
    choose_task,
    encode_labels,
    labels_from,
    numbered_classes,
    targets_from,
)
from byhand.errors import ArgumentError, DataError


@pytest.mark.parametrize(
    ("values", "labels", "names"),
    [
        ([2, 0, 1], [2, 0, 1], "012"),
        (["2", "0", "1"], [2, 0, 1], "012"),
        ([2.0, 0.0], [2, 0], "012"),
        (["b", "a", "c"], [1, 0, 2], "abc"),
        (["-1", "1", "-1"], [0, 1, 0], ["-1", "1"]),
        ([1900, 1800, 2000], [1, 0, 2], ["1800", "1900", "2000"]),
        (["10", "9", "x"], [1, 0, 2], ["9", "10", "x"]),
    ],
)
def test_labels_become_numbers_from_0_with_names(values, labels, names) -> None:
    got, got_names = encode_labels(values)

    assert got.tolist() == labels
    assert got_names == tuple(names)


def test_given_class_names_are_kept() -> None:
    assert encode_labels(["b", "b"], "abc")[0].tolist() == [1, 1]
    assert encode_labels(np.array([7]), "0123456789")[0].tolist() == [7]


def test_an_unknown_class_is_an_error() -> None:
    with pytest.raises(DataError, match="unknown class 'd'; expected one of a, b, c"):
        encode_labels(["a", "d"], "abc")


def test_a_column_of_labels_is_accepted() -> None:
    assert labels_from(np.array([[1], [2]])).tolist() == [1, 2]


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "u1", "bool"])
def test_one_hot_rows_become_class_numbers(dtype: str) -> None:
    rows = np.eye(4)[[2, 0, 3]].astype(dtype)

    assert labels_from(rows).dtype == np.int64
    assert labels_from(rows).tolist() == [2, 0, 3]


@pytest.mark.parametrize(
    "rows",
    [[[1, 1], [0, 1]], [[0, 0], [0, 1]], [[0.5, 0.5], [0, 1]], [[2, -1], [0, 1]], [[np.nan, 1]]],
)
def test_rows_that_are_not_one_hot_are_refused(rows) -> None:
    with pytest.raises(DataError, match="one-hot rows"):
        labels_from(np.array(rows))


def test_a_huge_label_is_refused_before_its_names_fill_the_memory() -> None:
    with pytest.raises(DataError, match=r"label 100000000 is too large.*below 10,000"):
        numbered_classes(np.array([0, 100_000_000]))


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([0.5, 1.0, 2.0], "regression"),
        ([np.nan, 1.0, 2.0], "regression"),
        ([0.0, 1.0, 2.0], "classification"),
        (["0.5", "a"], "classification"),
        (np.arange(10), "classification"),
        (np.arange(20), "classification"),
        (np.arange(21), "regression"),
        (np.arange(21).repeat(5), "classification"),
        (np.arange(100).repeat(5), "classification"),
        (np.arange(101).repeat(1000), "regression"),
        (np.arange(30)[:, None], "regression"),
        (np.eye(30), "classification"),
    ],
)
def test_the_task_is_chosen_by_the_labels(values, task: str) -> None:
    assert choose_task(values) == task


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_given_task_is_kept(task) -> None:
    assert choose_task([0.5], task) == task
    assert choose_task(["a"], task) == task


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(ArgumentError, match="auto, classification, regression"):
        choose_task([1], "clustering")  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [[0, 1e300], [0.0, np.inf], [np.nan, 1], [0, 2**63 + 5]])
def test_numbers_beyond_int64_are_not_class_numbers(values) -> None:
    array = np.array(values, np.uint64 if values[1] == 2**63 + 5 else np.float64)

    assert as_integers(array) is None
    with pytest.raises(DataError, match="labels must be integers"):
        labels_from(array)


def test_too_many_words_are_not_classes() -> None:
    with pytest.raises(DataError, match=r"10,001 different classes; at most 10,000"):
        encode_labels([f"word {i}" for i in range(10_001)])


def test_a_word_that_is_too_long_is_not_a_class() -> None:
    with pytest.raises(DataError, match=r"a class name has 1,001 characters; at most 1,000"):
        encode_labels(["a", "b" * 1001])


@pytest.mark.parametrize("task", ["auto", "classification", "regression"])
def test_one_long_word_takes_no_memory_in_every_row(task) -> None:
    words = ["0"] * 50_000 + ["x" * 900]  # as an array of text: 180 MB

    tracemalloc.start()
    with contextlib.suppress(DataError):
        choose_task(words, task)
        targets_from(words) if task == "regression" else encode_labels(words)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 20 << 20


def test_words_that_are_numbers_are_numbers() -> None:
    assert as_integers(["1", " 2 ", "3.0"]).tolist() == [1, 2, 3]
    assert as_integers(["1", "2.5"]) is None
    assert as_integers(np.array(["4", "5"])).tolist() == [4, 5]
    assert as_integers(["1", "one"]) is None
    with pytest.raises(DataError, match="got words of shape"):
        targets_from(["1", "one"])
