"""Compares the files of two runs bit by bit; only times may differ."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from byhand.model_file import read_tensors

TIMES = {"started", "ended", "seconds", "resumed"}
"""Fields of run.json, and columns of tables, that hold times."""


def differences(whole: Path, resumed: Path) -> Iterator[str]:
    """Yield a line for each file that is missing, superfluous or different."""
    here, there = _files(whole), _files(resumed)
    yield from (f"{name} is missing" for name in sorted(here - there))
    yield from (f"{name} is left over" for name in sorted(there - here))
    for name in sorted(here & there):
        content = READERS.get(Path(name).name) or READERS.get(Path(name).suffix, Path.read_bytes)
        if content(whole / name) != content(resumed / name):
            yield f"{name} differs"


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file without times."""
    with path.open(newline="") as file:
        return [_without_times(row) for row in csv.DictReader(file)]


def _causes(path: Path) -> list[str]:
    """Return why the test part was scored, each time, from a table without a header."""
    return [line.split(",")[1] for line in path.read_text().splitlines()]


def _json(path: Path) -> Any:
    return _without_times(json.loads(path.read_text()))


def _model(path: Path) -> dict[str, Any]:
    """Return the bytes of each tensor and the metadata, without the times in the history."""
    tensors, metadata = read_tensors(path)
    found: dict[str, Any] = {
        name: (array.dtype.str, array.shape, np.ascontiguousarray(array).tobytes())
        for name, array in tensors.items()
    }
    for name, text in metadata.items():
        try:
            found[f"metadata {name}"] = repr(_without_times(json.loads(text)))
        except ValueError:
            found[f"metadata {name}"] = text
    return found


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_times(one) for name, one in value.items() if name not in TIMES}
    if isinstance(value, list):
        return [_without_times(one) for one in value]
    return value


READERS: dict[str, Callable[[Path], Any]] = {
    "test_scores.csv": _causes,
    ".csv": _table,
    ".json": _json,
    ".safetensors": _model,
}
