"""Dataset: images or table rows with their labels, in a train and a test part.

Images are uint8 (n, height, width) with ink 255 on paper 0, and stay uint8 in memory; the input
layer of a network scales them (`network/layers/pixel_scaling.py`). Tables are float32 (n, columns).
Class labels are int64 (n,), counted from 0; regression targets are float64 (n,). Everything is
checked on construction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.data.display import dataset_html, part_html, size_of
from byhand.data.image_arrays import blocks_of, checked_images
from byhand.data.labels import Task, labels_from, marks_from, targets_from
from byhand.data.prepare_picture import Preparation
from byhand.errors import DataError
from byhand.lazy_rows import is_lazy


@dataclass(frozen=True, eq=False)
class Part:
    """Images (or rows of a table) with their labels.

    Args:
        images: uint8 (n, height, width), or a table (n, columns), which is kept as float32, or as
            float64 where float32 would round a column by more than a millionth of its range.
        labels: class numbers or targets (n,), one-hot rows (n, classes), or for several labels a
            mark of 0 or 1 for each (n, labels); None if unknown.
        task: "classification" and "multi-label" keep the labels as int64, "regression" as float64.

    Raises:
        DataError: no rows, a wrong shape or type, NaN or infinity, or lengths that differ.
    """

    images: Array
    labels: Array | None = None
    task: Task = "classification"

    def __post_init__(self) -> None:
        """Convert and check once, so that the rest of the library can rely on it."""
        images = _plain(self.images, "images")
        labels = None if self.labels is None else _plain(self.labels, "labels")
        check_lengths(images, labels)  # first, because what follows may need far more memory
        object.__setattr__(self, "images", checked_images(images))
        if labels is not None:
            object.__setattr__(self, "labels", _CONVERT[self.task](labels))

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"Part({size_of(self)})"

    def _repr_html_(self) -> str:
        return part_html(self)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A named data set with its parts and the meaning of its labels and columns.

    Args:
        name: the name in tables and reports.
        train: the part to train on; it must have labels.
        test: the part to evaluate on, or None; its labels may be unknown.
        class_names: the name of label 0, of label 1, ...; empty for regression.
        source: the file or folder it was read from.
        credit: its authors and its licence.
        inverted: whether the files have dark ink on light paper and were inverted when read.
        fitted: whether the images of a folder were fitted into squares.
        preparation: how the images were made from pictures of handwriting, by which pictures are
            prepared for prediction as well; None for other data.
        column_names: names of a table's columns after encoding, such as "colour=red".
        encoding: categories of each categorical column, {"colour": ["blue", "red"]}; give it to
            `read_table` to encode a later table in the same way.

    Raises:
        DataError: labels outside 0..classes-1, only one class in train, parts that differ in
            image shape or task, or class names that repeat.
    """

    name: str
    train: Part
    test: Part | None
    class_names: tuple[str, ...]
    source: str = ""
    credit: str = ""
    inverted: bool = False
    fitted: bool = False
    preparation: Preparation | None = None
    column_names: tuple[str, ...] = ()
    encoding: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that parts and class names belong together."""
        object.__setattr__(self, "class_names", tuple(str(name) for name in self.class_names))
        if len(set(self.class_names)) < len(self.class_names):
            raise DataError(
                f"{self.name}: class names occur more than once: {', '.join(self.class_names)}."
            )
        if self.task == "regression" and self.class_names:
            raise DataError(f"{self.name}: a regression data set has no class names.")
        for part_name, part in self.parts():
            self._check_part(part_name, part)
        _check_train_labels(self.name, self.train)

    def _check_part(self, part_name: str, part: Part) -> None:
        if part.images.shape[1:] != self.image_shape:
            raise DataError(
                f"{self.name}: train and test differ in shape: {_size(self.image_shape)} and "
                f"{_size(part.images.shape[1:])}."
            )
        if part.labels is None:
            return
        if part.task != self.task:
            raise DataError(
                f"{self.name}: train and test differ in task: {self.task} and {part.task}."
            )
        if self.task == "multi-label" and part.labels.shape[1] != len(self.class_names):
            raise DataError(
                f"{self.name}, {part_name}: expected a name for each of {part.labels.shape[1]} "
                f"labels; got {len(self.class_names)}."
            )
        if self.task == "classification":
            _check_range(f"{self.name}, {part_name}", part.labels, len(self.class_names))

    @property
    def task(self) -> Task:
        """Return "classification", "multi-label", or "regression" for continuous targets."""
        return self.train.task

    def parts(self) -> Iterator[tuple[str, Part]]:
        """Yield the name and content of each part: train, then test if there is one."""
        yield "train", self.train
        if self.test is not None:
            yield "test", self.test

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Return (height, width) of an image, or (columns,) of a table."""
        return self.train.images.shape[1:]

    @cached_property
    def sha256(self) -> str:
        """Return the SHA-256 of the content, which does not depend on the file format.

        It covers train images, train labels, test images and test labels, in this order: for each
        array one line `train.images uint8 60000x28x28`, then its little-endian bytes, rows first.
        """
        digest = hashlib.sha256()
        for name, part in self.parts():
            for what, array in (("images", part.images), ("labels", part.labels)):
                if array is not None:
                    _hash_array(digest, f"{name}.{what}", array)
        return digest.hexdigest()

    def summary(self) -> dict[str, Any]:
        """Return sizes, classes, source and checksum as plain JSON values."""
        return {
            "name": self.name,
            "task": self.task,
            "train": len(self.train),
            "test": len(self.test) if self.test is not None else 0,
            "image_shape": list(self.image_shape),
            "dtype": self.train.images.dtype.name,
            "class_names": list(self.class_names),
            "images_per_class": {name: self._per_class(part) for name, part in self.parts()},
            "target_range": {name: self._target_range(part) for name, part in self.parts()},
            "column_names": list(self.column_names),
            "encoding": {name: list(values) for name, values in self.encoding.items()},
            "source": self.source,
            "credit": self.credit,
            "sha256": self.sha256,
        }

    def _per_class(self, part: Part) -> list[int] | None:
        if part.labels is None or self.task == "regression":
            return None
        if self.task == "multi-label":
            return [int(count) for count in part.labels.sum(axis=0)]
        return [int(count) for count in np.bincount(part.labels, minlength=len(self.class_names))]

    def _target_range(self, part: Part) -> list[float] | None:
        if part.labels is None or self.task != "regression":
            return None
        return [float(part.labels.min()), float(part.labels.max())]

    def __repr__(self) -> str:
        names = ", ".join(self.class_names[:12]) + (", ..." if len(self.class_names) > 12 else "")
        classes = f"{len(self.class_names)} classes ({names})"
        about = "regression" if self.task == "regression" else classes
        parts = "".join(f"\n  {name:5}  {size_of(part)}" for name, part in self.parts())
        source = f"\n  from   {self.source}" if self.source else ""
        return f"Dataset {self.name!r}: {about}{parts}{source}"

    def _repr_html_(self) -> str:
        return dataset_html(self)


def check_lengths(images: Array, labels: Array | None) -> None:
    """Raise a DataError unless there is one label for each image, or there are no labels."""
    if labels is None or images.ndim < 2 or not images.size or not labels.ndim:
        return  # what is wrong with such arrays is told elsewhere
    if len(labels) != len(images):
        raise DataError(
            f"images and labels differ in length: {len(images)} images, {len(labels)} labels. "
            "Each image needs one label."
        )


# --- checks -------------------------------------------------------------------------------------


def _check_range(where: str, labels: Array, classes: int) -> None:
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if wrong.size:
        raise DataError(
            f"{where}: labels must lie in 0-{classes - 1} for {classes} classes; row {wrong[0]} "
            f"has {labels[wrong[0]]} ({wrong.size} such rows)."
        )


def _check_train_labels(name: str, train: Part) -> None:
    if train.labels is None:
        raise DataError(
            f"{name}: the train part has no labels, and training needs them. "
            "Name the label column, or use these data for prediction only."
        )
    if (train.labels == train.labels[0]).all():
        wanted = "classes" if train.task == "classification" else f"different {_THINGS[train.task]}"
        raise DataError(
            f"{name}: every training label is {train.labels[0]}. Expected at least two {wanted}."
        )


_CONVERT = {"classification": labels_from, "multi-label": marks_from, "regression": targets_from}
_THINGS = {"multi-label": "combinations of labels", "regression": "targets"}

# --- small helpers ------------------------------------------------------------------------------


def _plain(array: Array, what: str) -> Array:
    """Return an array without a mask; memory maps and lazy rows stay on disk."""
    if is_lazy(array):
        return array
    if isinstance(array, np.ma.MaskedArray):
        if np.ma.is_masked(array):
            raise DataError(
                f"the {what} have masked (missing) values. Fill them in with .filled(...), or "
                "remove these rows."
            )
        return np.asarray(array.data)
    return np.asanyarray(array)


def _hash_array(digest: hashlib._Hash, name: str, array: Array) -> None:
    digest.update(f"{name} {array.dtype.name} {_size(array.shape)}\n".encode())
    for block in blocks_of(array):
        little = block.astype(block.dtype.newbyteorder("<"), copy=False)
        digest.update(np.ascontiguousarray(little).data)


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(str(axis) for axis in shape)
