"""Opening, hashing and replacing files, with one clear error for each thing that can go wrong."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from byhand.atomic import replacing as replacing
from byhand.errors import FileError, FormatError

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20


def existing_file(path: str | os.PathLike[str]) -> Path:
    """The path, if it is a file; otherwise a FileError."""
    path = Path(path).expanduser()
    if path.is_dir():
        raise FileError(f"{path} is a folder; expected a file.")
    if not path.is_file():
        raise FileError(f"there is no file {path}. Check the spelling of the path.")
    return path


def is_gzip(path: Path) -> bool:
    """Whether the file begins with gzip's two magic bytes, whatever its name says."""
    with _plain(path) as stream:
        return stream.read(2) == GZIP_MAGIC


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """The bytes of a file, decompressed if it is a gzip file.

    Raises:
        FileError: the file is missing or may not be read.
        FormatError: the gzip data are truncated or corrupted.
    """
    path = existing_file(path)
    compressed = is_gzip(path)
    with _plain(path) as plain, _gzip_errors(path):
        if compressed:
            with gzip.GzipFile(fileobj=plain) as stream:
                yield cast(BinaryIO, stream)
        else:
            yield plain


@contextmanager
def opened_text(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """The text of a UTF-8 file, decompressed if it is a gzip file, without a byte order mark."""
    with opened(path) as binary:
        stream = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
        try:
            yield stream
        except UnicodeDecodeError as error:
            raise FormatError(
                f"{path}: expected text in UTF-8; byte {error.start} of a block is not. "
                "Save the file as UTF-8."
            ) from error
        finally:
            with suppress(ValueError):
                stream.detach()  # the binary stream is closed by whoever opened it


def payload_sha256(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's content after decompression, in hexadecimal.

    Gzip wrappers of the same data differ between hosts; the payload does not.
    """
    digest = hashlib.sha256()
    with opened(path) as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _plain(path: Path) -> Iterator[BinaryIO]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}.") from error
    with stream:
        yield stream


@contextmanager
def _gzip_errors(path: Path) -> Iterator[None]:
    again = "Fetch or copy the file again."
    try:
        yield
    except EOFError as error:
        raise FormatError(
            f"{path}: the gzip data end too early (truncated file). {again}"
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(f"{path}: the gzip data are corrupted ({error}). {again}") from error
