"""Locks on open files, which the system frees when their process dies."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int, *, without_locks: bool = True) -> bool:  # noqa: ARG001
        """Lock an open file without waiting; return False if another process holds it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(descriptor: int, *, without_locks: bool = True) -> bool:
        """Lock an open file without waiting; return False if another process holds it.

        Args:
            descriptor: the open file.
            without_locks: what to return on a file system that has no locks.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return without_locks
        return True
