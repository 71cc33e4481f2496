"""The few inner loops, once in plain NumPy and once compiled, behind one set of names.

`reference` is the definition. `compiled` holds the same functions with the same signatures,
compiled with Numba (`pip install "byhand[fast]"`). Use them as `kernels.gather(...)`: the first
use of any of them settles which set it is, by the environment variable `BYHAND_KERNELS`
(`numpy` or `numba`) or else by whether Numba is installed. `kernels.use("numpy")` switches.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from byhand.errors import ArgumentError, unknown_name

NAMES = (
    "product",
    "scale",
    "gather",
    "bias_activation",
    "activation_gradient",
    "column_sums",
    "softmax_cross_entropy",
    "dropout",
    "penalty_gradient",
    "sgd",
    "momentum",
    "rmsprop",
    "adam",
)
"""The kernels: every set has exactly these."""

SETS = ("numpy", "numba")

_chosen: str | None = None


def use(name: str) -> None:
    """Switch to the kernels of `numpy` or `numba`; what was computed so far stays as it is."""
    if name not in SETS:
        raise unknown_name("set of kernels", name, SETS)
    if name == "numba" and importlib.util.find_spec("numba") is None:
        raise ArgumentError(
            "the numba kernels need Numba, which is not installed; "
            'install it with: pip install "byhand[fast]"'
        )
    global _chosen
    module = _load(name)
    globals().update({kernel: getattr(module, kernel) for kernel in NAMES})
    _chosen = name


def active() -> str:
    """Which set is in use: "numpy" or "numba"."""
    if _chosen is None:
        use(_default())
    assert _chosen is not None  # noqa: S101 - `use` has just set it
    return _chosen


def have_pool() -> bool:
    """Whether threads can share the kernels, the products among them: only compiled ones."""
    if active() != "numba":
        return False
    from byhand.kernels import pool

    return pool.available()


@contextmanager
def hold_pool(threads: int) -> Iterator[bool]:
    """Let so many threads make kernels and products within a `with` block; gives whether they do.

    Where they do not, with the NumPy kernels always, the threads are the BLAS's own.
    """
    if not have_pool():
        yield False
        return
    from byhand.kernels import pool

    with pool.hold(threads):
        yield True


def _default() -> str:
    wanted = os.environ.get("BYHAND_KERNELS", "").strip().lower()
    if wanted:
        return wanted
    interpreted = os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}
    return "numba" if importlib.util.find_spec("numba") and not interpreted else "numpy"


def _load(name: str) -> ModuleType:
    if name == "numpy":
        from byhand.kernels import reference

        return reference
    from byhand.kernels import compiled  # only now: importing Numba takes half a second

    return compiled


def __getattr__(name: str) -> Any:
    # Reached only until `use` has put the kernels into this module's globals.
    if name in NAMES:
        active()
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
