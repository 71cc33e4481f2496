"""Faster functions that override formulas of `network`, `training` and `augmentation` by name.

    in_place/        the same formulas in NumPy, written to existing arrays
    compiled.py      the inner loops, compiled with Numba
    sparse.py        products that leave out zeros, compiled with Numba
    updates.py       penalties and optimizer updates, compiled with Numba
    augmentation.py  images distorted and resampled, compiled with Numba
    parallel/        threads that run the compiled loops and the matrix products in parts

Nothing is defined here: every entry replaces a function that is marked `@overridable` where its
formula is defined, and tests compare the two. The library works without this folder.
`byhand.backend` chooses; `byhand.kernels.use("plain")` switches everything off.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from byhand.backend import BACKENDS as BACKENDS
from byhand.backend import active as active
from byhand.backend import use as use

Overrides = dict[tuple[Any, str], Any]


def overrides(backend: str) -> Overrides:
    """Return the overrides of a backend: {(class or module, function name): function}."""
    from byhand.kernels import in_place

    if backend == "plain":
        return {}
    if backend == "numpy":
        return in_place.OVERRIDES
    from byhand.kernels import (
        compiled,
    )  # imported late, because importing Numba takes half a second

    return in_place.OVERRIDES | compiled.OVERRIDES


def pool() -> ModuleType | None:
    """Return the module of the pool of threads, if this machine can use it."""
    from byhand.kernels.parallel import pool

    return pool if pool.available() else None
