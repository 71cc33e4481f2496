"""The label column of a table: given by name or position, or found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from byhand.arrays import Array
from byhand.data.formats.find_text_columns import input_names
from byhand.data.formats.table_cells import Layout, empty_cell, read_words
from byhand.errors import ArgumentError, FormatError, unknown_name
from byhand.one_hot_columns import Encoding

LABEL_NAMES = ("label", "labels", "class", "target", "y")
"""Names of label columns that are recognised automatically."""


def label_column(layout: Layout, label: str | int | None, encoding: Encoding | None) -> int | None:
    """Return the position of the label column; None for a table without labels.

    Args:
        layout: the layout of the table.
        label: its name, its position, None, or "auto" to find it; see `read_table`.
        encoding: categories of the columns that are known to be inputs.

    Raises:
        ArgumentError: there is no such column.
    """
    if label is None:
        return None
    if label == "auto":
        return _likely_label_column(layout, encoding or {})
    if isinstance(label, str):
        if label not in layout.header:
            raise unknown_name(f"label column of {layout.path}", label, layout.header)
        return layout.header.index(label)
    if not -layout.width <= label < layout.width:
        raise ArgumentError(
            f"label column {label} does not exist: {layout.path} has {layout.width} columns, "
            f"counted from 0."
        )
    return label % layout.width


def _likely_label_column(layout: Layout, encoding: Encoding) -> int | None:
    named = [place for place, name in enumerate(layout.header) if name.lower() in LABEL_NAMES]
    if named:
        return named[0]
    names = input_names(layout, range(layout.width))
    words = [place for place in layout.words if names[place] not in encoding]
    if len(words) == 1:
        return words[0]
    return 0 if not layout.header and layout.width == 785 else None


def test_label(train: Layout, test: Layout, place: int | None) -> int | None:
    """Return the label column of a test table, found by name or by the number of columns."""
    if place is None:
        return None
    if train.header and test.header:
        name = train.header[place]
        return test.header.index(name) if name in test.header else None
    return place if train.width == test.width else None


def label_cells(
    layout: Layout, place: int, numeric: list[int], numbers: Array
) -> Sequence[str] | Array:
    """Return the cells of the label column: text, or numbers with full precision."""
    if place not in numeric:
        words = read_words(layout, [place])[place]
        if "" in words:
            raise FormatError(empty_cell(layout, place))
        return words
    if numbers.dtype == np.int64:
        column: Array = numbers[:, numeric.index(place)]
        return column
    return np.array(read_words(layout, [place])[place], np.float64)
