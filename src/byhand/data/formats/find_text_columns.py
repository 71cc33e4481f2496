"""Text columns of a table in a file: found here, and encoded by `one_hot_columns.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from byhand.data.formats.table_cells import Layout, check_words, read_words
from byhand.decompression import MOST_EXPANSION
from byhand.errors import DataError
from byhand.one_hot_columns import Encoding, categories_of, encoded_names, one_hot_cells

if TYPE_CHECKING:
    from byhand.data.formats.table import Table

MOST_CATEGORICAL = 1000
"""Largest number of text columns, because each is encoded separately."""


MOST_NUMBERS, NUMBERS_PER_BYTE = 3_000_000, 10
"""A table with text columns may become 3 million numbers, or ten for each byte of its text."""


def input_names(layout: Layout, inputs: Sequence[int]) -> dict[int, str]:
    """Return the name of each input column by position: x0, x1, ... without a header."""
    header = layout.header or {place: f"x{number}" for number, place in enumerate(inputs)}
    return {place: header[place] for place in inputs}


def categorical_columns(
    layout: Layout, names: Mapping[int, str], encoding: Encoding | None
) -> list[int]:
    """Return the positions of the categorical columns: those of the encoding, if there is one."""
    if encoding is None:
        words = set(layout.words)
        return [place for place in names if place in words]
    known = set(names.values())
    missing = [name for name in encoding if name not in known]
    if missing:
        raise DataError(
            f"{layout.path}: column {missing[0]!r} of the training table is missing. "
            f"Columns: {', '.join(names.values())}."
        )
    return [place for place, name in names.items() if name in encoding]


def encode_words(
    table: Table, layout: Layout, names: Mapping[int, str], words: list[int], encoding: Encoding
) -> Table:
    """Return the table with text columns one-hot and all columns in the order of the file."""
    _check_categorical(layout, names, words)
    cells = read_words(layout, words)
    check_words(layout, words)
    used = {
        name: tuple(encoding.get(name, ())) or categories_of(layout.path, name, cells[place])
        for place, name in names.items()
        if place in cells
    }
    columns = encoded_names([*names.values()], used)
    _check_memory(layout, len(table.values), len(columns))
    values = np.empty((len(table.values), len(columns)), table.values.dtype)
    numbers = iter(table.values.T)
    at = 0
    for place, name in names.items():
        if place not in cells:
            block = next(numbers)[:, None]
        else:
            block = one_hot_cells(layout.path, name, cells[place], used[name])
        values[:, at : at + block.shape[1]] = block
        at += block.shape[1]
    return replace(table, values=values, columns=columns, encoding=used)


def _check_memory(layout: Layout, rows: int, columns: int) -> None:
    """Raise a DataError if text columns become far more numbers than the table has characters."""
    characters = rows * sum(len(cell) + 1 for cell in layout.first_row)  # a row like the first
    size = min(characters, MOST_EXPANSION * layout.path.stat().st_size)
    most = max(MOST_NUMBERS, NUMBERS_PER_BYTE * size)
    if rows * columns > most:
        raise DataError(
            f"{layout.path}: encoded, the text columns make {rows:,} x {columns:,} numbers; at "
            f"most {most:,} for a table of this size. Remove columns, or group their values."
        )


def _check_categorical(layout: Layout, names: Mapping[int, str], words: Sequence[int]) -> None:
    """Raise a DataError for too many text columns, or two columns of the same name."""
    if len(words) > MOST_CATEGORICAL:
        raise DataError(
            f"{layout.path}: {len(words):,} columns contain text; at most {MOST_CATEGORICAL:,} can "
            "be encoded. Write numbers, or remove columns."
        )
    used: set[str] = set()
    for name in (names[place] for place in words):
        if name in used:
            raise DataError(
                f"{layout.path}: the column name {name!r} occurs twice. Rename one of the columns."
            )
        used.add(name)
