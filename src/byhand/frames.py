"""Data frames of pandas and Polars as inputs: `net.fit(frame, y)`, `net.predict(frame)`.

Training learns the names of the columns and the categories of text columns. Both are stored with
the model, in `net.facts`. A later frame is read by the names of its columns, in any order. Neither
library is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.errors import DataError
from byhand.one_hot_columns import categories_of, encoded_names, one_hot_cells

FRAME = "the data frame"


def is_frame(x: object) -> bool:
    """Return whether x is a data frame of pandas or Polars."""
    return type(x).__name__ == "DataFrame" and hasattr(x, "columns") and hasattr(x, "dtypes")


def columns_of(frame: Any) -> dict[str, Any]:
    """Return what training learns from a frame: {"columns": names, "encoding": categories}.

    A column is categorical if it contains text or Booleans.

    Raises:
        DataError: names that repeat, missing values, or a column of neither numbers nor words.
    """
    names = [str(name) for name in frame.columns]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise DataError(
            f"{FRAME}: the column name {repeated!r} occurs twice. Rename one of the columns."
        )
    encoding = {}
    for name in names:
        cells = _cells(frame, name)
        if cells.dtype == object:
            encoding[name] = list(categories_of(FRAME, name, cells.tolist()))
    return {"columns": names, "encoding": encoding}


def frame_columns(frame: Any) -> list[str]:
    """Return the names of a frame's columns after encoding text: one for each input unit.

        net = MultiLayerPerceptron([InputLayer(len(frame_columns(frame))), ...])

    Args:
        frame: a frame of pandas or Polars, without the label.

    Raises:
        DataError: names that repeat, missing values, or a column of neither numbers nor words.
    """
    learnt = columns_of(frame)
    return list(encoded_names(learnt["columns"], learnt["encoding"]))


def rows_of(frame: Any, learnt: Mapping[str, Any]) -> Array:
    """Return a frame as float64 (n, inputs), by the columns of the training data.

    Args:
        frame: a frame of pandas or Polars.
        learnt: the facts of the network; without "columns" the frame must contain only numbers, and
            the order of its columns counts.

    Raises:
        DataError: columns that are missing or new, values that are missing, or unknown words.
    """
    names = learnt.get("columns") or [str(name) for name in frame.columns]
    encoding = learnt.get("encoding") or {}
    _check_names(names, [str(name) for name in frame.columns])
    return np.concatenate([_block(frame, name, encoding) for name in names], axis=1)


def frames_as_rows(x: Any, validation_data: Any, learnt: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return training inputs and validation data with frames as rows; arrays are unchanged."""
    if is_frame(x):
        x = rows_of(x, learnt)
    if isinstance(validation_data, tuple) and validation_data and is_frame(validation_data[0]):
        validation_data = (rows_of(validation_data[0], learnt), *validation_data[1:])
    return x, validation_data


def _block(frame: Any, name: str, encoding: Mapping[str, list[str]]) -> Array:
    """Return one column as float64 (n, 1), or one-hot (n, categories)."""
    cells = _cells(frame, name)
    if name in encoding:
        if cells.dtype != object:
            raise DataError(
                f"{FRAME}: column {name!r} held words in training, such as {encoding[name][0]!r}; "
                f"got {cells.dtype}."
            )
        return one_hot_cells(FRAME, name, cells.tolist(), encoding[name]).astype(np.float64)
    if cells.dtype == object:
        raise DataError(f"{FRAME}: column {name!r} held numbers in training; got {cells[0]!r}.")
    return cells[:, None]


def _check_names(expected: list[str], got: list[str]) -> None:
    missing = [name for name in expected if name not in got]
    if missing:
        raise DataError(
            f"{FRAME}: column {missing[0]!r} of the training frame is missing. Columns: "
            f"{', '.join(got)}."
        )
    new = [name for name in got if name not in expected]
    if new:
        raise DataError(
            f"{FRAME}: column {new[0]!r} was not in the training frame. Leave it out, as in "
            f"frame[{expected[:2]!r} ...]."
        )


def _cells(frame: Any, name: str) -> Array:
    """Return a column as float64, or as text (an array of objects)."""
    place = [str(one) for one in frame.columns].index(name)
    column = frame[frame.columns[place]]
    missing = np.flatnonzero(
        np.asarray(column.isna() if hasattr(column, "isna") else column.is_null())
    )
    if missing.size:
        raise DataError(
            f"{FRAME}: column {name!r} has no value in row {missing[0]} (counted from 0). Remove "
            "such rows or fill in the missing values."
        )
    values = np.asarray(column)
    if values.dtype.kind in "iuf":
        numbers: Array = values.astype(np.float64)
        return numbers
    if values.dtype.kind in "mM" or not all(
        isinstance(cell, str | bool | np.bool_) for cell in values
    ):
        raise DataError(
            f"{FRAME}: column {name!r} holds {column.dtype}; expected numbers, words or "
            "Booleans. Write dates as numbers, such as days."
        )
    words = np.empty(len(values), object)
    words[:] = [str(cell) for cell in values]
    return words
