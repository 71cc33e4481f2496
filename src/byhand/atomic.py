"""Write files completely or not at all; after a failure the old file is unchanged."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from byhand.errors import FileError
from byhand.paths import user_path

DISK_ERRORS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EISDIR,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}

LEFTOVER = re.compile(r"\.[0-9a-f]{8}-.+")
"""Pattern of the names of temporary files of `replacing`."""


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it when the block succeeds.

    Other programs never see half a file, and the old file survives a failure.

    Raises:
        FileError: the folder cannot be written or the disk is full.
    """
    path = user_path(path)
    temporary = path.parent / f".{secrets.token_hex(4)}-{path.name}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.errno in DISK_ERRORS:  # other errors come from the block
            raise _unwritable(path, error) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of `replacing` that a killed process left in a folder."""
    for path in folder.glob(".*"):
        if LEFTOVER.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> FileError:
    reason = error.strerror or error
    if isinstance(error, FileExistsError):
        reason = f"{error.filename} is a file, and a folder is expected"
    return FileError(
        f"cannot write {path}: {reason}. Choose another folder, or free space "
        "and check who may write there."
    )


def write_whole(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write bytes to a file through `replacing` and return its path."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return user_path(path)
