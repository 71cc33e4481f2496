"""NPZ: NumPy's archive of arrays, as Keras keeps MNIST. Read, write, check.

Only plain arrays are read; an archive that holds pickled objects could run foreign code and is
refused.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.data.dataset import (
    Dataset,
    Part,
    encode_labels,
    images_from,
    labels_from,
    numbered_classes,
)
from byhand.data.formats.files import existing_file, replacing
from byhand.errors import FormatError

TRAIN_KEYS = (
    ("x_train", "y_train"),
    ("train_images", "train_labels"),
    ("images", "labels"),
    ("x", "y"),
    ("data", "target"),
    ("data", "labels"),
    ("arr_0", "arr_1"),
)
"""Names under which images and labels to learn from are kept; the first pair present is taken."""

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, MemoryError, KeyError)
"""What NumPy and zipfile raise for a damaged archive; RuntimeError for one with a password."""

TEST_KEYS = (("x_test", "y_test"), ("test_images", "test_labels"))
"""The same for the test part. Its labels may be missing."""


def read_arrays(path: str | os.PathLike[str]) -> dict[str, Array]:
    """All arrays of an archive by name.

    Raises:
        FileError: the file is missing.
        FormatError: it is no NPZ, is truncated or corrupted, or holds pickled objects.
    """
    path = existing_file(path)
    try:
        with path.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise FormatError(f"{path}: expected an NPZ archive of named arrays.")
            with archive:
                return {name: archive[name] for name in archive.files}
    except FormatError:
        raise
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise FormatError(
                f"{path}: holds pickled Python objects, which could run foreign code and are never "
                "read. Save plain arrays: np.savez(path, x_train=..., y_train=...)."
            ) from error
        raise _broken(path, error) from error
    except BROKEN as error:
        raise _broken(path, error) from error


def read_npz(path: str | os.PathLike[str]) -> Dataset:
    """A data set from an archive with x_train, y_train, x_test, y_test or similar names.

    An array `class_names`, if there is one, names the classes.

    Raises:
        FileError: the file is missing.
        FormatError: it cannot be read, or has no arrays of known names.
        DataError: the arrays are not images and labels that belong together.
    """
    path = existing_file(path)
    arrays = read_arrays(path)
    images, labels = _pair(arrays, TRAIN_KEYS) or (None, None)
    if images is None or labels is None:
        pairs = "; ".join(", ".join(pair) for pair in TRAIN_KEYS)
        raise FormatError(
            f"{path}: no images and labels under known names. Found: {', '.join(arrays)}. "
            f"Expected one of the pairs {pairs}."
        )
    test_images, test_labels = _pair(arrays, TEST_KEYS) or (None, None)
    names: Sequence[str] = [str(name) for name in arrays.get("class_names", ())]
    if not names:
        names = _class_names(labels, test_labels)
    test = None
    if test_images is not None:
        test = Part(images_from(test_images, str(path)), _encoded(test_labels, names))
    return Dataset(
        path.stem,
        Part(images_from(images, str(path)), _encoded(labels, names)),
        test,
        tuple(names),
        source=str(path),
    )


def write_npz(path: str | os.PathLike[str], dataset: Dataset) -> None:
    """Writes a data set as Keras lays it out, with `class_names` beside it."""
    arrays = {"x_train": dataset.train.images, "class_names": np.array(dataset.class_names)}
    if dataset.train.labels is not None:
        arrays["y_train"] = dataset.train.labels
    if dataset.test is not None:
        arrays["x_test"] = dataset.test.images
        if dataset.test.labels is not None:
            arrays["y_test"] = dataset.test.labels
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def _pair(
    arrays: Mapping[str, Array], known: tuple[tuple[str, str], ...]
) -> tuple[Array, Array | None] | None:
    by_name = {name.lower(): array for name, array in arrays.items()}
    for images, labels in known:
        if images in by_name:
            return by_name[images], by_name.get(labels)
    return None


def _class_names(train: Array, test: Array | None) -> tuple[str, ...]:
    if train.dtype.kind in "US":
        return encode_labels(train)[1]
    return numbered_classes(labels_from(train), None if test is None else labels_from(test))


def _encoded(labels: Array | None, names: Sequence[str]) -> IntArray | None:
    if labels is None:
        return None
    return encode_labels(labels, names)[0] if labels.dtype.kind in "US" else labels_from(labels)


def _broken(path: object, error: BaseException) -> FormatError:
    return FormatError(
        f"{path}: not a readable NPZ archive (truncated, corrupted or of another format): {error}. "
        "Fetch or write the file again."
    )
