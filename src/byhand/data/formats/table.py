"""Text tables: Kaggle's digit files, submissions, and any CSV of numbers and text.

Text columns are encoded one-hot: a column `colour` of red and blue becomes two columns,
`colour=blue` and `colour=red`. The categories are kept, so that a later table gets the same
columns. `table_cells.py` reads the cells, and refuses missing ones.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from byhand.arrays import Array
from byhand.data.dataset import Dataset, Part
from byhand.data.formats.find_text_columns import categorical_columns, encode_words, input_names
from byhand.data.formats.label_column import label_cells, label_column, test_label
from byhand.data.formats.options import ReadOptions
from byhand.data.formats.table_cells import (
    layout_of,
    read_numbers,
)
from byhand.data.image_arrays import are_pixels, images_from
from byhand.data.labels import (
    TableTask,
    TaskChoice,
    choose_task,
    encode_labels,
    targets_from,
)
from byhand.errors import DataError, FormatError
from byhand.one_hot_columns import Encoding

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".csv.gz", ".tsv.gz", ".txt.gz")
"""Extensions of files that are read as tables."""

TABLE_PAIRS = (
    ("train.csv", "test.csv"),
    ("mnist_train.csv", "mnist_test.csv"),
    ("fashion-mnist_train.csv", "fashion-mnist_test.csv"),
)
"""Names of the train and the test table in a folder."""

PIXEL_NAME = re.compile(r"pixel\d+|\d+x\d+", re.IGNORECASE)
"""Kaggle's names of pixels: pixel0 ... pixel783, and 1x1 ... 28x28."""


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a table, divided into values and labels.

    Args:
        values: (n, columns), int64, or float64 where there are fractions.
        labels: class numbers int64 (n,), targets float64 (n,), or None.
        columns: names of the value columns; empty without header and categorical columns.
        class_names: names of the labels; empty for regression and without labels.
        label_column: position of the labels in the file, or None.
        task: "classification", or "regression" if the labels are continuous targets.
        encoding: categories of each categorical column.
    """

    values: Array
    labels: Array | None
    columns: tuple[str, ...]
    class_names: tuple[str, ...]
    label_column: int | None
    task: TableTask = "classification"
    encoding: Encoding = field(default_factory=dict)

    def part(self) -> Part:
        """Return images if the columns are pixels, and a table otherwise.

        Columns are pixels if the header calls them pixel0, pixel1, ... or 1x1, 1x2, ..., or if
        there are 784 of them and all values are integers in 0-255.
        """
        if self.encoding:
            return Part(self.values, self.labels, self.task)
        values = self.values
        if self.columns and all(PIXEL_NAME.fullmatch(name) for name in self.columns):
            values = _pixels(values, self.columns)
        return Part(images_from(values, "the table"), self.labels, self.task)


def read_table(
    path: str | os.PathLike[str],
    *,
    label: str | int | None = "auto",
    class_names: Sequence[str] | None = None,
    task: TaskChoice = "auto",
    encoding: Encoding | None = None,
) -> Table:
    """Read a table with comma, semicolon or tab between cells, with or without a header.

    A column whose first cell is text is categorical and is encoded one-hot. Its categories are
    sorted alphabetically. Columns without a name are called x0, x1, ..., not counting the labels.

    Args:
        path: the file, gzip-compressed or not.
        label: the label column by name, or by position from 0 (negative: from the end), or None
            for a table without labels. "auto" takes the column named label, labels, class,
            target or y; failing that, the only text column; failing that, the first column of a
            table with 785 columns and no header; otherwise none.
        class_names: the class names to use, as for a test part; they imply classification.
        task: "classification" or "regression"; "auto" chooses by the labels (see
            `byhand.data.labels.choose_task`).
        encoding: the categories to use, as for a test part (`Dataset.encoding`); None finds them.

    Raises:
        FileError: the file is missing.
        FormatError: no rows, a row of another length, a missing value, text in a column of
            numbers or numbers in a text column; the message names line and column.
        ArgumentError: the label column does not exist.
        DataError: a label that is not among `class_names`, a category that is not in `encoding`,
            or more than 100 different categories in a column.
    """
    layout = layout_of(Path(path).expanduser())
    place = label_column(layout, label, encoding)
    inputs = [column for column in range(layout.width) if column != place]
    if not inputs:
        raise FormatError(f"{path}: expected columns of numbers beside the labels; got one column.")
    names = input_names(layout, inputs)
    words = categorical_columns(layout, names, encoding)
    text = {*words, *({place} & set(layout.words))}
    numeric = [column for column in range(layout.width) if column not in text]
    numbers = read_numbers(layout, numeric)
    cells = None if place is None else label_cells(layout, place, numeric, numbers)
    if place in numeric:
        numbers = np.delete(numbers, numeric.index(place), axis=1)
    columns = tuple(names.values()) if layout.header else ()
    table = Table(numbers, None, columns, (), place)
    if words:
        table = encode_words(table, layout, names, words, encoding or {})
    return table if cells is None else _add_labels(table, cells, class_names, task)


def read_pair(
    train_path: Path,
    test_path: Path | None,
    *,
    label: str | int | None = "auto",
    task: TaskChoice = "auto",
) -> tuple[Table, Table | None]:
    """Read a train table and its test table, which may lack the labels (as Kaggle's does)."""
    train = read_table(train_path, label=label, task=task)
    if test_path is None:
        return train, None
    test = read_table(
        test_path,
        label=test_label(layout_of(train_path), layout_of(test_path), train.label_column),
        class_names=train.class_names or None,
        task=train.task,
        encoding=train.encoding,
    )
    _check_same_columns(train.columns, test.columns, test_path)
    return train, test


def read_table_file(path: Path, options: ReadOptions) -> Dataset:
    """Read a data set from one table."""
    return _dataset(path, None, options)


def read_table_folder(folder: Path, options: ReadOptions) -> Dataset:
    """Read a data set from a folder with a train table and perhaps a test table."""
    for train, test in TABLE_PAIRS:
        if (folder / train).is_file():
            test_path = folder / test if (folder / test).is_file() else None
            # The name train.csv says nothing; the folder's name is the name of the data.
            return replace(_dataset(folder / train, test_path, options), name=folder.resolve().name)
    raise FormatError(f"{folder}: expected one of {', '.join(train for train, _ in TABLE_PAIRS)}.")


def is_table_file(path: Path) -> bool:
    """Return whether a file is a table, judging by its extension."""
    return path.is_file() and path.name.lower().endswith(TABLE_SUFFIXES)


def is_table_folder(folder: Path) -> bool:
    """Return whether a folder contains a train table."""
    return any((folder / train).is_file() for train, _ in TABLE_PAIRS)


def _check_same_columns(train: tuple[str, ...], test: tuple[str, ...], path: Path) -> None:
    if not train or not test or len(train) != len(test):  # a Dataset compares the numbers
        return
    for first, second in zip(train, test, strict=True):
        if first != second:
            raise DataError(
                f"{path}: expected the column {first!r}, as in the train table; got {second!r}. "
                "Both tables need the same columns in the same order."
            )


def _add_labels(
    table: Table, cells: Sequence[str] | Array, class_names: Sequence[str] | None, task: TaskChoice
) -> Table:
    """Return the table with its label cells as class numbers or as targets."""
    if not class_names and choose_task(cells, task) == "regression":
        return replace(table, labels=targets_from(cells), task="regression")
    labels, names = encode_labels(cells, class_names)
    return replace(table, labels=labels, class_names=names)


def _dataset(train_path: Path, test_path: Path | None, options: ReadOptions) -> Dataset:
    train, test = read_pair(train_path, test_path, label=options.label, task=options.task)
    if train.labels is None:
        layout = layout_of(train_path)
        names = ", ".join(layout.header[:8]) + (", ..." if len(layout.header) > 8 else "")
        columns = names or f"{layout.width}, without names"
        raise DataError(
            f"{train_path}: which column holds the labels? Name it (label='species', or "
            f"--label species) or give its position (label=0, label=-1). Columns: {columns}."
        )
    return Dataset(
        train_path.name.partition(".")[0],
        train.part(),
        test.part() if test else None,
        train.class_names,
        str(train_path if test_path is None else train_path.parent),
        column_names=train.columns,
        encoding=train.encoding,
    )


def _pixels(values: Array, columns: tuple[str, ...]) -> Array:
    """Return values as uint8, or raise a DataError for the first that is not a pixel value."""
    if not are_pixels(values):
        pixels = (values >= 0) & (values <= 255) & (values == np.floor(values))
        row, column = np.argwhere(~pixels)[0]
        raise DataError(
            f"pixels must be integers 0-255; row {row + 1} of the data has "
            f"{values[row, column]} in {columns[column]!r}."
        )
    return values.astype(np.uint8)
