"""The history of a training run, epoch by epoch."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from byhand.arrays import IntArray
from byhand.atomic import write_whole
from byhand.errors import FormatError, unknown_name
from byhand.notebook import block, small
from byhand.training.notebook_curves import curves
from byhand.untrusted_files import regular_file

COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")

MOST_COLUMNS = 1000
"""Largest number of columns in a file."""

LONGEST_LINE = 1 << 20
"""Largest number of characters in a line of a file."""

MOST_NUMBERS = 1_000_000
"""Largest number of cells in a file, or one for each `BYTES_PER_NUMBER` of it: 32 MB of floats."""

BYTES_PER_NUMBER = 16


@dataclass
class History(Mapping[str, list[float]]):
    """One column per quantity and one row per epoch: `history["val_loss"]`.

    loss and accuracy are means over the training examples during the epoch, without penalties;
    val_loss and val_accuracy are measured on the validation set after it; seconds is its duration.

    Args:
        columns: values of each quantity, by name.
        stopped: reason why training ended.
        best_epoch: epoch with the best monitored value, counted from 1.
        split: row numbers by part ("train", "validation") if there is a validation set.
        record: settings of the run: seed, threads, kernels, batch size, ...
    """

    columns: dict[str, list[float]] = field(default_factory=dict)
    stopped: str = ""
    best_epoch: int | None = None
    split: dict[str, IntArray] = field(default_factory=dict)
    record: dict[str, object] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return max((len(column) for column in self.columns.values()), default=0)

    def append(self, row: Mapping[str, float]) -> None:
        """Add the values of one epoch."""
        for name, number in row.items():
            self.columns.setdefault(name, []).append(float(number))

    def row(self, epoch: int) -> dict[str, float]:
        """Return the values of an epoch, counted from 1; -1 is the last."""
        index = epoch - 1 if epoch > 0 else epoch
        return {name: column[index] for name, column in self.columns.items()}

    def __getitem__(self, name: str) -> list[float]:
        try:
            return self.columns[name]
        except KeyError:
            raise KeyError(str(unknown_name("column", name, self.columns))) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __repr__(self) -> str:
        if not self.epochs:
            return "<History of no epochs>"
        last = ", ".join(f"{name} {number:.4g}" for name, number in self.row(-1).items())
        return f"<History of {self.epochs} epochs: {last}; {self.stopped}>"

    def _repr_html_(self) -> str:
        if not self.epochs:
            return block("History of no epochs")
        title = f"History of {self.epochs:,} epoch{'s' * (self.epochs != 1)}"
        best = f", best {self.best_epoch}" if self.best_epoch else ""
        last = ", ".join(f"{name} {number:.4g}" for name, number in self.row(-1).items())
        return block(
            f"{title}{best}",
            curves(self, best=self.best_epoch),
            small(f"last epoch: {last}"),
            small(self.stopped),
        )

    def to_csv(self, path: str | Path) -> Path:
        """Write one line for each epoch, in full precision."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["epoch", *self.columns])
        for epoch in range(1, self.epochs + 1):
            writer.writerow([epoch, *(repr(number) for number in self.row(epoch).values())])
        return write_whole(path, text.getvalue().encode())

    @classmethod
    def from_csv(cls, path: str | Path) -> History:
        """Read a history written by `to_csv`."""
        try:
            with (
                regular_file(path, "the history") as file,
                io.TextIOWrapper(file, "utf-8", newline="") as text,
            ):
                most = max(MOST_NUMBERS, os.fstat(file.fileno()).st_size // BYTES_PER_NUMBER)
                return cls(_read_columns(csv.reader(_lines(text)), most))
        except (ValueError, csv.Error) as error:
            raise FormatError(f"{path} is not a valid history file: {error}.") from error


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise ValueError(f"a line has {LONGEST_LINE:,} characters or more")
        yield line


def _read_columns(rows: Iterator[list[str]], most: int) -> dict[str, list[float]]:
    """Return the columns of a table below a heading, one row per epoch, at most `most` numbers."""
    heading = next(rows, [])
    if heading[:1] != ["epoch"] or not len(set(heading)) == len(heading) <= MOST_COLUMNS:
        raise ValueError("the first row must name the columns: epoch, then each quantity once")
    columns: dict[str, list[float]] = {name: [] for name in heading[1:]}
    for epoch, row in enumerate(rows, start=1):
        if len(row) != len(heading) or row[0] != str(epoch):
            raise ValueError(f"epoch {epoch} has {len(row)} cells beginning with {row[:1]}")
        if epoch * len(row) > most:
            raise ValueError(f"it has more than {most:,} numbers")
        for column, cell in zip(columns.values(), row[1:], strict=True):
            column.append(float(cell))
    return columns
