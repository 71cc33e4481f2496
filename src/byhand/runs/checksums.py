"""Checksums of the parameters during training, which show where two runs diverge."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from byhand.atomic import write_whole
from byhand.errors import FormatError
from byhand.evaluation.statistics_callback import evenly
from byhand.training import Callback
from byhand.training.run import TrainingRun
from byhand.untrusted_files import read_bytes

Row = dict[str, str]

SAMPLES = 8
"""Number of steps in an epoch after which the checksums are taken."""

MOST_BYTES = 16 << 20
"""Largest size in bytes of a file."""

MOST_CELLS = 500_000
"""Largest number of cells in a file; in memory each takes about 110 bytes."""

LONGEST_LINE = 1 << 18
"""Largest number of characters of a line: 29,000 arrays."""

MOST_DIGITS = 18
"""Largest number of digits of an epoch or a step."""

MOST = 200
"""Largest number of epochs with checksums; they are evenly spaced and include the last."""


class Checksums(Callback):
    """Record the CRC-32 of each array of a network at a few steps of each epoch.

    A row of the file has epoch, step within the epoch, and a checksum for each array. Two runs with
    the same rows computed the same bits; the first row that differs shows where they diverge.

    Args:
        path: the .csv file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_train_begin(self, run: TrainingRun) -> None:
        """Choose epochs and steps; keep the rows of a resumed run up to its checkpoint."""
        self.rows: list[Row] = []
        if run.epoch and self.path.exists():
            self.rows = [row for row in read_checksums(self.path) if int(row["epoch"]) <= run.epoch]
        count = min(SAMPLES, run.steps_per_epoch)
        cells = count * (5 + len(run.net.parameters) + len(run.net.statistics))
        most = max(1, min(MOST, MOST_CELLS // (2 * cells)))  # half, because a run may be resumed
        self._epochs = set(evenly(1, run.epochs, min(most, run.epochs)))
        self._steps = set(evenly(run.steps_per_epoch // count, run.steps_per_epoch, count))
        self._step = 0

    def on_epoch_begin(self, run: TrainingRun) -> None:  # noqa: ARG002
        """Start counting the epoch's steps."""
        self._step = 0

    def on_batch_end(self, run: TrainingRun) -> None:
        """Add a row if this step was chosen."""
        self._step += 1
        if run.epoch in self._epochs and self._step in self._steps:
            arrays = {**run.net.parameters, **run.net.statistics}
            sums = {name: f"{zlib.crc32(array.data):08x}" for name, array in arrays.items()}
            self.rows.append({"epoch": str(run.epoch), "step": str(self._step), **sums})

    def save(self, run: TrainingRun) -> None:
        """Write the rows of all whole epochs."""
        rows = [row for row in self.rows if int(row["epoch"]) <= run.epoch]
        if rows:
            write_checksums(self.path, rows)


def write_checksums(path: Path, rows: Sequence[Row]) -> None:
    """Write one line for each row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())


def read_checksums(path: Path) -> list[Row]:
    """Read the rows written by `write_checksums`, each later than the one before.

    Raises:
        FileError: the file cannot be read.
        FormatError: it is not such a file.
    """
    content = read_bytes(path, MOST_BYTES, "the file of checksums")
    try:
        _check_cells(content)
        with io.TextIOWrapper(io.BytesIO(content), "utf-8", newline="") as text:
            lines = csv.reader(_lines(text))
            names = next(lines, [])
            if not {"epoch", "step"} <= set(names):
                raise ValueError("the first row must name the columns, epoch and step among them")
            rows: list[Row] = []
            for cells in lines:
                rows.append(_row(names, cells))
                if len(rows) > 1 and _time(rows[-1]) <= _time(rows[-2]):
                    raise ValueError(f"epoch and step {_time(rows[-1])} follow {_time(rows[-2])}")
            return rows
    except (csv.Error, ValueError) as error:
        raise FormatError(f"{path} is not a valid checksum file: {error}.") from error


def _check_cells(content: bytes) -> None:
    """Raise a ValueError if a file has too many cells; a row takes as much memory as three."""
    if content.count(b",") + 3 * (content.count(b"\n") + content.count(b"\r")) > MOST_CELLS:
        raise ValueError(f"it has more than {MOST_CELLS:,} cells")


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise ValueError(f"a line has {LONGEST_LINE:,} characters or more")
        yield line


def _row(names: list[str], cells: list[str]) -> Row:
    row = dict(zip(names, cells, strict=True))
    for name in ("epoch", "step"):
        if not row.get(name, "").isdecimal() or len(row[name]) > MOST_DIGITS:
            raise ValueError(f"{name} is {row.get(name, '')[:80]!r}")
    return row


def _time(row: Row) -> tuple[int, int]:
    return int(row["epoch"]), int(row["step"])
