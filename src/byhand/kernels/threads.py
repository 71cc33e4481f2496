"""How many threads kernels and matrix products use, set once around a run."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byhand import kernels
from byhand.errors import ArgumentError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

MULTIPLY_ADDS_PER_BLAS_THREAD = 4_000_000
"""Below this much work, waking another thread of the BLAS costs more than it saves."""

MULTIPLY_ADDS_OF_A_CALL = 400_000
"""What a thread of the kernels' pool could do while it is called and waited for."""

CONTROL_GROUP = Path("/sys/fs/cgroup")

_settling = threading.Lock()
_limits: list[Any] = []
"""What puts the BLAS back as it was, once for every run; the first alone has changed anything."""


class _Here(threading.local):
    """What is known of this thread of Python."""

    count: int | None = None
    """The threads that it holds, within a run."""


_here = _Here()


def choose_threads(widths: Sequence[int], rows: int, wanted: int | None = None) -> int:
    """As asked for, by argument or `BYHAND_THREADS`, or by the size of the largest product.

    That is of so many rows, in a network of these widths. The BLAS's own threads have to be
    woken: a product of 64 x 784 by 784 x 16 is fastest on one, a large one takes a thread for
    every four million multiply-adds. Those of the kernels' pool are awake, but are called one
    after the other: t of them take work / t + cost * t, which is least for t = sqrt(work / cost).
    Never more than there are cores.
    """
    if wanted is None and os.environ.get("BYHAND_THREADS"):
        wanted = _parse(os.environ["BYHAND_THREADS"], "BYHAND_THREADS")
    if wanted is not None:
        return _parse(wanted, "threads")
    largest = max(a * b for a, b in pairwise(widths)) * rows
    if kernels.have_pool():
        best = math.sqrt(largest / MULTIPLY_ADDS_OF_A_CALL)
    else:
        best = largest / MULTIPLY_ADDS_PER_BLAS_THREAD
    return max(1, min(cores(), round(best)))


def cores() -> int:
    """How many cores this process may use: those it may run on, and its container's share."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        count = os.cpu_count() or 1
    return max(1, math.floor(min(count, _share_of_time())))


def _share_of_time() -> float:
    """Cores' worth of time that Linux grants this process's control group; infinite without one.

    A container with two cores' time still sees all of the machine's, and threads that wait busily
    for each other would use it up.
    """
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):  # version 2, 1
        try:
            words = " ".join((CONTROL_GROUP / name).read_text() for name in names)
            quota, period = map(int, words.split())
        except (OSError, ValueError):  # not there, or without a limit: "max"
            continue
        if quota > 0:
            return quota / period
    return math.inf


@contextmanager
def hold_threads(count: int) -> Iterator[None]:
    """Work with `count` threads within: those of the kernels' pool, or else those of the BLAS.

    Where kernels and products share the pool, the BLAS itself is held at one. It belongs to the
    whole process: of several runs at a time the first sets it, and the last puts it back.
    """
    outer = _here.count
    with kernels.hold_pool(count) as shared:
        try:
            _here.count = count
            with _settling:
                _limits.append(None if _limits else _limit_blas(1 if shared else count))
            yield
        finally:
            _here.count = outer
            with _settling:
                _put_blas_back()


def held_threads() -> int | None:
    """How many threads this thread of Python holds; None outside of `hold_threads`."""
    return _here.count


def _limit_blas(count: int) -> Any:
    _any_thread_may_set_the_blas()
    return _blas().limit(limits=count)


def _put_blas_back() -> None:
    """When the last run ends, in whichever thread that is."""
    if len(_limits) == 1:
        _any_thread_may_set_the_blas()
        _limits[0].restore_original_limits()
        _any_thread_may_set_the_blas()
    del _limits[-1:]  # the first carries what was before, and goes last


def _any_thread_may_set_the_blas() -> None:
    """Newer versions of threadpoolctl listen to one thread only, the one that asked first."""
    from threadpoolctl import OpenBLASController

    clear = getattr(OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)


def _begin_anew() -> None:
    """In a child process, where nobody will end the runs of its parent."""
    global _settling
    _settling = threading.Lock()
    _here.count = None
    del _limits[1:]
    _put_blas_back()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def blas_name() -> str:
    """Name and version of the BLAS that NumPy uses."""
    info = _blas().info()
    return f"{info[0]['internal_api']} {info[0]['version']}" if info else "unknown"


@cache
def _blas() -> ThreadpoolController:
    """The BLAS libraries of this process, looked for once: NumPy has loaded its own by now."""
    from threadpoolctl import ThreadpoolController  # 20 ms that only training needs

    return ThreadpoolController().select(user_api="blas")


def _parse(value: object, name: str) -> int:
    try:
        count = int(str(value))
    except ValueError:
        count = 0
    if count < 1:
        raise ArgumentError(f"{name} must be a whole number of at least 1; got {value!r}.")
    return count
