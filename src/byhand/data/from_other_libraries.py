"""Examples from other libraries: anything with rows, or an iterator of batches, becomes a `Part`.

A row is a pair (input, label) or a mapping, as in the data sets of PyTorch and of Hugging Face. An
input is an array, a tensor, a Pillow image, or a list of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.data.dataset import Part
from byhand.data.labels import Task
from byhand.errors import ArgumentError, DataError

INPUT_NAMES = ("image", "img", "images", "pixel_values", "x", "features", "input")
LABEL_NAMES = ("label", "labels", "fine_label", "target", "targets", "y")
"""Common names of the columns, searched in this order."""


def collect_examples(
    source: Any,
    *,
    input_name: str | None = None,
    label_name: str | None = None,
    task: Task = "classification",
    limit: int | None = None,
) -> Part:
    """Read all examples of another library's data set into memory.

    A source with `__len__` and `__getitem__` (a data set of PyTorch or Hugging Face, a list of
    pairs) is read row by row; any other iterable (a DataLoader, a generator) yields batches. Colour
    images, (channels, height, width) or (height, width, channels), become grey; images of numbers
    from 0 to 1 become uint8.

    Args:
        source: the examples.
        input_name: column of the inputs, if rows or batches are mappings; a common name by default.
        label_name: column of the labels; a common name by default.
        task: "classification", or "regression" for labels that are values.
        limit: largest number of rows, or batches, to read.

    Raises:
        ArgumentError: a source that cannot be read, or columns that cannot be found.
        DataError: no examples, or inputs of different shapes.
    """
    if not hasattr(source, "__getitem__") and not isinstance(source, Iterable):
        raise ArgumentError(
            "expected a data set with __len__ and __getitem__, or an iterable of batches; got "
            f"{type(source).__name__}."
        )
    has_rows = hasattr(source, "__getitem__") and hasattr(source, "__len__")
    pairs = (_pair(item, input_name, label_name) for item in islice(_items(source), limit))
    first = next(pairs, None)
    if first is None:
        raise DataError("expected at least one example; the data set is empty.")
    inputs, labels = [], []
    for value, label in chain([first], pairs):
        batch = _numbers(value)
        inputs.append(_grey(batch[None] if has_rows else batch))
        labels.append(np.atleast_1d(np.asarray(label)))
        if inputs[-1].shape[1:] != inputs[0].shape[1:]:
            raise DataError(
                f"all inputs must have the same shape; the first is {inputs[0].shape[1:]}, another "
                f"{inputs[-1].shape[1:]}."
            )
    return Part(np.concatenate(inputs), np.concatenate(labels), task)


def _items(source: Any) -> Iterator[Any]:
    """Yield rows or batches."""
    if isinstance(source, Iterable):
        yield from source
        return
    for index in range(len(source)):
        yield source[index]


def _pair(item: Any, input_name: str | None, label_name: str | None) -> tuple[Any, Any]:
    """Return the input and the label of a row or batch."""
    if isinstance(item, Mapping):
        return (
            item[_column(item, input_name, INPUT_NAMES, "input")],
            item[_column(item, label_name, LABEL_NAMES, "label")],
        )
    if isinstance(item, (tuple, list)) and len(item) == 2:
        return item[0], item[1]
    raise ArgumentError(
        "each row or batch must be a pair (input, label), or a mapping with both; got "
        f"{type(item).__name__}."
    )


def _column(row: Mapping[str, Any], name: str | None, usual: tuple[str, ...], what: str) -> str:
    if name is None:
        name = next((each for each in usual if each in row), None)
    if name is None or name not in row:
        raise ArgumentError(
            f"the column of the {what}s was not found among {', '.join(map(str, row))}; name it "
            f"with {what}_name=."
        )
    return name


def _numbers(value: Any) -> Array:
    """Return an input as an array of numbers; Pillow images are arrays, too."""
    array = np.asarray(value)
    if array.dtype.kind not in "uifb":
        raise DataError(f"inputs must be numbers or images; got {type(value).__name__}.")
    return array


def _grey(batch: Array) -> Array:
    """Return a batch of images as uint8 (n, height, width); tables are unchanged.

    Colours become grey as 0.299 R + 0.587 G + 0.114 B.
    """
    if batch.ndim < 3:
        return batch
    if batch.ndim == 4:
        batch = _one_channel(batch)
    if batch.dtype.kind == "f" and batch.size and batch.min() >= 0 and batch.max() <= 1:
        batch = 255 * batch
    if batch.dtype != np.uint8 and batch.size and batch.min() >= 0 and batch.max() <= 255:
        return np.rint(batch).astype(np.uint8)
    return batch


def _one_channel(batch: Array) -> Array:
    """Return images (n, C, h, w) or (n, h, w, C) of 1, 3 or 4 channels as (n, h, w)."""
    channels = (1, 3, 4)
    if batch.shape[1] in channels:
        batch = np.moveaxis(batch, 1, -1)
    if batch.shape[-1] not in channels:
        raise DataError(f"images must have 1, 3 or 4 channels; got shape {batch.shape[1:]}.")
    if batch.shape[-1] == 1:
        return batch[..., 0]
    grey: Array = batch[..., :3] @ np.array([0.299, 0.587, 0.114])
    return grey
