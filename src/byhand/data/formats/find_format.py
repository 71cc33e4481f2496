"""The table of data formats: finds the format of a path, and registers formats of your own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from byhand.data.dataset import Dataset
from byhand.data.formats.idx import is_idx_folder, read_idx_folder
from byhand.data.formats.image_folder import is_image_folder, read_image_folder
from byhand.data.formats.npy import is_npy_folder, read_npy_folder
from byhand.data.formats.npz import read_npz
from byhand.data.formats.options import ReadOptions
from byhand.data.formats.table import (
    TABLE_SUFFIXES,
    is_table_file,
    is_table_folder,
    read_table_file,
    read_table_folder,
)
from byhand.errors import ArgumentError, FileError, FormatError

Reader = Callable[[Path, ReadOptions], Dataset]


@dataclass(frozen=True)
class Format:
    """A kind of file or folder that holds a data set.

    Args:
        name: the name in `FORMATS`.
        read: reads a path with the options of `load_dataset`.
        recognises: returns whether a path is of this format.
        expected: a description for messages, such as "an .npz file".
        maps: whether its reader can leave images on disk (`ReadOptions.memory_map`).
    """

    name: str
    read: Reader
    recognises: Callable[[Path], bool]
    expected: str
    maps: bool = False


FORMATS: dict[str, Format] = {}
"""Name -> format, in the order in which they are tried."""


def register_format(
    name: str,
    read: Reader,
    *,
    suffixes: tuple[str, ...] = (),
    recognises: Callable[[Path], bool] | None = None,
    expected: str = "",
    maps: bool = False,
    replace: bool = False,
) -> Format:
    """Add a format that `load_dataset` can read.

    Args:
        name: the name of the format.
        read: called as `read(path, options)`; returns a `Dataset`.
        suffixes: extensions of its files, such as (".arff",).
        recognises: for formats without a suffix, such as folders: called with an existing path;
            returns whether the path has this format.
        expected: a description for messages; the suffixes by default.
        maps: whether `read` follows `options.memory_map`.
        replace: True to replace a format of the same name.

    Raises:
        ArgumentError: neither suffixes nor `recognises` are given, or the name is taken.
    """
    if not suffixes and recognises is None:
        raise ArgumentError(
            f"format {name!r} needs suffixes=('.{name}',) or a function recognises(path)."
        )
    if name in FORMATS and not replace:
        raise ArgumentError(f"there is already a format {name!r}. Choose another name.")
    expected = expected or (f"a file ending in {', '.join(suffixes)}" if suffixes else name)
    recognises = recognises or partial(_has_suffix, suffixes)
    FORMATS[name] = Format(name, read, recognises, expected, maps)
    return FORMATS[name]


def find_format(path: Path) -> Format:
    """Return the first format that recognises a path.

    Raises:
        FileError: a folder that no format recognises.
        FormatError: a file that no format recognises.
    """
    found = next((form for form in FORMATS.values() if form.recognises(path)), None)
    if found is not None:
        return found
    expected = "; ".join(form.expected for form in FORMATS.values())
    if path.is_dir():
        raise FileError(f"{path}: found no data in this folder. Expected one of: {expected}.")
    raise FormatError(f"{path}: unknown kind of data. Expected one of: {expected}.")


def _has_suffix(suffixes: tuple[str, ...], path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(suffixes)


register_format(
    "idx",
    read_idx_folder,
    recognises=is_idx_folder,
    expected="a folder of IDX files such as train-images-idx3-ubyte.gz",
    maps=True,
)
register_format(
    "npy",
    read_npy_folder,
    recognises=is_npy_folder,
    expected="a folder with x_train.npy and y_train.npy",
    maps=True,
)
register_format(
    "tables",
    read_table_folder,
    recognises=is_table_folder,
    expected="a folder with train.csv",
)
register_format(
    "image folder",
    lambda path, options: read_image_folder(
        path, invert=options.invert, size=options.size, say=options.say
    ),
    recognises=lambda path: path.is_dir() and is_image_folder(path),
    expected="a folder of images by class such as train/0/a.png",
)
register_format(
    "npz",
    lambda path, options: read_npz(path, task=options.task),
    suffixes=(".npz",),
    expected="an .npz file",
)
register_format(
    "table",
    read_table_file,
    recognises=is_table_file,
    expected=f"a table ending in {', '.join(TABLE_SUFFIXES)}",
)
