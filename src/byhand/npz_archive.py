"""Reads untrusted NPZ archives: no header is trusted, and nothing is unpickled.

An NPZ archive is a ZIP file of NPY files. Each NPY file is a magic number, a header such as
`{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` and the numbers. Every claim is
compared with the actual bytes before memory is allocated: a header of 80 bytes cannot claim 32 GiB,
and a compressed member is not expanded further than its header says.

Source: NumPy Enhancement Proposal 1, A Simple File Format for NumPy Arrays.
"""

from __future__ import annotations

import math
import os
import re
import struct
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np

from byhand.arrays import Array
from byhand.decompression import check_expansion
from byhand.errors import FormatError
from byhand.untrusted_files import regular_file

MAGIC = b"\x93NUMPY"
MOST_HEADER = 10_000
"""Largest number of bytes of a header, as in NumPy."""

MOST_AXES = 32
MOST_DIRECTORY = 1 << 20
"""Largest number of bytes of the directory of an archive."""

MOST_ARRAYS = 5_000

CHUNK = 1 << 20

_FIELD = (
    r"""['"](?:descr['"]\s*:\s*['"](?P<descr>[<>|=]?[A-Za-z?]\d{0,9})['"]"""
    r"""|fortran_order['"]\s*:\s*(?P<fortran>True|False)"""
    r"""|shape['"]\s*:\s*\((?P<shape>[\d\s,L]*)\))(?:\s*,)?\s*"""
)
_FIELDS = re.compile(_FIELD)
_HEADER = re.compile(r"\s*\{\s*(?:" + re.sub(r"\?P<\w+>", "?:", _FIELD) + r"){3}\}\s*")


def read_arrays(
    path: str | os.PathLike[str], names: Collection[str] | None = None
) -> dict[str, Array]:
    """Return the arrays of an archive by name, in the byte order of this machine.

    Args:
        path: the archive.
        names: the arrays to read, in lower case; None reads all.

    Raises:
        FileError: the file is missing or is not a regular file.
        FormatError: it is not an NPZ archive, is truncated or corrupted, or contains anything but
            plain numbers and text.
    """
    with regular_file(path) as file, _Archive(file, Path(path)) as archive:
        wanted = [one for one in archive.members if names is None or one.lower() in names]
        archive.check_total(wanted)
        return {name: archive.array(name) for name in wanted}


def names_in(path: str | os.PathLike[str]) -> list[str]:
    """Return the names of the arrays in an archive, without reading them."""
    with regular_file(path) as file, _Archive(file, Path(path)) as archive:
        return list(archive.members)


class _Archive:
    """An open archive. Errors of any kind on damaged content become a FormatError."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.path = path
        self.size = os.fstat(file.fileno()).st_size
        if file.read(len(MAGIC)) == MAGIC:
            raise FormatError(f"{path}: expected an NPZ archive of named arrays; got one array.")
        self.directory = Directory(file)
        self.file = file

    def __enter__(self) -> _Archive:
        try:
            self.zip = zipfile.ZipFile(self.directory)
            self.directory.is_open = True
            self.members = self._checked_members()
        except Exception as error:  # zipfile raises errors of many kinds on damaged archives
            raise self._broken(error) from error
        return self

    def __exit__(self, *_: object) -> None:
        self.zip.close()

    def check_total(self, names: Collection[str]) -> None:
        """Raise a FormatError if these arrays together expand too far, even if none does alone."""
        members = [self.members[name] for name in names]
        compressed = sum(one.compress_size for one in members)
        check_expansion(compressed, sum(one.file_size for one in members), self.path)

    def array(self, name: str) -> Array:
        """Read an array."""
        try:
            with self.zip.open(self.members[name]) as stream:
                return _read_array(stream, self.members[name].file_size)
        except Exception as error:  # as above
            raise self._broken(error, f"{name}: ") from error

    def _checked_members(self) -> dict[str, zipfile.ZipInfo]:
        found: dict[str, zipfile.ZipInfo] = {}
        if len(self.zip.infolist()) > MOST_ARRAYS:
            raise FormatError(f"it holds more than {MOST_ARRAYS:,} arrays")
        for info in self.zip.infolist():
            name = info.filename.removesuffix(".npy")
            if name in found:
                raise FormatError(f"the name {name[:80]!r} occurs twice")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise FormatError(f"{name[:80]!r} is compressed in a way that NumPy does not use")
            check_expansion(info.compress_size, info.file_size, name[:80])
            found[name] = info
        if sum(info.compress_size for info in found.values()) > self.size:
            raise FormatError("its members overlap")
        return found

    def _broken(self, error: Exception, where: str = "") -> FormatError:
        if isinstance(error, PickledError):
            return FormatError(
                f"{self.path}: holds pickled Python objects, which could run foreign code and are "
                "never read. Save plain arrays: np.savez(path, x_train=..., y_train=...)."
            )
        return FormatError(
            f"{self.path}: not a readable NPZ archive of plain arrays (truncated, corrupted or of "
            f"another format): {where}{str(error) or type(error).__name__}. Download or write the "
            "file again."
        )


class PickledError(Exception):
    """An array of Python objects."""


class Directory:
    """A file that refuses to be read in one piece while the directory of an archive is parsed."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.is_open = False
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, count: int = -1) -> bytes:
        """Read bytes; raise a FormatError for more than any directory has."""
        if self.is_open:
            return self.file.read(count)
        most = MOST_DIRECTORY + 1
        content = self.file.read(most if count < 0 else min(count, most))
        if len(content) == most:
            raise FormatError("its directory is too large")
        return content


def _read_array(stream: IO[bytes], size: int) -> Array:
    """Read an NPY file of `size` bytes from a stream.

    Raises:
        FormatError: the header and the bytes differ, or the type of the numbers is not supported.
    """
    dtype, shape, fortran, header_bytes = read_header(stream)
    wanted = math.prod(shape) * dtype.itemsize
    if header_bytes + wanted != size:
        raise FormatError(
            f"the header asks for {wanted:,} bytes of numbers; there are {size - header_bytes:,}"
        )
    numbers = bytearray()
    while block := stream.read(CHUNK):  # to the end, where zipfile compares the checksum
        numbers += block
        if len(numbers) > wanted:
            break
    if len(numbers) != wanted:
        raise FormatError(f"expected {wanted:,} bytes of numbers, got {len(numbers):,}")
    array: Array = np.frombuffer(numbers, dtype).reshape(shape, order="F" if fortran else "C")
    check_text(array)
    return array.astype(dtype.newbyteorder("="), copy=False)


def read_header(stream: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...], bool, int]:
    """Return type, shape, whether columns come first, and the length of the header."""
    start = stream.read(8)
    if start[:6] != MAGIC or start[6:] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise FormatError("not an array as NumPy writes it")
    size = 2 if start[6] == 1 else 4
    (length,) = struct.unpack("<H" if size == 2 else "<I", stream.read(size).ljust(size, b"\xff"))
    if length > MOST_HEADER:
        raise FormatError(f"a header of {length:,} bytes")
    text = stream.read(length).decode("latin-1")
    if re.search(r"""['"]descr['"]\s*:\s*['"]\|?O""", text):
        raise PickledError
    entries: dict[str, str] = {}
    if _HEADER.fullmatch(text):
        for match in _FIELDS.finditer(text):
            entries |= {key: value for key, value in match.groupdict().items() if value is not None}
    if len(entries) < 3:
        raise FormatError(f"a header that is not that of plain numbers or text: {text[:80]!r}")
    shape = tuple(
        int(axis.strip().rstrip("L")) for axis in entries["shape"].split(",") if axis.strip()
    )
    dtype = np.dtype(entries["descr"])
    _check_shape(dtype, shape)
    _check_length(dtype, entries["descr"])
    return dtype, shape, entries["fortran"] == "True", 8 + size + length


def _check_shape(dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    if dtype.kind not in "biufcUS" or not dtype.itemsize:
        raise FormatError(f"an array of {dtype}; expected numbers or text")
    if len(shape) > MOST_AXES or math.prod(max(axis, 1) for axis in shape) >= 1 << 58:
        raise FormatError("a shape that no array can have")


def _check_length(dtype: np.dtype[Any], description: str) -> None:
    """Raise unless a type is as long as it is described; NumPy before 2 takes 32 bits of it."""
    length = int(re.sub(r"\D", "", description) or 0)
    if dtype.itemsize != length * (4 if dtype.kind == "U" else 1):
        raise FormatError(f"an array of {description}; expected numbers or text")


def check_text(array: Array) -> None:
    """Raise unless every character in an array of text is valid."""
    if array.dtype.kind == "U" and array.size:
        flat = array.reshape(-1, order="A")
        codes = np.frombuffer(flat.data, array.dtype.byteorder.replace("=", "<") + "u4")
        if codes.max() > 0x10FFFF:
            raise FormatError("text with a character that does not exist")
