"""IDX: the format of MNIST's own files. Read, write, check.

Two zero bytes, one byte for the type of the numbers, one for how many axes; then the length of
each axis as a big-endian 32-bit number; then the numbers themselves, big-endian, rows first.
Files may be gzip-compressed.

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
from byhand.data.formats.files import CHUNK, existing_file, is_gzip, opened, replacing
from byhand.errors import ArgumentError, FormatError

TYPES: dict[int, np.dtype[np.generic]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
"""The third byte of an IDX file -> the type of its numbers."""

FILE_NAME = re.compile(
    r"(?P<prefix>.*?)(?P<part>train|t10k|test)-(?P<what>images|labels)[-.]idx\d-\w+(\.gz)?"
)
"""What IDX files are called: `train-images-idx3-ubyte.gz`, `emnist-letters-test-labels-...`."""


@dataclass(frozen=True)
class IdxHeader:
    """What the first bytes of an IDX file promise.

    Args:
        dtype: type of the numbers, as stored (big-endian).
        shape: length of each axis.
    """

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]

    @property
    def header_bytes(self) -> int:
        """How many bytes come before the numbers."""
        return 4 + 4 * len(self.shape)

    @property
    def payload_bytes(self) -> int:
        """How many bytes the numbers take."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_idx(path: str | os.PathLike[str], *, memory_map: bool = False) -> Array:
    """The array that an IDX file holds, in the machine's own byte order.

    Args:
        path: the file, gzip-compressed or not.
        memory_map: leave the numbers on disk and read them when they are used, so that a data
            set may be larger than memory. Only for files that are not compressed.

    Raises:
        FileError: the file is missing.
        FormatError: it is not IDX, or shorter or longer than its header says.
    """
    path = existing_file(path)
    if memory_map:
        return _mapped(path)
    with opened(path) as stream:
        header = _read_header(stream, path)
        # A wrong header may ask for any amount of memory, but not get it.
        payload = np.empty(min(header.payload_bytes, _most_bytes(path)), np.uint8)
        length = _fill(payload, stream)
        while block := stream.read(CHUNK):
            length += len(block)
    _check_length(path, header, length)
    numbers = payload.view(header.dtype).reshape(header.shape)
    return numbers.astype(header.dtype.newbyteorder("="), copy=False)


def write_idx(path: str | os.PathLike[str], array: Array) -> None:
    """Writes an array as IDX; compressed if the name ends in `.gz`."""
    content = encode_idx(array)
    if Path(path).suffix == ".gz":
        content = gzip.compress(content, compresslevel=6, mtime=0)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def check_idx(path: str | os.PathLike[str]) -> IdxHeader:
    """Reads a whole IDX file in small blocks and returns its header if all is well.

    Raises:
        FileError: the file is missing.
        FormatError: it is not IDX, or shorter or longer than its header says.
    """
    path = existing_file(path)
    with opened(path) as stream:
        header = _read_header(stream, path)
        length = 0
        while block := stream.read(CHUNK):
            length += len(block)
    _check_length(path, header, length)
    return header


def encode_idx(array: Array) -> bytes:
    """The bytes of an IDX file, uncompressed, for an array."""
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
    """The IDX files in a folder, by prefix and then by role (`train_images`, `test_labels`)."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        match = FILE_NAME.fullmatch(path.name)
        if match and path.is_file():
            part = "train" if match["part"] == "train" else "test"
            # of two copies, the one without .gz comes first: it need not be decompressed
            found.setdefault(match["prefix"], {}).setdefault(f"{part}_{match['what']}", path)
    return found


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
    return IdxHeader(TYPES[start[2]], struct.unpack(f">{axes}I", lengths))


def _most_bytes(path: Path) -> int:
    """How much a file can hold: deflate makes at most 1032 bytes of one."""
    return 1032 * path.stat().st_size


def _fill(array: Array, stream: BinaryIO) -> int:
    """Read into an array of bytes, without a second copy in between; returns how many came."""
    memory, filled = array.data, 0
    while count := stream.readinto(memory[filled : filled + CHUNK]):  # type: ignore[attr-defined]
        filled += count
    return filled


def _cut_short(path: Path, expected: str, length: int) -> FormatError:
    return FormatError(
        f"{path}: the IDX header ends too early (truncated file): expected {expected}, "
        f"got {length}. Fetch or copy the file again."
    )


def _check_length(path: Path, header: IdxHeader, length: int) -> None:
    if length == header.payload_bytes:
        return
    shape = " x ".join(str(axis) for axis in header.shape)
    kind = "shorter" if length < header.payload_bytes else "longer"
    raise FormatError(
        f"{path}: the file is {kind} than its header says: expected {header.payload_bytes} bytes "
        f"of data for {shape} of {header.dtype.name}, got {length}. Fetch or copy the file again."
    )


def _mapped(path: Path) -> Array:
    if is_gzip(path):
        raise ArgumentError(
            f"{path} is compressed, and only uncompressed files can be memory-mapped. "
            f"Decompress it first: gunzip -k {path.name}"
        )
    with opened(path) as stream:
        header = _read_header(stream, path)
    _check_length(path, header, path.stat().st_size - header.header_bytes)
    return np.memmap(path, header.dtype, "r", header.header_bytes, header.shape)
