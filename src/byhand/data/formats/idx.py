"""IDX: the format of MNIST's own files. Read, write, check.

A file begins with two zero bytes, one byte for the type of the numbers and one byte for the number
of axes. The length of each axis follows as a big-endian 32-bit integer, then the numbers,
big-endian, rows first. Files may be gzip-compressed.

Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits.
"""

from __future__ import annotations

import gzip
import math
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from byhand.arrays import Array
from byhand.data.dataset import Dataset, Part
from byhand.data.formats.files import CHUNK, existing_file, is_gzip, opened, replacing
from byhand.data.formats.options import ReadOptions
from byhand.data.image_arrays import images_from
from byhand.data.labels import numbered_classes
from byhand.errors import ArgumentError, DataError, FileError, FormatError
from byhand.lazy_rows import lazy_rows

TYPES: dict[int, np.dtype[np.generic]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
"""The third byte of an IDX file -> the type of its numbers."""

MOST_AXES = 32
MOST_NUMBERS = 1 << 58
"""Limits of NumPy arrays, in every version."""

UNCOUNTED_BYTES = 32 << 20
"""A header that asks for more than this, and twice the file, is checked before memory is taken."""

FILE_NAME = re.compile(
    r"(?P<prefix>.*?)(?P<part>train|t10k|test)-(?P<what>images|labels)[-.]idx\d-\w+(\.gz)?"
)
"""Names of IDX files: `train-images-idx3-ubyte.gz`, `emnist-letters-test-labels-...`."""


@dataclass(frozen=True)
class IdxHeader:
    """Type and shape of the array in an IDX file, from its first bytes.

    Args:
        dtype: type of the numbers as stored (big-endian).
        shape: length of each axis.
    """

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]

    @property
    def header_bytes(self) -> int:
        """Return the number of bytes before the numbers."""
        return 4 + 4 * len(self.shape)

    @property
    def payload_bytes(self) -> int:
        """Return the number of bytes of the numbers."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_idx(path: str | os.PathLike[str], *, memory_map: bool = False) -> Array:
    """Return the array of an IDX file, in the byte order of this machine.

    Args:
        path: the file, gzip-compressed or not.
        memory_map: True leaves the numbers on disk until they are used, for data sets larger than
            memory. The file must not be compressed.

    Raises:
        FileError: the file is missing.
        FormatError: it is not IDX, or its length differs from its header.
    """
    path = existing_file(path)
    if memory_map:
        return _mapped(path)
    with opened(path) as stream:
        header = _read_header(stream, path)
        if header.payload_bytes > UNCOUNTED_BYTES + 2 * path.stat().st_size:
            check_idx(path)
        payload = _read_payload(stream, header.payload_bytes)
        length = len(payload) + len(stream.read(1))  # one more byte shows that the file is too long
    _check_length(path, header, length)
    numbers = np.frombuffer(payload, header.dtype).reshape(header.shape)
    return numbers.astype(header.dtype.newbyteorder("="), copy=False)


def write_idx(path: str | os.PathLike[str], array: Array) -> None:
    """Write an array as IDX; compressed if the name ends in `.gz`."""
    content = encode_idx(array)
    if Path(path).suffix == ".gz":
        content = gzip.compress(content, compresslevel=6, mtime=0)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def check_idx(path: str | os.PathLike[str]) -> IdxHeader:
    """Read a whole IDX file in small blocks, check it and return its header.

    Raises:
        FileError: the file is missing.
        FormatError: it is not IDX, or its length differs from its header.
    """
    path = existing_file(path)
    with opened(path) as stream:
        header = _read_header(stream, path)
        length = 0
        while length <= header.payload_bytes and (block := stream.read(CHUNK)):
            length += len(block)
    _check_length(path, header, length)
    return header


def encode_idx(array: Array) -> bytes:
    """Return an array as the bytes of an uncompressed IDX file."""
    codes = {dtype.newbyteorder("="): code for code, dtype in TYPES.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None or not 1 <= array.ndim <= 255:
        kinds = ", ".join(str(kind) for kind in codes)
        raise ArgumentError(
            f"IDX holds arrays of {kinds} with at least one axis; got {array.dtype} of shape "
            f"{array.shape}. Convert with .astype(...) first."
        )
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(TYPES[code], copy=False).tobytes()


def idx_files(folder: Path) -> dict[str, dict[str, Path]]:
    """Return the IDX files in a folder, by prefix and role (`train_images`, `test_labels`)."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        match = FILE_NAME.fullmatch(path.name)
        if match and path.is_file():
            part = "train" if match["part"] == "train" else "test"
            # sorted, so that a file without .gz, which reads faster, comes before its compressed
            # copy
            found.setdefault(match["prefix"], {}).setdefault(f"{part}_{match['what']}", path)
    return found


def read_idx_folder(folder: Path, options: ReadOptions) -> Dataset:
    """Read a data set from a folder of IDX files named like MNIST's.

    Raises:
        FileError: the images or labels of the train part are missing.
        FormatError: a file that is not IDX, or is truncated.
        DataError: files of several data sets in one folder, or lengths that differ.
    """
    sets = idx_files(folder)
    if len(sets) > 1:
        raise DataError(
            f"{folder}: contains several data sets ({', '.join(sorted(sets))}). Keep each in "
            "its own folder, or name a known one: load_dataset('emnist-letters', data_dir=...)."
        )
    ((_, files),) = sets.items()
    missing = [role for role in ("train_images", "train_labels") if role not in files]
    if missing:
        raise FileError(f"{folder}: the IDX file of {missing[0].replace('_', ' ')} is missing.")
    train = _idx_part(files, "train", options.memory_map)
    test = _idx_part(files, "test", options.memory_map) if "test_images" in files else None
    names = numbered_classes(train.labels, test.labels if test else None)
    return Dataset(folder.name or str(folder), train, test, names, str(folder))


def is_idx_folder(folder: Path) -> bool:
    """Return whether a folder has IDX files named like MNIST's."""
    return folder.is_dir() and bool(idx_files(folder))


# --- inside -------------------------------------------------------------------------------------


def _idx_part(files: dict[str, Path], part: str, memory_map: bool) -> Part:
    images = read_idx(files[f"{part}_images"], memory_map=memory_map)
    labels: Array | None = None
    if f"{part}_labels" in files:
        labels = read_idx(files[f"{part}_labels"])
    images = lazy_rows([images]) if memory_map else images
    return Part(images_from(images, str(files[f"{part}_images"])), labels)


def _read_header(stream: BinaryIO, path: Path) -> IdxHeader:
    start = stream.read(4)
    if len(start) < 4:
        raise _cut_short(path, "4 bytes of magic number", len(start))
    if start[:2] != b"\0\0" or start[2] not in TYPES or start[3] == 0:
        raise FormatError(
            f"{path}: not an IDX file. Expected it to begin with 00 00, a type and a number of "
            f"axes (00 00 08 03 for images, 00 00 08 01 for labels); got {start.hex(' ')}."
        )
    axes = start[3]
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise _cut_short(path, f"{4 * axes} bytes of axis lengths", len(lengths))
    header = IdxHeader(TYPES[start[2]], struct.unpack(f">{axes}I", lengths))
    if axes > MOST_AXES or math.prod(max(axis, 1) for axis in header.shape) > MOST_NUMBERS:
        shape = " x ".join(str(axis) for axis in header.shape[:8]) + (" x ..." if axes > 8 else "")
        raise FormatError(
            f"{path}: the IDX header asks for an impossible array of {axes} axes: {shape}. "
            "Download or copy the file again."
        )
    return header


def _read_payload(stream: BinaryIO, wanted: int) -> bytearray:
    """Read up to `wanted` bytes; memory grows with the actual bytes, not the claimed number."""
    payload = bytearray()
    while block := stream.read(min(CHUNK, wanted - len(payload))):
        payload += block
    return payload


def _cut_short(path: Path, expected: str, length: int) -> FormatError:
    return FormatError(
        f"{path}: the IDX header ends too early (truncated file): expected {expected}, "
        f"got {length}. Download or copy the file again."
    )


def _check_length(path: Path, header: IdxHeader, length: int) -> None:
    if length == header.payload_bytes:
        return
    shape = " x ".join(str(axis) for axis in header.shape)
    shorter = length < header.payload_bytes
    kind, got = ("shorter", f"{length}") if shorter else ("longer", "more")
    raise FormatError(
        f"{path}: the file is {kind} than its header says: expected {header.payload_bytes} bytes "
        f"of data for {shape} of {header.dtype.name}, got {got}. "
        "Download or copy the file again."
    )


def _mapped(path: Path) -> Array:
    if is_gzip(path):
        raise ArgumentError(
            f"{path} is compressed; only uncompressed files can be memory-mapped. "
            f"Decompress it first: gunzip -k {path.name}"
        )
    with opened(path) as stream:
        header = _read_header(stream, path)
    _check_length(path, header, path.stat().st_size - header.header_bytes)
    return np.memmap(path, header.dtype, "r", header.header_bytes, header.shape)
