"""Write files completely or not at all; after a failure the old file is unchanged.

A file is written under a temporary name in its own folder, flushed to the disk and renamed; then
the folder is flushed, too. So the file is complete even after a kill or a power failure. The
temporary file of a killed process is removed by the next process that writes the same file.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from byhand.errors import FileError
from byhand.file_lock import try_lock
from byhand.user_path import user_path

DISK_ERRORS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EISDIR,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}

LEFTOVER = re.compile(r"\.[0-9a-f]{8}-.+")
"""Pattern of the names of the temporary files that `replacing` uses."""

ABANDONED_AFTER = 3600.0
"""Seconds without a change after which a temporary file without a lock counts as abandoned."""


@contextmanager
def replacing(path: str | os.PathLike[str], *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it when the block succeeds.

    Other programs never see half a file, and the old file survives a failure.

    Args:
        path: path of the file.
        durable: wait until the file is on the disk. Pass False for thousands of small files.

    Raises:
        FileError: the folder cannot be written or the disk is full.
    """
    path = user_path(path)
    try:
        make_folder(path.parent)
        temporary, claim = _claim(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield temporary
        if durable:
            _flush(temporary)
        os.replace(temporary, path)
        if durable:
            flush_folder(path.parent)
            remove_leftovers(path.parent, path.name)
    except OSError as error:
        if error.errno in DISK_ERRORS:  # other errors come from the block
            raise _unwritable(path, error) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)
        if claim is not None:
            os.close(claim)


def _claim(path: Path) -> tuple[Path, int | None]:
    """Create a temporary file beside a path; its locked descriptor tells others it is in use."""
    while True:
        temporary = path.parent / f".{secrets.token_hex(4)}-{path.name}"
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        if sys.platform == "win32":  # which cannot rename an open file
            os.close(descriptor)
            return temporary, None
        if try_lock(descriptor) and temporary.exists():
            return temporary, descriptor
        os.close(descriptor)  # another process took it for abandoned before it was locked


def _flush(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def make_folder(folder: Path) -> None:
    """Create a folder with those above it, and wait until their names are on the disk."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        flush_folder(one.parent)


def flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, if the system supports it."""
    if sys.platform == "win32":
        return
    with suppress(OSError):  # some file systems cannot flush a folder, or it is not readable
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(folder: Path, *names: str, alone: bool = False) -> None:
    """Remove the temporary files of `replacing` that killed processes left in a folder.

    A file that another process is writing is locked, and stays. Where files cannot be locked, a
    file stays until nobody has written to it for an hour.

    Args:
        folder: the folder.
        names: remove only temporary files for these names; by default all.
        alone: no other process writes in the folder, so that unlocked files need not be an hour
            old.
    """
    for path in _leftovers(folder):
        if not names or path.name.partition("-")[2] in names:
            _remove_if_abandoned(path, alone=alone)


def _leftovers(folder: Path) -> list[Path]:
    """Return the temporary files in a folder; none if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return [
                Path(entry.path)
                for entry in entries
                if LEFTOVER.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
            ]
    except OSError:
        return []


def _remove_if_abandoned(path: Path, *, alone: bool) -> None:
    """Remove a temporary file unless a process is writing it.

    The lock is held until the file is gone, so that no process claims it in between.
    """
    with suppress(OSError):  # gone in the meantime, not ours, or open on Windows
        with path.open("r+b") as file:
            is_old = time.time() - os.fstat(file.fileno()).st_mtime > ABANDONED_AFTER
            if sys.platform != "win32":
                if try_lock(file.fileno(), without_locks=alone or is_old):
                    path.unlink()
                return
        if alone or is_old:  # `replacing` holds no lock on Windows, which removes no open file
            path.unlink()


def _unwritable(path: Path, error: OSError) -> FileError:
    reason = error.strerror or error
    if isinstance(error, FileExistsError):
        reason = f"{error.filename} is a file, but a folder is expected"
    return FileError(
        f"cannot write {path}: {reason}. Choose another folder, or free space "
        "and check its permissions."
    )


def write_whole(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write bytes to a file through `replacing` and return its path."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return user_path(path)
