"""Makes a fork wait for locks, so that no child process inherits one that is held for ever.

A child has only the thread that forked. If another thread held a lock at that moment, no thread in
the child can release it, and the work it protects may be half done. What a child must forget is
reset where it is kept: the pool of threads in `kernels/parallel/pool.py`, the limits of the BLAS in
`threads.py`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

_locks: list[Any] = []
_taken: list[Any] = []


def wait_for(lock: Any) -> None:
    """Make forks wait for a lock; a thread that holds it may take only locks registered later."""
    _locks.append(lock)


def _all_locks() -> Iterator[Any]:
    """Yield the registered locks, and the one under which Numba compiles."""
    yield from _locks
    numba = sys.modules.get("numba.core.compiler_lock")
    lock = getattr(numba, "global_compiler_lock", None)
    if lock is not None:
        yield lock


def _take() -> None:
    for lock in _all_locks():
        lock.acquire()
        _taken.append(lock)


def _release() -> None:
    while _taken:
        _taken.pop().release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_take, after_in_parent=_release, after_in_child=_release)
