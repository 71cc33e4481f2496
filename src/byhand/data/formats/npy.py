"""NPY: arrays as `np.save` writes them, whole or in shards, in one folder.

    x_train.npy        y_train.npy           or        x_train-000.npy   y_train-000.npy
    x_test.npy         y_test.npy                      x_train-001.npy   y_train-001.npy

The shards of an array follow each other in the order of their numbers. A file is mapped, so that
reading rows needs no more memory than these rows.
"""

from __future__ import annotations

import re
from math import prod
from pathlib import Path

import numpy as np

from byhand.arrays import Array
from byhand.data.dataset import Dataset
from byhand.data.formats.files import existing_file
from byhand.data.formats.npz import dataset_from_arrays
from byhand.data.formats.options import ReadOptions
from byhand.data.labels import check_length
from byhand.errors import ArgumentError, DataError, FileError, FormatError
from byhand.lazy_rows import lazy_rows
from byhand.npz_archive import PickledError, check_text, read_header
from byhand.untrusted_files import regular_file

FILE_NAME = re.compile(r"(?P<role>x_train|y_train|x_test|y_test)(?:-(?P<number>\d{1,9}))?\.npy")
"""Names of the files: `x_train.npy`, or `x_train-000.npy`, `x_train-001.npy`, ..."""


def map_npy(path: Path) -> Array:
    """Return the array of an NPY file as a memory map.

    Raises:
        FileError: the file is missing.
        FormatError: it is not NPY, is truncated, holds Python objects or has its columns first.
    """
    path = existing_file(path)
    with regular_file(path) as stream:
        try:
            dtype, shape, columns_first, header_bytes = read_header(stream)
        except PickledError:
            raise FormatError(
                f"{path}: holds pickled Python objects, which could run foreign code and are never "
                "read. Save plain numbers or text."
            ) from None
        except (FormatError, TypeError, ValueError) as error:
            raise FormatError(
                f"{path}: the header is not that of an NPY file ({error}). Write or copy the file "
                "again."
            ) from error
    expected, got = prod(shape) * dtype.itemsize, path.stat().st_size - header_bytes
    if expected != got:
        kind = "shorter" if got < expected else "longer"
        raise FormatError(
            f"{path}: the file is {kind} than its header says: expected {expected:,} bytes of data "
            f"for {' x '.join(map(str, shape))} of {dtype}, got {got:,}. Write or copy the file "
            "again."
        )
    if columns_first and len(shape) > 1:
        raise FormatError(
            f"{path}: the columns come first (Fortran order), so rows cannot be read. Save it with "
            "np.save(path, np.ascontiguousarray(array))."
        )
    if not expected:
        return np.empty(shape, dtype)  # no file can be mapped that has no bytes
    return np.memmap(path, dtype, "r", header_bytes, shape)


def npy_files(folder: Path) -> dict[str, list[Path]]:
    """Return the files of each array in a folder, the shards in order.

    Raises:
        DataError: a number is missing or occurs twice, or there is a whole array beside the shards.
    """
    found: dict[str, dict[int, Path]] = {}
    for path in sorted(folder.iterdir()):
        match = FILE_NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        shards = found.setdefault(match["role"], {})
        number = int(match["number"] or -1)
        if number in shards or (shards and -1 in {number, *shards}):
            raise DataError(
                f"{folder}: {path.name} and {next(reversed(shards.values())).name} are both "
                f"{match['role']}. Keep the whole array or its shards, not both."
            )
        shards[number] = path
    return {role: _in_order(folder, role, shards) for role, shards in found.items()}


def is_npy_folder(folder: Path) -> bool:
    """Return whether a folder has an array named like a train part's."""
    return folder.is_dir() and any(
        path.name.startswith(("x_train", "y_train")) and FILE_NAME.fullmatch(path.name)
        for path in folder.iterdir()
    )


def read_npy_folder(folder: Path, options: ReadOptions) -> Dataset:
    """Read a data set from a folder of NPY files.

    Raises:
        FileError: the images or labels of the train part are missing.
        FormatError: a file that is not NPY, or is truncated.
        DataError: shards that do not belong together, or lengths that differ.
    """
    files = npy_files(folder)
    for role in ("x_train", "y_train"):
        if role not in files:
            raise FileError(f"{folder}: {role}.npy (or {role}-000.npy) is missing.")
    arrays = {role: _joined(paths) for role, paths in files.items()}
    read = {
        role: array if options.memory_map and role.startswith("x") else np.asarray(array)
        for role, array in arrays.items()
    }
    for role in {"y_train", "y_test"} & read.keys():
        _check_words(files[role][0], read[role])
    train, test = (read["x_train"], read["y_train"]), (read.get("x_test"), read.get("y_test"))
    return dataset_from_arrays(folder, train, test, (), options.task)


def _in_order(folder: Path, role: str, shards: dict[int, Path]) -> list[Path]:
    numbers = sorted(shards)
    missing = set(range(numbers[0], numbers[-1] + 1)) - set(numbers)
    if missing:
        raise DataError(
            f"{folder}: shard {min(missing)} of {role} is missing; found {len(numbers)} shards, "
            f"{numbers[0]} to {numbers[-1]}."
        )
    return [shards[number] for number in numbers]


def _check_words(path: Path, labels: Array) -> None:
    """Raise if labels that are words are too long, or have characters that do not exist."""
    if labels.dtype.kind not in "US":
        return
    check_length(labels.dtype.itemsize // np.dtype(f"{labels.dtype.kind}1").itemsize)
    try:
        check_text(labels)
    except FormatError as error:
        raise FormatError(f"{path}: {error}.") from error


def _joined(paths: list[Path]) -> Array:
    try:
        return lazy_rows([map_npy(path) for path in paths])
    except ArgumentError as error:
        raise DataError(
            f"{paths[0].parent}: {paths[0].name} and its other shards: {error}"
        ) from error
