"""A lock on the folder of a run, so that only one process at a time trains in it."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

from byhand.errors import ArgumentError, FileError
from byhand.file_lock import try_lock

NAME = ".lock"
"""Name of the lock file. It is removed when training ends; after a kill it remains, unlocked."""

SECONDS_BETWEEN_TRIES = 0.02


@contextlib.contextmanager
def locked(folder: Path, name: str = NAME, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a folder inside the block; the system frees it if the process dies.

    Args:
        folder: the folder.
        name: name of the lock's file.
        wait: wait until the lock is free.

    Raises:
        ArgumentError: another process trains in the folder.
    """
    path = folder / name
    descriptor = _lock(path)
    while descriptor is None and wait:
        time.sleep(SECONDS_BETWEEN_TRIES)
        descriptor = _lock(path)
    if descriptor is None:
        raise ArgumentError(
            f"another process is training in {folder}. Wait for it, or name another folder."
        )
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows keeps a file that is open
            path.unlink()
        os.close(descriptor)


def is_held(folder: Path, name: str = NAME) -> bool:
    """Return whether a process is training in a folder, without writing to it."""
    try:
        descriptor = os.open(folder / name, os.O_RDWR)
    except OSError:  # no process has started, or the folder is read-only
        return False
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(path: Path) -> int | None:
    """Return a locked descriptor of the file; None if another process holds the lock."""
    while True:
        descriptor = _opened(path)
        if not try_lock(descriptor):
            os.close(descriptor)
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)  # its holder has removed the file in the meantime; lock the new one


def _opened(path: Path) -> int:
    """Open the file of a lock, or create it; a link could create a file anywhere."""
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileError(f"{path} is a link. Remove it; a lock is a file.") from error
        raise
