"""`load_dataset`: from a name or a path to a `Dataset`, whatever the files look like."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from byhand.arrays import Array
from byhand.data.dataset import Dataset, Part, images_from, labels_from, numbered_classes
from byhand.data.download import fetch_dataset
from byhand.data.formats.idx import idx_files, read_idx
from byhand.data.formats.image_folder import Invert, is_image_folder, read_image_folder
from byhand.data.formats.npz import read_arrays, read_npz
from byhand.data.formats.table import read_pair
from byhand.data.places import Found, find_dataset
from byhand.data.registry import DATASETS, KnownDataset, is_known, known_dataset
from byhand.errors import DataError, FileError, FormatError, unknown_name

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".csv.gz", ".tsv.gz", ".txt.gz")
"""Endings of files that are read as tables."""

TABLE_PAIRS = (
    ("train.csv", "test.csv"),
    ("mnist_train.csv", "mnist_test.csv"),
    ("fashion-mnist_train.csv", "fashion-mnist_test.csv"),
)
"""Names of the two tables in a folder, as Kaggle hands them out."""

DIGITS_TRAIN = 1437
"""How many of the 1 797 UCI digits, in the order of the file, are for training."""


@dataclass(frozen=True)
class ReadOptions:
    """What the readers of single formats can be told.

    Args:
        label: the label column of a table.
        invert: whether a folder's images are dark ink on light paper; "auto" looks at them.
        memory_map: whether IDX files stay on disk.
    """

    label: str | int | None = "auto"
    invert: Invert = "auto"
    memory_map: bool = False


def load_dataset(
    name: str | os.PathLike[str],
    *,
    data_dir: str | os.PathLike[str] | None = None,
    offline: bool | None = None,
    label: str | int | None = "auto",
    invert: Invert = "auto",
    memory_map: bool = False,
    say: Callable[[str], None] | None = None,
) -> Dataset:
    """A data set by name, or from your own files by path.

    A name is looked for in `data_dir`, in the folder named by BYHAND_DATA (laid out as
    `mnist/train-images-idx3-ubyte.gz`, compressed or not), in the cache, and where torchvision
    and Keras keep theirs; only then is it downloaded, and each download is announced. `digits`
    comes with byhand.

    A path may be a folder of IDX files, a folder with train.csv and test.csv, a folder of images
    by class, an NPZ file, or one table of numbers.

    Args:
        name: mnist, fashion-mnist, kmnist, emnist-balanced, ..., digits; or a path.
        data_dir: where to look first for a named data set.
        offline: True forbids downloads; None asks the variable BYHAND_OFFLINE.
        label: the label column of a table: its name, its position, or "auto".
        invert: for a folder of images: True for dark ink on light paper, False to keep the greys;
            "auto" looks at the borders of all training images and decides once.
        memory_map: leave uncompressed IDX files on disk, for data larger than memory.
        say: takes the lines that announce a download; standard error by default.

    Returns:
        Images uint8 (n, height, width), ink 255 on paper 0, or float32 tables; labels int64.

    Raises:
        ArgumentError: an unknown name.
        FileError: files that are missing; the message says how to get them.
        FormatError: a file that is truncated, corrupted or of another format.
        DataError: data that cannot be used: lengths that differ, one class only, NaN, ...
    """
    options = ReadOptions(label, invert, memory_map)
    if isinstance(name, str) and is_known(name):
        found = find_dataset(name, data_dir) or fetch_dataset(name, offline=offline, say=say)
        return _load_found(known_dataset(name), found, options)
    path = Path(name).expanduser()
    if path.is_dir():
        return _load_folder(path, options)
    if path.is_file():
        return _load_file(path, options)
    if isinstance(name, str) and path.name == name and not path.suffix:
        raise unknown_name("data set", name, DATASETS)
    raise FileError(f"there is no file or folder {path}. Check the spelling of the path.")


# --- known data sets ----------------------------------------------------------------------------


def _load_found(known: KnownDataset, found: Found, options: ReadOptions) -> Dataset:
    if not known.files:
        return _load_digits(known, found)
    if "archive" in found.files:
        dataset = read_npz(found.files["archive"])
        train, test = dataset.train, dataset.test
    else:
        train = _known_part(known, found, "train", options.memory_map)
        test = _known_part(known, found, "test", options.memory_map)
    return Dataset(known.name, train, test, known.class_names, str(found), known.credit)


def _known_part(known: KnownDataset, found: Found, part: str, memory_map: bool) -> Part:
    images = read_idx(found.files[f"{part}_images"], memory_map=memory_map)
    labels = labels_from(read_idx(found.files[f"{part}_labels"])) - known.first_label
    if known.transposed and images.ndim == 3:
        images = images.swapaxes(1, 2)  # only a view, which is all that a memory map allows
        images = images if memory_map else np.ascontiguousarray(images)
    return Part(images, labels)


def _load_digits(known: KnownDataset, found: Found) -> Dataset:
    """The UCI digits: counts 0-16 become round(count * 255 / 16)."""
    arrays = read_arrays(found.files["archive"])
    images = ((arrays["images"].astype(np.uint16) * 255 + 8) // 16).astype(np.uint8)
    labels = arrays["labels"].astype(np.int64)
    train, test = slice(None, DIGITS_TRAIN), slice(DIGITS_TRAIN, None)
    return Dataset(
        known.name,
        Part(images[train], labels[train]),
        Part(images[test], labels[test]),
        known.class_names,
        str(found),
        known.credit,
    )


# --- the user's own files -----------------------------------------------------------------------


def _load_file(path: Path, options: ReadOptions) -> Dataset:
    if path.suffix == ".npz":
        return read_npz(path)
    if path.name.lower().endswith(TABLE_SUFFIXES):
        return _load_tables(path, None, options)
    raise FormatError(
        f"{path}: unknown kind of data. Expected a folder (IDX files, images by class, train.csv), "
        f"an .npz file, or a table ending in {', '.join(TABLE_SUFFIXES)}."
    )


def _load_folder(folder: Path, options: ReadOptions) -> Dataset:
    sets = idx_files(folder)
    if sets:
        return _load_idx_folder(folder, sets, options)
    for train, test in TABLE_PAIRS:
        if (folder / train).is_file():
            test_path = folder / test if (folder / test).is_file() else None
            return _load_tables(folder / train, test_path, options)
    if is_image_folder(folder):
        return read_image_folder(folder, invert=options.invert)
    raise FileError(
        f"{folder}: found no data. Expected IDX files such as train-images-idx3-ubyte.gz, a "
        "train.csv, or folders of images by class such as train/0/a.png."
    )


def _load_idx_folder(
    folder: Path, sets: dict[str, dict[str, Path]], options: ReadOptions
) -> Dataset:
    if len(sets) > 1:
        raise DataError(
            f"{folder}: holds several data sets ({', '.join(sorted(sets))}). Keep each in a folder "
            "of its own, or name a known one: load_dataset('emnist-letters', data_dir=...)."
        )
    ((_, files),) = sets.items()
    missing = [role for role in ("train_images", "train_labels") if role not in files]
    if missing:
        raise FileError(f"{folder}: the IDX file of {missing[0].replace('_', ' ')} is missing.")
    train = _idx_part(files, "train", options.memory_map)
    test = _idx_part(files, "test", options.memory_map) if "test_images" in files else None
    names = numbered_classes(train.labels, test.labels if test else None)
    return Dataset(folder.name or str(folder), train, test, names, str(folder))


def _idx_part(files: dict[str, Path], part: str, memory_map: bool) -> Part:
    images = read_idx(files[f"{part}_images"], memory_map=memory_map)
    labels: Array | None = None
    if f"{part}_labels" in files:
        labels = read_idx(files[f"{part}_labels"])
    return Part(images_from(images, str(files[f"{part}_images"])), labels)


def _load_tables(train_path: Path, test_path: Path | None, options: ReadOptions) -> Dataset:
    train, test = read_pair(train_path, test_path, label=options.label)
    if train.labels is None:
        columns = ", ".join(train.columns[:8]) or f"{train.values.shape[1]} columns, no header"
        raise DataError(
            f"{train_path}: which column holds the labels? Name it (label='species') or give its "
            f"position (label=0, label=-1). Columns: {columns}."
        )
    return Dataset(
        train_path.name.partition(".")[0],
        train.part(),
        test.part() if test else None,
        train.class_names,
        str(train_path if test_path is None else train_path.parent),
    )
