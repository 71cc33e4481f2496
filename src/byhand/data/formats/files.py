"""Opens, hashes and replaces files, with one clear error for each failure."""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from byhand.atomic import replacing as replacing
from byhand.decompression import check_expansion
from byhand.errors import FileError, FormatError
from byhand.untrusted_files import regular_file
from byhand.user_path import user_path

GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 31  # tells zlib that a header and a checksum of gzip surround the data
CHUNK, GZIP_BLOCK = 1 << 20, 1 << 14

MOST_MEMBERS, BYTES_PER_MEMBER = 1000, 1000
"""A gzip file may consist of 1,000 parts, or of one for each 1,000 bytes."""


def existing_file(path: str | os.PathLike[str]) -> Path:
    """Return the path if it is a file, and otherwise raise a FileError."""
    path = user_path(path)
    if path.is_file():
        return path
    if path.is_dir():
        raise FileError(f"{path} is a folder; expected a file.")
    if path.exists():
        raise FileError(f"{path} is a pipe or a device; expected a file.")
    raise FileError(f"there is no file {path}. Check the spelling of the path.")


def is_gzip(path: Path) -> bool:
    """Return whether the file begins with gzip's two magic bytes, whatever its name."""
    with regular_file(path) as stream:
        return stream.read(2) == GZIP_MAGIC


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, decompressed if it is a gzip file.

    Raises:
        FileError: the file is missing, cannot be read or is not a regular file.
        FormatError: the gzip data are truncated or corrupted, or expand too far.
    """
    path = existing_file(path)
    with regular_file(path) as plain, _gzip_errors(path):
        compressed = plain.read(2) == GZIP_MAGIC
        plain.seek(0)
        if compressed:
            with io.BufferedReader(_Expanded(plain, path), CHUNK // 8) as stream:
                yield cast(BinaryIO, stream)
        else:
            yield plain


@contextmanager
def opened_text(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """Open a UTF-8 file for reading text, decompressed if needed, without a byte order mark.

    Raises:
        FileError: the file is missing or cannot be read.
        FormatError: it is not UTF-8, or its gzip data are truncated or corrupted.
    """
    with opened(path) as binary:
        stream = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
        try:
            yield stream
        except UnicodeDecodeError as error:
            raise FormatError(
                f"{path}: expected text in UTF-8; byte {error.start} of a block is not UTF-8. "
                "Save the file as UTF-8."
            ) from error
        finally:
            with suppress(ValueError):
                stream.detach()  # `opened` closes the binary stream


def payload_sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's content after decompression, in hexadecimal.

    Hosts compress the same data differently; the content after decompression is the same.
    """
    digest = hashlib.sha256()
    with opened(path) as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


class _Expanded(io.RawIOBase):
    """The decompressed bytes of a gzip file; raises an error if they expand too far.

    zlib parses the headers itself: Python's `gzip` reads names and comments byte by byte.
    """

    def __init__(self, compressed: BinaryIO, path: Path) -> None:
        self.compressed, self.path = compressed, path
        self.size = os.fstat(compressed.fileno()).st_size
        self.stream = zlib.decompressobj(GZIP_WINDOW)
        self.members, self.expanded, self.waiting = 1, 0, b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer and return the number of bytes."""
        block = b""
        while not block:
            if self.stream.eof and not self._begins_next():
                return 0
            self.waiting = self.waiting or self.compressed.read(GZIP_BLOCK)
            if not self.waiting:
                raise EOFError
            block = self.stream.decompress(self.waiting, len(buffer))
            self.waiting = self.stream.unconsumed_tail or self.stream.unused_data
        buffer[: len(block)] = block
        self.expanded += len(block)
        check_expansion(self.size, self.expanded, self.path)
        return len(block)

    def _begins_next(self) -> bool:
        """Begin the next member of the file; return False at its end, after any zeros."""
        self.waiting = self.waiting.lstrip(b"\0")
        while not self.waiting and (block := self.compressed.read(CHUNK)):
            self.waiting = block.lstrip(b"\0")
        if not self.waiting:
            return False
        self.members += 1
        if self.members > max(MOST_MEMBERS, self.size // BYTES_PER_MEMBER):
            raise FormatError(f"{self.path}: the gzip data have too many parts.")
        self.stream = zlib.decompressobj(GZIP_WINDOW)
        return True


@contextmanager
def _gzip_errors(path: Path) -> Iterator[None]:
    again = "Download or copy the file again."
    try:
        yield
    except EOFError as error:
        raise FormatError(
            f"{path}: the gzip data end too early (truncated file). {again}"
        ) from error
    except zlib.error as error:
        raise FormatError(f"{path}: the gzip data are corrupted ({error}). {again}") from error
