"""Encodes text columns as numbers: one-hot, with a new column for each category.

A column `colour` of red and blue becomes two columns, `colour=blue` and `colour=red`. Tables in
files and data frames are encoded by the same rules, so a network trained on one accepts the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from byhand.arrays import Array
from byhand.errors import DataError

MOST_CATEGORIES = 100
"""Largest number of different words in one column."""

Encoding = Mapping[str, Sequence[str]]
"""Name of a categorical column -> its categories, one new column each."""


def categories_of(where: object, name: str, cells: Sequence[str]) -> tuple[str, ...]:
    """Return the different words of a column in alphabetical order.

    Args:
        where: the file or frame, for the message.
        name: name of the column.
        cells: its words.

    Raises:
        DataError: more than 100 different words.
    """
    categories = sorted(set(cells))
    if len(categories) > MOST_CATEGORIES:
        raise DataError(
            f"{where}: column {name!r} has {len(categories):,} different words, such as "
            f"{categories[0]!r} and {categories[1]!r}; at most {MOST_CATEGORIES} can be encoded. "
            "Remove the column if it contains names or free text, or group its values."
        )
    return tuple(categories)


def one_hot_cells(
    where: object, name: str, cells: Sequence[str], categories: Sequence[str]
) -> Array:
    """Return (n, categories) of 0 and a single 1 in each row.

    Raises:
        DataError: a word that is not among the categories.
    """
    places = {category: place for place, category in enumerate(categories)}
    unknown = next((cell for cell in cells if cell not in places), None)
    if unknown is not None:
        raise DataError(
            f"{where}: column {name!r} has {unknown!r}, which the training table does not "
            f"have. Expected one of {', '.join(categories)}."
        )
    rows: Array = np.eye(len(categories), dtype=np.int64)[[places[cell] for cell in cells]]
    return rows


def encoded_names(names: Sequence[str], encoding: Encoding) -> tuple[str, ...]:
    """Return the names of all columns after encoding: "size", "colour=blue", "colour=red"."""
    return tuple(
        encoded
        for name in names
        for encoded in (
            [f"{name}={word}" for word in encoding[name]] if name in encoding else [name]
        )
    )
