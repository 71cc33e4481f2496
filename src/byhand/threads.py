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

from byhand import backend
from byhand.errors import ArgumentError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

MULTIPLY_ADDS_PER_BLAS_THREAD = 4_000_000
"""Work below which waking another thread of the BLAS costs more than it saves."""

MULTIPLY_ADDS_OF_A_CALL = 400_000
"""Work that a thread of the kernels' pool could do while it is called and waited for."""

CONTROL_GROUP = Path("/sys/fs/cgroup")

_lock = threading.Lock()
_limits: list[Any] = []
"""One entry for each run in progress; the first restores the BLAS's own number of threads."""


class _Here(threading.local):
    """State of this Python thread."""

    count: int | None = None
    """Number of threads that it holds within a run."""


_here = _Here()


def choose_threads(widths: Sequence[int], rows: int, wanted: int | None = None) -> int:
    """Return the number of threads for batches of `rows` in a network of these widths.

    An argument or `BYHAND_THREADS` decides; otherwise the size of the largest product does. The
    BLAS's own threads have to be woken: a product of 64 x 784 by 784 x 16 is fastest on one, and a
    large one takes a thread for every four million multiply-adds. Threads of the kernels' pool are
    awake but are called one after the other: t of them take work / t + cost * t, which is least at
    t = sqrt(work / cost). The number never exceeds the number of cores.
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
    """Return the number of cores this process may use, its container's quota included."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        count = os.cpu_count() or 1
    return max(1, math.floor(min(count, _cpu_quota())))


def _cpu_quota() -> float:
    """Return the CPU quota of this process's Linux control group, in cores; infinite without one.

    A container limited to two cores' time still sees all cores of the machine, and threads that
    wait busily for each other would use that time up.
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
    process: of several simultaneous runs the first sets it and the last restores it.
    """
    outer, pool = _here.count, backend.pool()
    with nullcontext() if pool is None else pool.hold(count):
        try:
            _here.count = count
            with _lock:
                _limits.append(None if _limits else _limit_blas(count if pool is None else 1))
            yield
        finally:
            _here.count = outer
            with _lock:
                _put_blas_back()


def held_threads() -> int | None:
    """Return the number of threads this Python thread holds; None outside of `hold_threads`."""
    return _here.count


def _limit_blas(count: int) -> Any:
    _any_thread_may_set_the_blas()
    return _blas().limit(limits=count)


def _put_blas_back() -> None:
    """Restore the BLAS when the last run ends, in whichever thread that is."""
    if len(_limits) == 1:
        _any_thread_may_set_the_blas()
        _limits[0].restore_original_limits()
        _any_thread_may_set_the_blas()
    del _limits[-1:]  # the first holds the original limits, so it goes last


def _any_thread_may_set_the_blas() -> None:
    """Newer versions of threadpoolctl obey one thread only, the first that asked; undo that."""
    from threadpoolctl import OpenBLASController

    clear = getattr(OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)


def _begin_anew() -> None:
    """Reset a child process, in which the runs of its parent never end."""
    global _lock
    _lock = threading.Lock()
    _here.count = None
    del _limits[1:]
    _put_blas_back()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def blas_name() -> str:
    """Return name and version of the BLAS that NumPy uses."""
    info = _blas().info()
    return f"{info[0]['internal_api']} {info[0]['version']}" if info else "unknown"


@cache
def _blas() -> ThreadpoolController:
    """Return the BLAS libraries of this process, found once; NumPy has loaded its own by now."""
    from threadpoolctl import ThreadpoolController  # 20 ms that only training needs

    return ThreadpoolController().select(user_api="blas")


def _parse(value: object, name: str) -> int:
    try:
        count = int(str(value))
    except ValueError:
        count = 0
    if count < 1:
        raise ArgumentError(f"{name} must be an integer of at least 1; got {value!r}.")
    return count
