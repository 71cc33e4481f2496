"""Delimited text: find delimiter and header, then read columns of numbers and of text.

Missing values (`MISSING`) are refused, with their row and column.

NumPy's own reader is used, first for integers and only then for fractions: Kaggle's 42,000 x 785
integers take about 0.8 s that way (4.6 s as fractions, 1 s in polars).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from byhand.arrays import Array
from byhand.data.formats.files import opened_text
from byhand.errors import FormatError

DELIMITERS = ",;\t"

LARGEST_INTEGER = 1 << 53
"""Largest integer up to which float64 represents every integer exactly."""

LONGEST_LINE = 1 << 24
"""Largest number of characters in a line or row, so that one row cannot fill the memory."""

MOST_COLUMNS = 100_000
"""Largest number of cells in a row; larger images belong in an NPZ file or a folder of images."""

MOST_KEPT = 100_000
"""Number of different words of a table that are kept once; beyond it, equal words are copies."""

MOST_BLANK_LINES = 100_000
"""Number of blank lines that a table may have more than rows; they are read one by one."""

MISSING = {"", "?", "na", "n/a", "null"}
"""Cells, in lower case, that mark a missing value."""


@dataclass(frozen=True)
class Layout:
    """Delimiter, header and kinds of columns of a table, taken from its first two rows.

    Args:
        path: the file.
        delimiter: the character between cells.
        header: the names of the columns; empty without a header.
        first_row: the cells of the first row of data.
        lines_before_data: lines to skip, the header included.
    """

    path: Path
    delimiter: str
    header: tuple[str, ...]
    first_row: tuple[str, ...]
    lines_before_data: int

    @property
    def width(self) -> int:
        """Return the number of cells in a row."""
        return len(self.first_row)

    @cached_property
    def words(self) -> tuple[int, ...]:
        """Return the positions of the columns whose first cell is text, not a number."""
        return tuple(place for place, cell in enumerate(self.first_row) if not _is_number(cell))

    def where(self, line: int, place: int) -> str:
        """Return file, line and column (counted from 1, with its name) for a message."""
        name = f" ({self.header[place]!r})" if self.header else ""
        return f"{self.path}, line {line}, column {place + 1}{name}"


def layout_of(path: Path) -> Layout:
    """Return the layout of a table.

    Raises:
        FileError: the file is missing.
        FormatError: there are no rows of data, or the header has another length.
    """
    with _csv_errors(path), opened_text(path) as stream:
        begin = islice(_lines(path, stream), MOST_BLANK_LINES + 1)
        line = next((text for text in begin if text.strip()), "")
        delimiter = max(DELIMITERS, key=line.count)
    with _csv_errors(path), opened_text(path) as stream:
        rows = _rows(path, stream, delimiter)
        first_line, first = next(rows, (0, []))
        _, second = next(rows, (0, []))
    header = _is_header(first, second)
    data = second if header else first
    if not data:
        raise FormatError(f"{path}: the table has no rows of data.")
    if header and len(first) != len(second):
        raise FormatError(
            f"{path}, line {first_line + 1}: expected {len(first)} cells, as in the header; got "
            f"{len(second)}."
        )
    return Layout(
        path, delimiter, tuple(first) if header else (), tuple(data), first_line if header else 0
    )


def _is_header(first: list[str], second: list[str]) -> bool:
    """Return whether the first row is a header: a word above a number, or only words."""
    if not any(_is_number(cell) for cell in first):
        return True
    pairs = zip(first, second, strict=False)
    return any(not _is_number(above) and _is_number(below) for above, below in pairs)


def read_numbers(layout: Layout, places: Sequence[int]) -> Array:
    """Return some columns as int64 (n, columns), or as float64 if they are not all integers.

    Raises:
        FormatError: a row of another length, or a cell that is not a number.
    """
    if not places:
        with _csv_errors(layout.path), opened_text(layout.path) as stream:
            return np.zeros((sum(1 for _ in _data_rows(layout, stream)), 0), np.int64)
    columns = None if len(places) == layout.width else list(places)
    for read in (_integers, _floats):
        try:
            with opened_text(layout.path) as stream:
                return read(layout, stream, columns)
        except FormatError:
            raise
        except ValueError:
            continue  # fractions among the numbers, or a cell that is not a number
    raise _fault(layout, places)


def _integers(layout: Layout, stream: TextIO, columns: list[int] | None) -> Array:
    """Read int64, and raise a ValueError if a number is not an integer.

    NumPy before 2.3 does not refuse other numbers here but cuts off their fractions. Hence the
    check of the text, and of numbers so large that they may have overflowed.
    """
    numbers = _loadtxt(layout, _lines_of_integers(layout, stream), np.int64, columns)
    if numbers.size and not -LARGEST_INTEGER < numbers.min() <= numbers.max() < LARGEST_INTEGER:
        raise ValueError("too large for an exact integer")
    return numbers


def _floats(layout: Layout, stream: TextIO, columns: list[int] | None) -> Array:
    return _loadtxt(layout, _lines(layout.path, stream), np.float64, columns)


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
    """Yield the lines, and raise a ValueError at one that shows signs of 0.5, 1e-3, nan or inf."""
    lines = _lines(layout.path, stream)
    yield from islice(lines, layout.lines_before_data)
    for line in lines:
        if "." in line or "e" in line or "E" in line or "n" in line or "N" in line:
            raise ValueError("not an integer")
        yield line


def read_words(layout: Layout, places: Sequence[int]) -> dict[int, list[str]]:
    """Return the cells of some columns as text, by position.

    Raises:
        FormatError: a row of another length.
    """
    columns: dict[int, list[str]] = {place: [] for place in places}
    kept: dict[str, str] = {}  # equal words become one, up to a number of them
    with _csv_errors(layout.path), opened_text(layout.path) as stream:
        for line, row in _data_rows(layout, stream):
            _check_length(layout, line, row)
            for place, cells in columns.items():
                word = row[place].strip()
                cells.append(kept.setdefault(word, word) if len(kept) < MOST_KEPT else word)
    return columns


def empty_cell(layout: Layout, place: int) -> str:
    """Return the message for the first empty cell of a column."""
    with _csv_errors(layout.path), opened_text(layout.path) as stream:
        rows = _data_rows(layout, stream)
        line = next(line for line, row in rows if not row[place].strip())
    return _missing(layout, line, place, "")


def check_words(layout: Layout, places: Sequence[int]) -> None:
    """Raise a FormatError at the first number or missing cell in text columns."""
    with _csv_errors(layout.path), opened_text(layout.path) as stream:
        for line, row in _data_rows(layout, stream):
            for place in places:
                cell = row[place].strip()
                if cell.lower() in MISSING:
                    raise FormatError(_missing(layout, line, place, cell))
                if _is_number(cell):
                    raise FormatError(
                        f"{layout.where(line, place)}: expected text, as in the row before; got "
                        f"the number {cell!r}. A column holds either numbers or words: put a "
                        "letter before each value, or write numbers only."
                    )


def _fault(layout: Layout, places: Sequence[int]) -> FormatError:
    """Return the error for the first cell that is not a number, found row by row."""
    with _csv_errors(layout.path), opened_text(layout.path) as stream:
        for line, row in _data_rows(layout, stream):
            _check_length(layout, line, row)
            if _are_numbers([row[place] for place in places]):
                continue
            for place in places:
                cell = row[place].strip()
                if cell.lower() in MISSING:
                    return FormatError(_missing(layout, line, place, cell))
                if not _is_number(cell):
                    return FormatError(
                        f"{layout.where(line, place)}: expected a number, got {cell!r}."
                    )
    return FormatError(f"{layout.path}: expected a table of numbers.")


def _missing(layout: Layout, line: int, place: int, cell: str) -> str:
    got = f"{cell!r} marks a missing value" if cell else "the cell is empty"
    return f"{layout.where(line, place)}: {got}. Fill it in, or remove the row or the column."


def _check_length(layout: Layout, line: int, row: list[str]) -> None:
    if len(row) != layout.width:
        raise FormatError(
            f"{layout.path}, line {line}: expected {layout.width} cells, as in the rows before; "
            f"got {len(row)}."
        )


def _data_rows(layout: Layout, stream: TextIO) -> Iterator[tuple[int, list[str]]]:
    for line, row in _rows(layout.path, stream, layout.delimiter):
        if line > layout.lines_before_data:
            yield line, row


def _lines(path: Path, stream: TextIO) -> Iterator[str]:
    """Yield the lines, and raise a FormatError at one that is too long."""
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise FormatError(
                f"{path}: a line has {LONGEST_LINE:,} characters or more; this is not a table."
            )
        yield line


def _rows(path: Path, stream: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, each with its line number from 1."""
    lines = _LinesOfRow(path, stream, delimiter)
    reader = csv.reader(lines, delimiter=delimiter)
    left = MOST_BLANK_LINES  # and one for each row, as in a table with a blank line after each
    for row in reader:
        lines.begin_row()
        if len(row) > 1 or any(cell.strip() for cell in row):
            left += 1
            yield reader.line_num, row
            continue
        left -= 1
        if left < 0:
            raise FormatError(f"{path}: more than {MOST_BLANK_LINES:,} lines are blank.")


class _LinesOfRow:
    """The lines of a table, with a limit for each row: quoted cells may run over many lines."""

    def __init__(self, path: Path, stream: TextIO, delimiter: str) -> None:
        self.path, self.delimiter = path, delimiter
        self.lines = _lines(path, stream)
        self.begin_row()

    def begin_row(self) -> None:
        """Start counting from 0 again."""
        self.characters = self.cells = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.characters += len(line)
            self.cells += line.count(self.delimiter)
            if self.characters > LONGEST_LINE:
                raise FormatError(
                    f"{self.path}: a row has more than {LONGEST_LINE:,} characters; this is not a "
                    "table."
                )
            if self.cells >= MOST_COLUMNS:
                raise FormatError(
                    f"{self.path}: a row has more than {MOST_COLUMNS:,} cells. Store that many "
                    "columns in an NPZ file, or images as a folder of images."
                )
            yield line


@contextmanager
def _csv_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise FormatError(f"{path}: not a text table ({error}).") from error


def _are_numbers(cells: list[str]) -> bool:
    """Return whether all cells are numbers, as `_is_number` says, but faster."""
    try:
        sum(map(float, cells))
    except ValueError:
        return False
    return "_" not in "".join(cells)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # float() takes 1_000, tables do not
