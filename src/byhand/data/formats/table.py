"""Tables as text: Kaggle's digit files, submissions, and any CSV of numbers. Read, write, check.

NumPy's own reader is used, first for whole numbers and only then for fractions: Kaggle's
42 000 x 785 whole numbers take about 0.6 s that way (4.6 s as floats, 1 s in polars).
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.data.dataset import Part, encode_labels, images_from, numbered_classes
from byhand.data.formats.files import opened_text, replacing
from byhand.errors import ArgumentError, DataError, FormatError, unknown_name

LABEL_NAMES = ("label", "labels", "class", "target", "y")
"""What the column of labels is called, where nobody says."""

PIXEL_NAME = re.compile(r"pixel\d+|\d+x\d+", re.IGNORECASE)
"""Kaggle's names for pixels: pixel0 ... pixel783, and 1x1 ... 28x28."""

DELIMITERS = ",;\t"

LARGEST_INTEGER = 1 << 53
"""Beyond this not every integer has a float64 of its own."""


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a table, parted into values and labels.

    Args:
        values: (n, columns) int64, or float32 where there are fractions.
        labels: int64 (n,) from 0, or None.
        columns: names of the value columns; empty without a header.
        class_names: names of the labels; empty without labels.
        label_column: position of the labels in the file, or None.
    """

    values: Array
    labels: IntArray | None
    columns: tuple[str, ...]
    class_names: tuple[str, ...]
    label_column: int | None

    def part(self) -> Part:
        """Images where the columns are pixels, a float32 table otherwise.

        Columns are pixels if the header calls them pixel0, pixel1, ... or 1x1, 1x2, ..., or if
        there are 784 of them and all values are whole and lie in 0-255.
        """
        values = self.values
        if self.columns and all(PIXEL_NAME.fullmatch(name) for name in self.columns):
            values = _pixels(values, self.columns)
        return Part(images_from(values, "the table"), self.labels)


@dataclass(frozen=True)
class Layout:
    """How the text of a table is laid out, as its first two rows show."""

    path: Path
    delimiter: str
    header: tuple[str, ...]
    first_row: tuple[str, ...]
    lines_before_data: int

    @property
    def width(self) -> int:
        """How many cells each row has."""
        return len(self.first_row)

    @property
    def words(self) -> list[int]:
        """The columns whose first cell is a word and not a number."""
        return [place for place, cell in enumerate(self.first_row) if not _is_number(cell)]

    def column_name(self, place: int) -> str:
        """How to speak of a column: counted from 1, and by name where it has one."""
        name = f" ({self.header[place]!r})" if self.header else ""
        return f"column {place + 1}{name}"


def read_table(
    path: str | os.PathLike[str],
    *,
    label: str | int | None = "auto",
    class_names: Sequence[str] | None = None,
) -> Table:
    """A table of numbers from text: comma, semicolon or tab between cells, header or not.

    Args:
        path: the file, gzip-compressed or not.
        label: the label column by name, or by position from 0 (negative: from the end), or None
            for a table without labels. "auto" takes the column named label, labels, class,
            target or y; else the only column of words; else, in a table of 785 columns without
            header, the first; else none.
        class_names: settles which word is which number, as for a test part.

    Raises:
        FileError: the file is missing.
        FormatError: no rows, a row of another length, an empty cell or one that is no number;
            the message names line and column.
        ArgumentError: there is no such label column.
        DataError: a label that is not among `class_names`.
    """
    layout = _layout(Path(path).expanduser())
    place = _label_column(layout, label)
    if place is not None and layout.width == 1:
        raise FormatError(f"{path}: expected columns of numbers beside the labels; got one column.")
    words = None
    if place is not None and place in layout.words:
        words = _column_of_words(layout, place)
    numbers = _numbers(layout, None if words is None else place)
    cells: Sequence[str] | Array | None = words
    if place is not None and words is None:
        cells, numbers = numbers[:, place], np.delete(numbers, place, axis=1)
    labels, names = (None, ()) if cells is None else encode_labels(cells, class_names)
    columns = tuple(name for index, name in enumerate(layout.header) if index != place)
    return Table(numbers, labels, columns, names, place)


def read_pair(
    train_path: Path, test_path: Path | None, *, label: str | int | None = "auto"
) -> tuple[Table, Table | None]:
    """A training table and its test table, which may lack the labels (as Kaggle's does)."""
    train = read_table(train_path, label=label)
    if test_path is None:
        return train, None
    labelled = _layout(test_path).width == train.values.shape[1] + (train.label_column is not None)
    test_label = train.label_column if labelled else None
    return train, read_table(test_path, label=test_label, class_names=train.class_names)


def write_table(path: str | os.PathLike[str], part: Part, class_names: Sequence[str] = ()) -> None:
    """Writes a part as Kaggle does: `label,pixel0,...`, one row for each image.

    Args:
        path: where to.
        part: images, or a table, whose columns are then called x0, x1, ...
        class_names: writes these names instead of the labels' numbers.
    """
    rows = part.images.reshape(len(part), -1)
    columns = [f"{'pixel' if part.images.ndim == 3 else 'x'}{i}" for i in range(rows.shape[1])]
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if part.labels is None:
            writer.writerow(columns)
            writer.writerows(row.tolist() for row in rows)
            return
        names = tuple(class_names) or numbered_classes(part.labels)
        writer.writerow(["label", *columns])
        writer.writerows(
            [names[label], *row.tolist()] for label, row in zip(part.labels, rows, strict=True)
        )


def write_submission(path: str | os.PathLike[str], labels: IntArray) -> None:
    """Writes predictions as Kaggle's digit recogniser wants them: `ImageId,Label`, from 1."""
    lines = [f"{number},{label}\n" for number, label in enumerate(labels.tolist(), start=1)]
    with replacing(path) as temporary:
        temporary.write_text("ImageId,Label\n" + "".join(lines), encoding="utf-8")


# --- looking at the first rows ------------------------------------------------------------------


def _layout(path: Path) -> Layout:
    with _csv_errors(path), opened_text(path) as stream:
        line = next((text for text in stream if text.strip()), "")
        delimiter = max(DELIMITERS, key=line.count)
    with _csv_errors(path), opened_text(path) as stream:
        rows = _rows(stream, delimiter)
        first_line, first = next(rows, (0, []))
        _, second = next(rows, (0, []))
    header = _is_header(first, second)
    data = second if header else first
    if not data:
        raise FormatError(f"{path}: the table has no rows of data.")
    if header and len(first) != len(second):
        raise FormatError(
            f"{path}, line {first_line + 1}: expected {len(first)} cells as in the header, got "
            f"{len(second)}."
        )
    return Layout(
        path, delimiter, tuple(first) if header else (), tuple(data), first_line if header else 0
    )


def _is_header(first: list[str], second: list[str]) -> bool:
    """A header has a word where the row below has a number, or nothing but words."""
    if not any(_is_number(cell) for cell in first):
        return True
    pairs = zip(first, second, strict=False)
    return any(not _is_number(above) and _is_number(below) for above, below in pairs)


def _label_column(layout: Layout, label: str | int | None) -> int | None:
    if label is None:
        return None
    if label == "auto":
        return _likely_label_column(layout)
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


def _likely_label_column(layout: Layout) -> int | None:
    named = [place for place, name in enumerate(layout.header) if name.lower() in LABEL_NAMES]
    if named:
        return named[0]
    if len(layout.words) == 1:
        return layout.words[0]
    return 0 if not layout.header and layout.width == 785 else None


# --- reading the numbers ------------------------------------------------------------------------


def _numbers(layout: Layout, without: int | None) -> Array:
    """Return all columns but one as int64, or as float32 if they are not all integers."""
    columns = None if without is None else [i for i in range(layout.width) if i != without]
    for read in (_integers, _floats):
        try:
            with opened_text(layout.path) as stream:
                return read(layout, stream, columns)
        except FormatError:
            raise
        except ValueError:
            continue  # fractions among the numbers, or a cell that is no number at all
    raise _fault(layout, without)


def _integers(layout: Layout, stream: TextIO, columns: list[int] | None) -> Array:
    """Read int64, and raise a ValueError where a number is anything but an integer.

    NumPy before 2.3 does not refuse other numbers here: it cuts off their fractions. Hence the
    check of the text, and of numbers so large that they may have overflowed.
    """
    numbers = _loadtxt(layout, _lines_of_integers(layout, stream), np.int64, columns)
    if numbers.size and not -LARGEST_INTEGER < numbers.min() <= numbers.max() < LARGEST_INTEGER:
        raise ValueError("too large for an exact integer")
    return numbers


def _floats(layout: Layout, stream: TextIO, columns: list[int] | None) -> Array:
    return _loadtxt(layout, stream, np.float32, columns)


def _loadtxt(
    layout: Layout, lines: Iterable[str], dtype: type[np.generic], columns: list[int] | None
) -> Array:
    return np.loadtxt(
        lines,
        dtype,
        comments=None,
        delimiter=layout.delimiter,
        skiprows=layout.lines_before_data,
        usecols=columns,
        ndmin=2,
        quotechar='"',
    )


def _lines_of_integers(layout: Layout, stream: TextIO) -> Iterator[str]:
    """Yield the lines, and raise a ValueError at one with a mark of 0.5, 1e-3, nan or inf."""
    yield from islice(stream, layout.lines_before_data)
    for line in stream:
        if "." in line or "e" in line or "E" in line or "n" in line or "N" in line:
            raise ValueError("not an integer")
        yield line


def _column_of_words(layout: Layout, place: int) -> list[str]:
    with _csv_errors(layout.path), opened_text(layout.path) as stream:
        rows = _data_rows(layout, stream)
        return [_whole_row(layout, line, row)[place] for line, row in rows]


def _fault(layout: Layout, without: int | None) -> FormatError:
    """The first cell that cannot be read, found row by row: slow, but nobody waits for it twice."""
    with _csv_errors(layout.path), opened_text(layout.path) as stream:
        for line, row in _data_rows(layout, stream):
            for place, cell in enumerate(_whole_row(layout, line, row)):
                if place != without and not _is_number(cell):
                    got = f"got {cell!r}" if cell.strip() else "the cell is empty"
                    return FormatError(
                        f"{layout.path}, line {line}, {layout.column_name(place)}: expected a "
                        f"number, {got}."
                    )
    return FormatError(f"{layout.path}: expected a table of numbers.")


def _whole_row(layout: Layout, line: int, row: list[str]) -> list[str]:
    if len(row) != layout.width:
        raise FormatError(
            f"{layout.path}, line {line}: expected {layout.width} cells as in the rows before, "
            f"got {len(row)}."
        )
    return row


def _data_rows(layout: Layout, stream: TextIO) -> Iterator[tuple[int, list[str]]]:
    for line, row in _rows(stream, layout.delimiter):
        if line > layout.lines_before_data:
            yield line, row


def _rows(stream: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with its line number from 1."""
    reader = csv.reader(stream, delimiter=delimiter)
    for row in reader:
        if any(cell.strip() for cell in row) or len(row) > 1:
            yield reader.line_num, row


@contextmanager
def _csv_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise FormatError(f"{path}: not a table as text ({error}).") from error


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # float() takes 1_000, tables do not


def _pixels(values: Array, columns: tuple[str, ...]) -> Array:
    wrong = np.argwhere((values < 0) | (values > 255) | (values != np.floor(values)))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            f"pixels must be whole numbers 0-255; row {row + 1} of the data has "
            f"{values[row, column]} in {columns[column]!r}."
        )
    return values.astype(np.uint8)
