"""The number of threads that matrix products and kernels use, set once around a run."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand import backend, forks
from byhand.errors import ArgumentError
from byhand.subnormals import flush_subnormals

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

MULTIPLY_ADDS_PER_BLAS_THREAD = 4_000_000
"""Multiply-adds below which waking another thread of the BLAS costs more than it saves."""

MULTIPLY_ADDS_OF_A_CALL = 400_000
"""Multiply-adds that take as long as calling a thread of the pool and waiting for it."""

CONTROL_GROUP = Path("/sys/fs/cgroup")

_finding = threading.RLock()
"""Held while `_blas` imports. A child forked in between could never finish that import."""

forks.wait_for(_finding)

_lock = threading.RLock()
_runs: dict[object, int] = {}
"""Number of BLAS threads for each run in progress. The number of the first run applies until the
last run ends."""

_limit: tuple[Any, int] | None = None
"""Restores the BLAS's number of threads after the runs, with their number during them."""


class _Here(threading.local):
    """State of this Python thread."""

    count: int | None = None
    """Number of threads held during a run."""


_here = _Here()


def choose_threads(widths: Sequence[int], rows: int, wanted: int | None = None) -> int:
    """Return the number of threads for batches of `rows` in a network of these widths.

    `wanted` or `BYHAND_THREADS` decides; otherwise the size of the largest product does. The BLAS's
    own threads have to be woken up: a product of 64 x 784 by 784 x 16 is fastest on one thread, and
    a large one gets a thread for every four million multiply-adds. The threads of the kernels' pool
    are awake but are called one after another: t threads take work / t + cost * t, which is
    smallest at t = sqrt(work / cost). The number chosen never exceeds the number of cores.
    """
    if wanted is None and os.environ.get("BYHAND_THREADS"):
        wanted = _parse(os.environ["BYHAND_THREADS"], "BYHAND_THREADS")
    if wanted is not None:
        return _parse(wanted, "threads")
    largest = max(a * b for a, b in pairwise(widths)) * rows
    if backend.pool() is not None:
        best = math.sqrt(largest / MULTIPLY_ADDS_OF_A_CALL)
    else:
        best = largest / MULTIPLY_ADDS_PER_BLAS_THREAD
    return max(1, min(cores(), round(best)))


def cores() -> int:
    """Return the number of cores that this process may use, limited by its container's quota."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not available on every system
        count = os.cpu_count() or 1
    return max(1, math.floor(min(count, _cpu_quota())))


def _cpu_quota() -> float:
    """Return the CPU quota of this process's Linux control group, in cores; infinite without one.

    A container that is limited to the time of two cores still sees all cores of the machine, and
    threads that spin while they wait for each other would use up that time.
    """
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):  # version 2, 1
        try:
            words = " ".join((CONTROL_GROUP / name).read_text() for name in names)
            quota, period = map(int, words.split())
        except (OSError, ValueError):  # missing, or without a limit: "max"
            continue
        if quota > 0:
            return quota / period
    return math.inf


@contextmanager
def hold_threads(count: int) -> Iterator[None]:
    """Use `count` threads within a `with` block: the kernels' pool, or else the BLAS's own.

    With the pool, the BLAS itself is limited to one thread. The limit belongs to the whole
    process: the first of several simultaneous runs sets it and the last one restores it.
    Subnormal numbers are flushed to zero.
    """
    outer, pool, run = _here.count, backend.pool(), object()
    with nullcontext() if pool is None else pool.hold(count), flush_subnormals():
        try:
            _here.count = count
            with _lock:
                _runs[run] = count if pool is None else 1
                _limit_blas()
            yield
        finally:
            try:  # here and not in a function, since Ctrl-C can arrive as soon as one is called
                _end(run, outer)
            except BaseException:
                _end(run, outer)
                raise


def _end(run: object, outer: int | None) -> None:
    _here.count = outer
    with _lock:
        _runs.pop(run, None)
        _limit_blas()


def held_threads() -> int | None:
    """Return the number of threads that this Python thread holds; None outside `hold_threads`."""
    return _here.count


def _limit_blas() -> None:
    """Set the BLAS's number of threads for the runs in progress; restore it if there are none."""
    global _limit
    if _limit is None and not _runs:
        return
    _allow_any_thread_to_set_blas()
    if _limit is None:
        original = _blas().limit(limits=None)  # remembers the numbers and changes nothing
        _limit = original, next(iter(_runs.values()))
    original, count = _limit
    if _runs:
        _blas().limit(limits=count)
    else:
        original.restore_original_limits()
        _limit = None
        _allow_any_thread_to_set_blas()


def _allow_any_thread_to_set_blas() -> None:
    """Let any thread set the limit: newer versions of threadpoolctl only accept the first one."""
    from threadpoolctl import OpenBLASController

    clear = getattr(OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)


def _reset_after_fork() -> None:
    """Reset the limits in a child process, in which the runs of its parent never end."""
    global _lock
    _lock = threading.RLock()
    _here.count = None
    _runs.clear()
    _limit_blas()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


def blas_name() -> str:
    """Return name and version of the BLAS that NumPy uses, or the name it was built with."""
    info = _blas().info()
    if info:
        return f"{info[0]['internal_api']} {info[0]['version']}"
    built: Any = np.show_config(mode="dicts")
    return str(built.get("Build Dependencies", {}).get("blas", {}).get("name", "unknown"))


@cache
def _blas() -> ThreadpoolController:
    """Find the BLAS libraries of this process once; NumPy has already loaded its own."""
    with _finding:
        from threadpoolctl import (
            ThreadpoolController,
        )  # imported late: it takes 20 ms, and only training needs it

        return ThreadpoolController().select(user_api="blas")


def _parse(value: object, name: str) -> int:
    try:
        count = int(str(value))
    except ValueError:
        count = 0
    if count < 1:
        raise ArgumentError(f"{name} must be an integer of at least 1; got {value!r}.")
    return count
