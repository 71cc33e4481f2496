"""The notebook display of data sets: sizes, classes, and one example of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.notebook import Html, block, gallery, listing, small, table
from byhand.notebook.markup import Content

if TYPE_CHECKING:
    from byhand.data.dataset import Dataset, Part

SHOWN = 12
"""Largest number of images shown."""
ROWS, COLUMNS = 5, 10
"""Largest number of rows and columns of a table shown."""


def dataset_html(dataset: Dataset) -> str:
    """Show the parts with their sizes, the classes, and examples of the training part."""
    parts: dict[str, Content] = {name: size_of(part) for name, part in dataset.parts()}
    if dataset.class_names:
        parts["classes"] = f"{len(dataset.class_names)}: {_few(dataset.class_names)}"
    if dataset.source:
        parts["from"] = dataset.source
    if dataset.credit:
        parts["credit"] = dataset.credit
    return block(
        f"Dataset {dataset.name}, {dataset.task}",
        listing(parts),
        _examples(dataset.train, dataset.class_names, dataset.column_names),
    )


def part_html(part: Part) -> str:
    """Show the size and a few examples of one part."""
    return block(f"Part: {size_of(part)}", _examples(part, (), ()))


def size_of(part: Part) -> str:
    """Return the size as text: "60,000 images 28x28 uint8"."""
    shape = "x".join(str(axis) for axis in part.images.shape[1:])
    what = f"images {shape}" if part.images.ndim == 3 else f"rows of {shape}"
    labels = "" if part.labels is not None else ", no labels"
    return f"{len(part):,} {what} {part.images.dtype.name}{labels}"


def _examples(part: Part, classes: tuple[str, ...], columns: tuple[str, ...]) -> Html:
    if part.images.ndim == 3:
        return gallery((_label(part, row, classes), part.images[row]) for row in _chosen(part))
    return _first_rows(part, classes, columns)


def _chosen(part: Part) -> list[int]:
    """Return the first row of each class, up to the limit; without labels, the first rows."""
    if part.labels is None or part.task != "classification":
        return list(range(min(SHOWN, len(part))))
    return [int(row) for row in np.unique(part.labels, return_index=True)[1][:SHOWN]]


def _first_rows(part: Part, classes: tuple[str, ...], columns: tuple[str, ...]) -> Html:
    width = part.images.shape[1]
    names = columns or tuple(f"column {k}" for k in range(width))
    left_out = width - COLUMNS
    headings = [*names[:COLUMNS], *(["..."] if left_out > 0 else [])]
    rows = [
        [*(f"{number:.4g}" for number in part.images[row, :COLUMNS]), *["..."] * (left_out > 0)]
        for row in range(min(ROWS, len(part)))
    ]
    if part.labels is not None:
        headings = ["label", *headings]
        rows = [[_label(part, k, classes), *row] for k, row in enumerate(rows)]
    note = f"the first {len(rows)} rows" + (f", {left_out:,} more columns" * (left_out > 0))
    return Html(table(headings, rows) + small(note))


def _label(part: Part, row: int, classes: tuple[str, ...]) -> str:
    if part.labels is None:
        return ""
    label = part.labels[row]
    if part.task == "regression":
        return f"{label:.4g}"
    if part.task == "multi-label":
        return ", ".join(classes[k] if classes else str(k) for k in np.flatnonzero(label))
    return classes[label] if classes else str(label)


def _few(names: tuple[str, ...], most: int = 12) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
