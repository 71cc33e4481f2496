"""Chooses the implementation: the plain formulas, or faster functions that override them.

The formulas are in `byhand.network` and `byhand.training`, in plain NumPy. `byhand.kernels` can
replace those marked `@overridable` with faster functions:

    plain   nothing is overridden: the code you read is the code that runs
    numpy   the same formulas in place, without temporary arrays
    numba   like numpy, with the inner loops compiled (`pip install "byhand[fast]"`)

All of them compute on the CPU. The first pass through a network chooses a backend: the one in the
environment variable `BYHAND_KERNELS`, or else the fastest that is installed. Without the folder
`kernels/` the plain formulas run. The precision, float32 by default, is an argument of `Network`
in `network/network.py`.
"""

from __future__ import annotations

import importlib.util
import os
import threading
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

from byhand import forks
from byhand.errors import ArgumentError, unknown_name

BACKENDS = ("plain", "numpy", "numba")

F = TypeVar("F", bound=Callable[..., Any])

_active: str | None = None
_lock = threading.RLock()  # several threads may make their first pass at the same time
forks.wait_for(_lock)
_originals: dict[tuple[Any, str], Any] = {}
"""Functions that are overridden now: (class or module, name) -> plain function."""


def overridable(function: F) -> F:
    """Mark a function or method that a backend may override; return it unchanged."""
    function.overridable = True  # type: ignore[attr-defined]
    return function


def plain(owner: Any, name: str) -> Any:
    """Return the plain function of a class or module, whether or not it is overridden now."""
    return _originals.get((owner, name)) or getattr(owner, name)


def use(name: str) -> None:
    """Switch to a backend: "plain", "numpy" or "numba"."""
    global _active
    if name not in BACKENDS:
        raise unknown_name("backend", name, BACKENDS)
    if name == "numba" and importlib.util.find_spec("numba") is None:
        raise ArgumentError(
            "the numba backend needs Numba, which is not installed; install it with: "
            'pip install "byhand[fast]"'
        )
    with _lock:
        overrides = {} if name == "plain" else _overrides(name)
        _restore()
        _install(overrides)
        _active = name


def active() -> str:
    """Return the name of the backend in use, choosing one if none has been chosen yet."""
    if _active is None:
        with _lock:
            if _active is None:  # no other thread has chosen in the meantime
                _choose()
    assert _active is not None  # noqa: S101 - `use` has just set it
    return _active


def _choose() -> None:
    """Use the default; if Numba is installed but does not work, warn and use NumPy."""
    try:
        use(_default())
    except ArgumentError as error:
        if os.environ.get("BYHAND_KERNELS", "").strip():
            raise
        warnings.warn(f"byhand computes with NumPy alone: {error}", RuntimeWarning, stacklevel=3)
        use("numpy")


def pool() -> ModuleType | None:
    """Return the module of the thread pool for compiled kernels, if this machine has one."""
    if active() != "numba":
        return None
    module: ModuleType | None = _kernels().pool()
    return module


def _overrides(name: str) -> Mapping[tuple[Any, str], Any]:
    """Return the overrides of a backend; raise ArgumentError if its packages do not fit."""
    try:
        overrides: Mapping[tuple[Any, str], Any] = _kernels().overrides(name)
    except ImportError as error:  # Numba refuses a NumPy that is too new or too old for it
        raise ArgumentError(
            f"the {name} backend cannot be loaded: {error}. Install versions that fit together "
            'with pip install --upgrade "byhand[fast]", or set BYHAND_KERNELS=numpy.'
        ) from error
    return overrides


def _kernels() -> Any:
    if not _have_kernels():
        raise ArgumentError(
            "the folder byhand/kernels is missing, and with it all backends but 'plain'; reinstall "
            "byhand, or unset BYHAND_KERNELS."
        )
    return import_module("byhand.kernels")


def _have_kernels() -> bool:
    return importlib.util.find_spec("byhand.kernels") is not None


def _default() -> str:
    wanted = os.environ.get("BYHAND_KERNELS", "").strip().lower()
    if wanted:
        return wanted
    if not _have_kernels():
        return "plain"
    interpreted = os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}
    return "numba" if importlib.util.find_spec("numba") and not interpreted else "numpy"


def _install(overrides: Mapping[tuple[Any, str], Any]) -> None:
    for (owner, name), function in overrides.items():
        if not getattr(getattr(owner, name), "overridable", False):
            raise TypeError(f"{owner.__name__}.{name} is not marked as overridable")
        _originals[owner, name] = vars(owner).get(name)
        setattr(owner, name, overridable(function))


def _restore() -> None:
    for (owner, name), function in _originals.items():
        if function is None:  # the override hid a method that the class inherits
            delattr(owner, name)
        else:
            setattr(owner, name, function)
    _originals.clear()
