"""Runs compiled kernels as plain Python, so that a change takes effect without a compilation.

Each kernel runs in three parts, one after another, as three threads would run it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

PARTS = 3

INTERPRETED = [
    "-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::RuntimeWarning",
    "-k", "not numba and not announced and not missing_cache_folder",
]  # fmt: skip
"""Arguments of pytest: NumPy warns of overflow where compiled code does not, and the tests of the
compiler and its cache are left out."""


def interpret_kernels() -> None:
    """Leave every kernel that is imported from now on as the Python function that it is."""
    import numba

    numba.njit = _uncompiled
    from byhand.kernels.parallel import pool

    pool.number_of_parts = lambda _: PARTS  # type: ignore[assignment]
    pool.run_in_parts = _run_in_parts
    pool.available = lambda: False  # type: ignore[assignment]


def _uncompiled(function: Any = None, **_: object) -> Any:
    """Take the place of numba.njit: return the function with the attributes of a compiled one."""
    if function is None:
        return _uncompiled
    function.py_func = function
    function.stats = SimpleNamespace(cache_path=None)
    return function


def _run_in_parts(_: int, kernel: Callable[..., None], arguments: tuple[Any, ...]) -> int:
    for part in range(PARTS):
        kernel((part, PARTS), *arguments)
    return PARTS
