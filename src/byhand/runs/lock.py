"""A lock on the folder of a run: one process at a time trains in it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from byhand.errors import ArgumentError

NAME = ".lock"
"""Name of the lock's file; it is removed when training ends, and harmless after a kill."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder inside the block; the system frees it if the process dies.

    Raises:
        ArgumentError: another process trains in the folder.
    """
    path = folder / NAME
    with path.open("a") as file:
        try:
            _lock(file)
        except BlockingIOError:
            raise ArgumentError(
                f"another process is training in {folder}. Wait for it, or name another folder."
            ) from None
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows keeps a file that is open
                path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # a file system without locks
            return
