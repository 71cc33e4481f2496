"""NPZ: NumPy's archive of arrays, as Keras keeps MNIST. Read, write, check.

`byhand.npz_archive` reads the arrays; this module finds images and labels among them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from byhand.arrays import Array
from byhand.data.dataset import Dataset, Part, check_lengths
from byhand.data.formats.files import existing_file, replacing
from byhand.data.image_arrays import images_from
from byhand.data.labels import (
    TaskChoice,
    check_length,
    check_names,
    choose_task,
    encode_labels,
    labels_from,
    numbered_classes,
)
from byhand.decompression import check_expansion
from byhand.errors import FormatError
from byhand.npz_archive import names_in
from byhand.npz_archive import read_arrays as read_arrays

TRAIN_KEYS = (
    ("x_train", "y_train"),
    ("train_images", "train_labels"),
    ("images", "labels"),
    ("x", "y"),
    ("data", "target"),
    ("data", "labels"),
    ("arr_0", "arr_1"),
)
"""Names of the arrays of the train part; the first pair found in an archive is used."""

TEST_KEYS = (("x_test", "y_test"), ("test_images", "test_labels"))
"""Names of the arrays of the test part, whose labels may be missing."""

MOST_GROWTH = 2
"""A data set may take this much more memory than the arrays of an archive may expand to."""

NAMES = {"class_names", "task", *(name for pair in (*TRAIN_KEYS, *TEST_KEYS) for name in pair)}
"""Names of all arrays that a data set is read from; others are ignored."""


def read_npz(path: str | os.PathLike[str], *, task: TaskChoice = "auto") -> Dataset:
    """Read a data set from an archive with x_train, y_train, x_test, y_test or similar names.

    An array `class_names` names the classes, and an array `task` states the task.

    Args:
        path: the archive.
        task: "classification" or "regression"; "auto" uses the archive's `task`, or decides from
            the labels (see `byhand.data.labels.choose_task`).

    Raises:
        FileError: the file is missing.
        FormatError: it cannot be read, or has no arrays of known names.
        DataError: the arrays are not images and labels that belong together.
    """
    path = existing_file(path)
    arrays = read_arrays(path, NAMES)
    images, labels = _pair(arrays, TRAIN_KEYS) or (None, None)
    if images is None or labels is None:
        pairs = "; ".join(", ".join(pair) for pair in TRAIN_KEYS)
        found = ", ".join(names_in(path))[:500]
        raise FormatError(
            f"{path}: no images and labels under known names. Found: {found}. "
            f"Expected one of the pairs {pairs}."
        )
    test_images, test_labels = _pair(arrays, TEST_KEYS) or (None, None)
    for array in arrays.values():
        if array.dtype.kind in "US":
            check_length(array.dtype.itemsize // np.dtype(f"{array.dtype.kind}1").itemsize)
    _check_memory(path, arrays)
    names = tuple(str(name) for name in np.ravel(arrays.get("class_names", ())))
    check_names(names)
    if task == "auto" and "task" in arrays:
        task = "regression" if str(arrays["task"]) == "regression" else "classification"
    return dataset_from_arrays(path, (images, labels), (test_images, test_labels), names, task)


def dataset_from_arrays(
    path: Path,
    train: tuple[Array, Array],
    test: tuple[Array | None, Array | None],
    names: tuple[str, ...],
    task: TaskChoice,
) -> Dataset:
    """Return the data set of arrays that were read from a path.

    Args:
        path: the file or folder, for its name and for messages.
        train: images (or rows) and labels of the train part.
        test: those of the test part; None for what is missing.
        names: names of the classes, or none if they follow from the labels.
        task: "classification" or "regression"; "auto" decides from the labels.
    """
    _, labels = train
    test_images, test_labels = test
    check_lengths(*train)
    if test_images is not None:
        check_lengths(test_images, test_labels)
    chosen = choose_task(labels, "classification" if task == "auto" and names else task)
    if chosen == "classification":
        names = names or _class_names(labels, test_labels)

    def part(images: Array, labels: Array | None) -> Part:
        return Part(images_from(images, str(path)), _encoded(labels, names), chosen)

    test_part = None if test_images is None else part(test_images, test_labels)
    return Dataset(path.stem, part(*train), test_part, names, source=str(path))


def write_npz(path: str | os.PathLike[str], dataset: Dataset) -> None:
    """Write a data set in Keras's layout, with `class_names` and `task`."""
    arrays = {
        "x_train": dataset.train.images,
        "class_names": np.array(dataset.class_names, dtype=str),
        "task": np.array(dataset.task),
    }
    if dataset.train.labels is not None:
        arrays["y_train"] = dataset.train.labels
    if dataset.test is not None:
        arrays["x_test"] = dataset.test.images
        if dataset.test.labels is not None:
            arrays["y_test"] = dataset.test.labels
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def _check_memory(path: Path, arrays: Mapping[str, Array]) -> None:
    """Raise a FormatError if a small archive would become a large data set.

    A label takes 8 bytes there, a word about 64, and a number of a table at least 4.
    """
    memory = 0
    for array in arrays.values():
        least = {"U": 64, "S": 64}.get(array.dtype.kind, 8 if array.ndim == 1 else 4)
        is_image = array.ndim > 2
        memory += array.nbytes if is_image else array.size * max(least, array.itemsize)
    check_expansion(path.stat().st_size, memory // MOST_GROWTH, path)


def _pair(
    arrays: Mapping[str, Array], known: tuple[tuple[str, str], ...]
) -> tuple[Array, Array | None] | None:
    by_name = {name.lower(): array for name, array in arrays.items()}
    for images, labels in known:
        if images in by_name:
            return by_name[images], by_name.get(labels)
    return None


def _class_names(train: Array, test: Array | None) -> tuple[str, ...]:
    if train.dtype.kind in "US":
        return encode_labels(train)[1]
    return numbered_classes(_whole(train), None if test is None else _whole(test))


def _whole(labels: Array) -> Array:
    """Return labels as integers; those that are integers already are not copied."""
    return labels if labels.ndim == 1 and labels.dtype.kind in "iu" else labels_from(labels)


def _encoded(labels: Array | None, names: Sequence[str]) -> Array | None:
    """Return labels with words as class numbers; everything else is left to `Part`."""
    words = labels is not None and labels.dtype.kind in "US"
    return encode_labels(labels, names)[0] if labels is not None and words else labels
