"""Labels: whether those of a file are classes or values, and class numbers from them.

Classification labels are int64 (n,), counted from 0. Regression targets are float64 (n,). Several
labels for each row are int64 (n, labels) of 0 and 1. The rows of 0 and 1 that a loss compares with
are made from them by `one_hot.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError, DataError
from byhand.one_hot import is_one_hot

Task = Literal["classification", "multi-label", "regression"]
TableTask = Literal["classification", "regression"]
TaskChoice = Literal["auto", "classification", "regression"]

TASKS = ("auto", "classification", "regression")

MOST_CLASSES = 10_000
"""Largest number of classes, so that a single wrong label cannot fill the memory with names."""

LONGEST_NAME = 1000
"""Largest number of characters of a class name."""

MOST_INTEGER_CLASSES = 100
"""Labels with more different integers than this are read as a regression target."""

FEW_INTEGER_CLASSES = 20
"""Up to this many different integers are always read as classes."""

ROWS_FOR_EACH_CLASS = 5
"""Between these two limits, classes must have at least this many rows on average."""


def choose_task(values: Sequence[str] | Array, task: TaskChoice = "auto") -> Task:
    """Return the given task, or the one that suits the labels.

    "auto" chooses regression for numbers that are not all integers, for more than 100 different
    integers, and for more than 20 different integers with fewer than 5 rows each on average.
    Everything else, words included, is classification.

    Raises:
        ArgumentError: an unknown task.
    """
    if task not in TASKS:
        raise ArgumentError(f"unknown task {task!r}. Choose from: {', '.join(TASKS)}.")
    if task != "auto":
        return task
    array = _as_array(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "iuf" or not array.size:
        return "classification"
    is_whole = array.dtype.kind in "iu" and _fits_int64(array)  # seen without a copy
    if not is_whole and as_integers(array) is None:
        return "regression"
    different = len(np.unique(array))
    few_rows = len(array) < ROWS_FOR_EACH_CLASS * different
    many = different > MOST_INTEGER_CLASSES or (different > FEW_INTEGER_CLASSES and few_rows)
    return "regression" if many else "classification"


def targets_from(values: Sequence[str] | Array) -> FloatArray:
    """Return regression targets as float64 (n,).

    Raises:
        DataError: words, several numbers for each row, NaN or infinity.
    """
    values = _as_array(values)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or values.dtype.kind not in "iufb":
        got = "words" if values.dtype.kind in "USO" else str(values.dtype)
        raise DataError(
            f"regression needs one number for each row, shape (n,); got {got} of shape "
            f"{values.shape}."
        )
    targets: FloatArray = values.astype(np.float64, copy=False)
    wrong = np.flatnonzero(~np.isfinite(targets))
    if wrong.size:
        raise DataError(
            f"the target in row {wrong[0]} (counted from 0) is {targets[wrong[0]]}. "
            "Remove such rows or fill in the missing values."
        )
    return targets


def labels_from(labels: Array) -> IntArray:
    """Return labels as int64 (n,), from integers of any type, a column of them, or one-hot rows.

    Raises:
        DataError: fractions, words, or rows of several numbers that are not one-hot.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    elif is_one_hot(labels):
        numbers: IntArray = labels.argmax(axis=1).astype(np.int64)
        return numbers
    if labels.ndim != 1:
        raise DataError(
            f"expected one label for each row, shape (n,), or one-hot rows (n, classes) with a "
            f"single 1 each; got shape {labels.shape}. A row cannot have several labels."
        )
    integers = as_integers(labels)
    if integers is None:
        raise DataError(
            f"labels must be integers from 0; got {labels.dtype} {labels[:3]} ... For continuous "
            "targets choose task='regression'."
        )
    return integers


def marks_from(labels: Array) -> IntArray:
    """Return a mark of 0 or 1 for each row and label, as int64 (n, labels).

    Raises:
        DataError: another shape, or other numbers.
    """
    labels = np.asarray(labels)
    if labels.ndim != 2 or labels.dtype.kind not in "iufb" or not np.isin(labels, (0, 1)).all():
        raise DataError(
            "several labels for each row need a mark of 0 or 1 for each label, shape (n, labels); "
            f"got {labels.dtype} of shape {labels.shape}."
        )
    return labels.astype(np.int64)


def numbered_classes(*labels: IntArray | None) -> tuple[str, ...]:
    """Return the class names "0", "1", ... up to the largest label.

    Raises:
        DataError: a label of 10,000 or more.
    """
    largest = max((int(part.max()) for part in labels if part is not None and part.size), default=0)
    if largest >= MOST_CLASSES:
        raise DataError(
            f"label {largest} is too large: class numbers must lie below {MOST_CLASSES:,}. Number "
            "the classes from 0, name them with words, or choose task='regression'."
        )
    return tuple(str(number) for number in range(max(largest, 0) + 1))


def encode_labels(
    values: Sequence[str] | Array, class_names: Sequence[str] | None = None
) -> tuple[IntArray, tuple[str, ...]]:
    """Return labels as numbers from 0, and the names of the classes.

    Integers from 0 to 999 keep their numbers. Any other value is a name: the names are sorted
    (numbers by size, words alphabetically) and become 0, 1, 2, ...

    Args:
        values: one number or one word for each row.
        class_names: the names to use, for instance those of the train part.

    Raises:
        DataError: a name that is not among `class_names`, is too long, or too many of them.
    """
    values = _as_array(values)
    if values.ndim != 1:
        raise DataError(f"expected one label for each row, got an array of {values.shape}.")
    numbers = as_integers(values)
    is_few = numbers is not None and numbers.size and 0 <= numbers.min() <= numbers.max() < 1000
    if numbers is not None and class_names is None and is_few:
        return numbers, numbered_classes(numbers)
    words = [str(value).strip() for value in (values if numbers is None else numbers)]
    check_names(set(words))
    names = sorted(set(words), key=by_size) if class_names is None else list(class_names)
    place = {name: index for index, name in enumerate(names)}
    unknown = next((word for word in words if word not in place), None)
    if unknown is not None:
        raise DataError(f"unknown class {unknown!r}; expected one of {', '.join(names)}.")
    return np.array([place[word] for word in words], dtype=np.int64), tuple(names)


def check_names(names: Collection[str]) -> None:
    """Raise a DataError if there are too many class names, or one is too long."""
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{len(names):,} different classes; at most {MOST_CLASSES:,}. Choose another column of "
            "labels, or task='regression' for numbers."
        )
    check_length(max(map(len, names), default=0))


def check_length(characters: int) -> None:
    """Raise a DataError if a class name has too many characters."""
    if characters > LONGEST_NAME:
        raise DataError(f"a class name has {characters:,} characters; at most {LONGEST_NAME:,}.")


def as_integers(values: Sequence[str] | Array) -> IntArray | None:
    """Return the values as int64, or None if they are not all integers."""
    array = _as_array(values)
    if array.dtype.kind in "USO":
        try:
            array = np.array([float(value) for value in array.tolist()], np.float64)
        except (ValueError, TypeError):
            return None
    if array.dtype.kind not in "iuf" or not _fits_int64(array):
        return None
    if array.dtype.kind == "f" and not (array == np.floor(array)).all():
        return None
    return array.astype(np.int64, copy=False)


def _as_array(values: Sequence[str] | Array) -> Array:
    """Return the values as an array; a list with words as one of objects.

    An array of text would take four bytes for each character of the longest word, in every row.
    """
    is_list = not isinstance(values, np.ndarray)
    has_words = is_list and any(isinstance(value, str) for value in values)
    return np.array(values, object) if has_words else np.asarray(values)


def _fits_int64(array: Array) -> bool:
    """Return whether all numbers are finite and small enough for int64."""
    return not array.size or bool(array.min() >= -(2.0**63) and array.max() < 2.0**63)


def by_size(name: str) -> tuple[int, float, str]:
    """Return a sort key that puts numbers first, by size, and then words alphabetically."""
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name
