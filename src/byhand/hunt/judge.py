"""Compares a player's program with the correct one, function by function.

Each function is tried inside the correct program, so that a mistake in one function does not
show in another.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Mapping, Sequence
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from byhand.hunt.function_trials import TRIALS, Facts
from byhand.hunt.load import functions, right_program, settings, transplant

STOPS = "does not run: "
"""Beginning of the difference of a function that raises an error."""


def differences(program: SimpleNamespace) -> dict[str, str]:
    """Return the functions that differ from the correct program, and in which value.

    Args:
        program: the player's four modules.
    """
    found = {
        name: f"it was {value} and is now {_own(program, name)}"
        for name, value in settings(right_program()).items()
        if _own(program, name) != value
    }
    own = {(module, name): function for module, name, function in functions(program)}
    for module, name in TRIALS:
        difference = function_difference(module, name, own.get((module, name)))
        if difference:
            found[f"{module}.{name}"] = difference
    return found


def function_difference(module: str, name: str, function: FunctionType | None) -> str:
    """Return the value in which a function differs from the correct one, or None."""
    if function is None:
        return "it is missing"
    trial = TRIALS[module, name]
    mixed = right_program()
    transplant(function, getattr(mixed, module))
    try:
        with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            given = trial(mixed)
    except (Exception, SystemExit) as error:
        return f"{STOPS}{type(error).__name__}: {error}"
    expected = _expected(module, name)
    differs = (
        key
        for key, value in expected.items()
        if key not in given
        or not (contains(given[key], value) if key == "printed" else same(value, given[key]))
    )
    return next(differs, "")


_RIGHT: dict[tuple[str, str], Facts] = {}


def _expected(module: str, name: str) -> Facts:
    if (module, name) not in _RIGHT:
        with np.errstate(all="ignore"):
            _RIGHT[module, name] = TRIALS[module, name](right_program())
    return _RIGHT[module, name]


def same(expected: Any, given: Any) -> bool:
    """Return whether two results are equal up to rounding."""
    if isinstance(expected, Mapping):
        return isinstance(given, Mapping) and dict(expected) == dict(given)
    if isinstance(expected, bool):
        return bool(given) is expected
    try:
        a, b = np.asarray(expected, float), np.asarray(given, float)
    except (TypeError, ValueError):
        return False
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)


def contains(printed: Sequence[float], expected: Sequence[float]) -> bool:
    """Return whether numbers were printed in this order, ignoring any others between them."""
    rest = iter(printed)
    return all(any(math.isclose(number, one, rel_tol=1e-6) for one in rest) for number in expected)


def _own(program: SimpleNamespace, name: str) -> Any:
    module, _, setting = name.partition(".")
    return getattr(getattr(program, module), setting, math.nan)
