"""`load_dataset`: turns a name or a path into a `Dataset`, whatever the format of the files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from byhand.data.dataset import Dataset, Part
from byhand.data.download import fetch_dataset
from byhand.data.find_dataset import Found, find_dataset
from byhand.data.formats import ReadOptions, find_format
from byhand.data.formats.idx import read_idx
from byhand.data.formats.npz import read_arrays, read_npz
from byhand.data.formats.table import TABLE_SUFFIXES as TABLE_SUFFIXES
from byhand.data.image_traits import Invert
from byhand.data.known_datasets import DATASETS, KnownDataset, is_known, known_dataset
from byhand.data.labels import TaskChoice, labels_from
from byhand.errors import ArgumentError, FileError, unknown_name
from byhand.lazy_rows import lazy_rows
from byhand.terminal import Say, to_stderr

DIGITS_TRAIN = 1437
"""Number of training images among the 1,797 UCI digits, in the order of the file."""


def load_dataset(
    name: str | os.PathLike[str],
    *,
    data_dir: str | os.PathLike[str] | None = None,
    offline: bool | None = None,
    label: str | int | None = "auto",
    task: TaskChoice = "auto",
    invert: Invert = "auto",
    size: int | None = None,
    memory_map: bool = False,
    say: Say | None = None,
) -> Dataset:
    """Load a data set by name, or from your own files by path.

    A named data set is searched for in `data_dir`, in the folder named by the variable BYHAND_DATA
    (laid out as `mnist/train-images-idx3-ubyte.gz`, compressed or not), in the cache, and in the
    folders of torchvision and Keras. Only then is it downloaded, with a message. `digits` comes
    with byhand.

    A path may be a folder of IDX files, a folder of NPY files, a folder with train.csv and
    test.csv, a folder of images by class, an NPZ file, one table, or a format added with
    `register_format`.

    Args:
        name: mnist, fashion-mnist, kmnist, emnist-balanced, ..., digits; or a path.
        data_dir: the first folder to search for a named data set.
        offline: True forbids downloads; None follows the variable BYHAND_OFFLINE.
        label: the label column of a table: its name, its position, or "auto".
        task: "classification" or "regression"; "auto" decides from the labels of a table or an NPZ
            file, and reports through `say` if it chooses regression.
        invert: for a folder of images: True for dark ink on light paper, False to keep the greys;
            "auto" looks at the borders of all training images and decides once.
        size: for a folder of images: side of the squares into which they are fitted. By default
            images of one size up to 64x64 are kept. Of larger or differing pictures, handwriting
            is cut out and fitted into 28x28, and others are fitted whole into their median longer
            side, at most 64; this is reported through `say`.
        memory_map: True leaves the images of uncompressed IDX and NPY files on disk, for data
            larger than memory; they become `LazyRows`.
        say: receives each message; standard error by default.

    Returns:
        A data set of uint8 images (n, height, width), ink 255 on paper 0, or float32 tables, with
        int64 labels or, for regression, float64 targets.

    Raises:
        ArgumentError: an unknown name, or data that cannot be memory-mapped.
        FileError: files that are missing; the message says how to get them.
        FormatError: a file that is truncated, corrupted or of another format.
        DataError: unusable data: lengths that differ, one class only, NaN, ...
    """
    if isinstance(name, str) and is_known(name):
        found = find_dataset(name, data_dir) or fetch_dataset(name, offline=offline, say=say)
        return _load_known(known_dataset(name), found, memory_map)
    path = Path(name).expanduser()
    if not path.exists():
        if isinstance(name, str) and path.name == name and not path.suffix:
            unknown = unknown_name("data set", name, DATASETS)
            raise ArgumentError(f"{unknown} There is no file or folder of this name, either.")
        raise FileError(f"there is no file or folder {path}. Check the spelling of the path.")
    form = find_format(path)
    if memory_map and not form.maps:
        raise _no_map(str(path))
    say = say or to_stderr
    dataset = form.read(path, ReadOptions(label, task, invert, memory_map, size, say))
    if task == "auto" and dataset.task == "regression":
        say(_regression_note(dataset))
    return dataset


def _regression_note(dataset: Dataset) -> str:
    assert dataset.train.labels is not None  # noqa: S101 - a Dataset always has them
    targets = dataset.train.labels
    return (
        f"{dataset.name}: the labels are {len(np.unique(targets)):,} different numbers from "
        f"{targets.min():g} to {targets.max():g}, read as a regression target. For classes, choose "
        "task='classification'."
    )


def _no_map(name: str) -> ArgumentError:
    return ArgumentError(
        f"{name} cannot be memory-mapped: only uncompressed IDX and NPY files can. Write "
        "np.save('x_train.npy', images) and np.save('y_train.npy', labels) into one folder, or "
        "load the data without memory_map (--memory-map)."
    )


# --- known data sets ----------------------------------------------------------------------------


def _load_known(known: KnownDataset, found: Found, memory_map: bool) -> Dataset:
    if memory_map and "train_images" not in found.files:
        raise _no_map(known.name)
    if not known.files:
        return _load_digits(known, found)
    if "archive" in found.files:
        dataset = read_npz(found.files["archive"])
        train, test = dataset.train, dataset.test
    else:
        train = _known_part(known, found, "train", memory_map)
        test = _known_part(known, found, "test", memory_map)
    return Dataset(known.name, train, test, known.class_names, str(found), known.credit)


def _known_part(known: KnownDataset, found: Found, part: str, memory_map: bool) -> Part:
    images = read_idx(found.files[f"{part}_images"], memory_map=memory_map)
    labels = labels_from(read_idx(found.files[f"{part}_labels"])) - known.first_label
    if known.transposed and images.ndim == 3:
        images = images.swapaxes(1, 2)  # a view, because a memory map must not be copied
        images = images if memory_map else np.ascontiguousarray(images)
    return Part(lazy_rows([images]) if memory_map else images, labels)


def _load_digits(known: KnownDataset, found: Found) -> Dataset:
    """Load the UCI digits; counts 0-16 become round(count * 255 / 16)."""
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
