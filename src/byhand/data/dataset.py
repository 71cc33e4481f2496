"""What data are once they are read: a train and a test part, checked when they are made.

Images are uint8 (n, height, width), ink 255 on paper 0, and stay so in memory; tables are
float32 (n, columns). Labels are int64 (n,), counted from 0.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.errors import DataError

CHUNK_NUMBERS = 1 << 22  # how many numbers are looked at together: 16 MB of float32


@dataclass(frozen=True, eq=False)
class Part:
    """Images (or rows of a table) with their labels.

    Args:
        images: uint8 (n, height, width); or a table (n, columns), kept as float32.
        labels: whole numbers (n,), kept as int64; None where nobody knows them.

    Raises:
        DataError: no rows, another shape or type, NaN or infinity, or lengths that differ.
    """

    images: Array
    labels: IntArray | None = None

    def __post_init__(self) -> None:
        """Converts once, here at the edge, and checks what the rest relies on."""
        images = _checked_images(np.asanyarray(self.images))
        object.__setattr__(self, "images", images)
        if self.labels is None:
            return
        labels = labels_from(np.asanyarray(self.labels))
        if len(labels) != len(images):
            raise DataError(
                f"images and labels differ in length: {len(images)} images, {len(labels)} labels. "
                "Each image needs one label."
            )
        object.__setattr__(self, "labels", labels)

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"Part({_counted(self)})"


@dataclass(frozen=True, eq=False)
class Dataset:
    """A named data set: what to train on, what to test with, and what the labels mean.

    Args:
        name: what it is called in tables and reports.
        train: the part to learn from; it has labels.
        test: the part to judge by, or None where there is none; its labels may be unknown.
        class_names: the name of label 0, of label 1, ...
        source: where it was read from.
        credit: who made it, and under which licence.
        inverted: whether the files hold dark ink on light paper, and were inverted when read.

    Raises:
        DataError: labels outside 0..classes-1, only one class in train, parts whose images
            differ in shape, or class names that repeat.
    """

    name: str
    train: Part
    test: Part | None
    class_names: tuple[str, ...]
    source: str = ""
    credit: str = ""
    inverted: bool = False

    def __post_init__(self) -> None:
        """Checks that parts and class names belong together."""
        object.__setattr__(self, "class_names", tuple(str(name) for name in self.class_names))
        if len(set(self.class_names)) < len(self.class_names):
            raise DataError(f"{self.name}: class names repeat: {', '.join(self.class_names)}.")
        for part_name, part in self.parts():
            _check_range(f"{self.name}, {part_name}", part.labels, len(self.class_names))
            if part.images.shape[1:] != self.image_shape:
                raise DataError(
                    f"{self.name}: train and test differ in shape: {_size(self.image_shape)} and "
                    f"{_size(part.images.shape[1:])}."
                )
        _check_classes(self.name, self.train.labels)

    def parts(self) -> Iterator[tuple[str, Part]]:
        """The parts that there are, with their names: train, then test."""
        yield "train", self.train
        if self.test is not None:
            yield "test", self.test

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(height, width) of an image, or (columns,) of a table."""
        return self.train.images.shape[1:]

    @cached_property
    def sha256(self) -> str:
        """A SHA-256 of the content, the same whatever file it was read from.

        For each array in the order train images, train labels, test images, test labels: one
        line `train.images uint8 60000x28x28` and then the little-endian bytes, rows first.
        """
        digest = hashlib.sha256()
        for name, part in self.parts():
            for what, array in (("images", part.images), ("labels", part.labels)):
                if array is not None:
                    _hash_array(digest, f"{name}.{what}", array)
        return digest.hexdigest()

    def summary(self) -> dict[str, object]:
        """What is worth knowing about the data, as plain values that JSON can hold."""
        return {
            "name": self.name,
            "train": len(self.train),
            "test": len(self.test) if self.test is not None else 0,
            "image_shape": list(self.image_shape),
            "dtype": self.train.images.dtype.name,
            "class_names": list(self.class_names),
            "images_per_class": {name: self._per_class(part) for name, part in self.parts()},
            "source": self.source,
            "credit": self.credit,
            "sha256": self.sha256,
        }

    def _per_class(self, part: Part) -> list[int] | None:
        if part.labels is None:
            return None
        return [int(count) for count in np.bincount(part.labels, minlength=len(self.class_names))]

    def __repr__(self) -> str:
        names = ", ".join(self.class_names[:12]) + (", ..." if len(self.class_names) > 12 else "")
        parts = "".join(f"\n  {name:5}  {_counted(part)}" for name, part in self.parts())
        source = f"\n  from   {self.source}" if self.source else ""
        return f"Dataset {self.name!r}: {len(self.class_names)} classes ({names}){parts}{source}"


def images_from(array: Array, where: str) -> Array:
    """An array as others store images, in one of the two forms that a `Part` takes.

    (n, h, w) of whole numbers 0-255, (n, h, w, 1), (n, h*w) of uint8 with h = w, and rows of 784
    whole numbers 0-255 become uint8 images. Everything else in two axes stays a table, and
    images of fractions become a table of h*w columns.

    Raises:
        DataError: colours, pixels outside 0-255, or another number of axes.
    """
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3):
        raise DataError(
            f"{where}: expected images (n, height, width) or rows (n, columns); got shape "
            f"{array.shape}. Colour images must be made grey first."
        )
    if array.dtype == bool:
        array = array.astype(np.uint8) * np.uint8(255)
    if array.ndim == 2:
        return _square_images(array)
    if array.dtype.kind == "f":
        return array.reshape(len(array), -1)
    if not _are_pixels(array):
        raise DataError(
            f"{where}: pixels must lie in 0-255; they reach from {array.min()} to {array.max()}."
        )
    return array.astype(np.uint8, copy=False)


def labels_from(labels: Array) -> IntArray:
    """Labels as others store them, as int64 (n,): whole numbers of any type, or a column of them.

    Raises:
        DataError: fractions, words, or more than one number for each row.
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise DataError(
            f"expected one label for each row, shape (n,); got shape {labels.shape}. "
            "Turn one-hot rows into labels with .argmax(axis=1)."
        )
    whole = _whole_numbers(labels)
    if whole is None:
        raise DataError(f"labels must be whole numbers from 0; got {labels.dtype} {labels[:3]} ...")
    return whole


def numbered_classes(*labels: IntArray | None) -> tuple[str, ...]:
    """Class names "0", "1", ... up to the largest label that occurs."""
    largest = max((int(part.max()) for part in labels if part is not None and part.size), default=0)
    return tuple(str(number) for number in range(max(largest, 0) + 1))


def encode_labels(
    values: Sequence[str] | Array, class_names: Sequence[str] | None = None
) -> tuple[IntArray, tuple[str, ...]]:
    """Labels as others write them, as numbers from 0 and the classes' names.

    Whole numbers from 0 to 999 stay as they are. Anything else is a name: the names, sorted
    (numbers by size, words by alphabet), become 0, 1, 2, ...

    Args:
        values: one number or one word for each row.
        class_names: names already settled, by the train part for instance.

    Raises:
        DataError: a name that is not among `class_names`.
    """
    numbers = _whole_numbers(values)
    if numbers is not None and class_names is None and 0 <= numbers.min() <= numbers.max() < 1000:
        return numbers, numbered_classes(numbers)
    words = [str(value).strip() for value in (values if numbers is None else numbers)]
    names = sorted(set(words), key=_by_size) if class_names is None else list(class_names)
    place = {name: index for index, name in enumerate(names)}
    unknown = next((word for word in words if word not in place), None)
    if unknown is not None:
        raise DataError(f"unknown class {unknown!r}; expected one of {', '.join(names)}.")
    return np.array([place[word] for word in words], dtype=np.int64), tuple(names)


# --- checks -------------------------------------------------------------------------------------


def _checked_images(images: Array) -> Array:
    if images.ndim == 0 or len(images) == 0 or images.size == 0:
        raise DataError(f"the set is empty: images of shape {images.shape}. Expected some rows.")
    if images.ndim == 3 and images.dtype == np.uint8:
        return images
    if images.ndim != 2 or images.dtype.kind not in "fiub":
        raise DataError(
            "expected images as uint8 (n, height, width), or a table of numbers (n, columns); got "
            f"{images.dtype} of shape {images.shape}. Scale pixels to 0-255 and convert with "
            ".astype('uint8')."
        )
    with np.errstate(over="ignore"):  # a number too large becomes infinite and is found below
        table = images.astype(np.float32, copy=False)
    _check_finite(table)
    return table


def _check_finite(table: Array) -> None:
    start = 0
    for block in _blocks(table):
        finite = np.isfinite(block)
        if not finite.all():
            row, column = (int(place) for place in np.argwhere(~finite)[0])
            raise DataError(
                f"the data hold {block[row, column]} in row {start + row}, column {column} "
                "(both counted from 0). Remove such rows or fill in the missing values."
            )
        start += len(block)


def _check_range(where: str, labels: IntArray | None, classes: int) -> None:
    if labels is None:
        return
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if wrong.size:
        raise DataError(
            f"{where}: labels must lie in 0-{classes - 1} for {classes} classes; row {wrong[0]} "
            f"has {labels[wrong[0]]} ({wrong.size} such rows)."
        )


def _check_classes(name: str, labels: IntArray | None) -> None:
    if labels is None:
        raise DataError(
            f"{name}: the train part has no labels, and nothing can be learnt without. "
            "Name the label column, or use these data for prediction only."
        )
    if (labels == labels[0]).all():
        raise DataError(
            f"{name}: every training label is {labels[0]}. Expected at least two classes."
        )


# --- small helpers ------------------------------------------------------------------------------


def _whole_numbers(values: Sequence[str] | Array) -> IntArray | None:
    """The values as int64, or None if they are not all whole numbers."""
    array = np.asarray(values)
    if array.dtype.kind in "US":
        try:
            array = array.astype(np.float64)
        except ValueError:
            return None
    if array.dtype.kind in "iu":
        return array.astype(np.int64, copy=False)
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.floor(array)).all():
        return array.astype(np.int64)
    return None


def _square_images(rows: Array) -> Array:
    side = math.isqrt(rows.shape[1])
    square = side * side == rows.shape[1] and side > 1
    if square and (rows.dtype == np.uint8 or (side == 28 and _are_pixels(rows))):
        return rows.astype(np.uint8, copy=False).reshape(len(rows), side, side)
    return rows


def _are_pixels(array: Array) -> bool:
    """Whether all numbers are whole and lie in 0-255."""
    if array.dtype == np.uint8:
        return True
    if array.size == 0 or not np.isfinite(array).all():
        return False
    return bool(array.min() >= 0 and array.max() <= 255 and (array == array.astype(np.uint8)).all())


def _by_size(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name


def _blocks(array: Array) -> Iterator[Array]:
    """The array in blocks of rows, so that one larger than memory is never read at once."""
    rows = max(1, CHUNK_NUMBERS // max(1, math.prod(array.shape[1:])))
    for start in range(0, len(array), rows):
        yield array[start : start + rows]


def _hash_array(digest: hashlib._Hash, name: str, array: Array) -> None:
    digest.update(f"{name} {array.dtype.name} {_size(array.shape)}\n".encode())
    for block in _blocks(array):
        little = block.astype(block.dtype.newbyteorder("<"), copy=False)
        digest.update(np.ascontiguousarray(little).data)


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(str(axis) for axis in shape)


def _counted(part: Part) -> str:
    shape = _size(part.images.shape[1:])
    what = f"images {shape}" if part.images.ndim == 3 else f"rows of {shape}"
    labels = "" if part.labels is not None else ", no labels"
    number = f"{len(part):_}".replace("_", " ")
    return f"{number} {what} {part.images.dtype.name}{labels}"
