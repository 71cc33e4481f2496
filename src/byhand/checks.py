"""Checks of single numbers in the public interface: one rule, one message.

A name that is not in a table is refused by `unknown_name` in `errors.py`.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from byhand.errors import ArgumentError


def number(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return the value as a finite float within the bounds; raise ArgumentError otherwise."""
    bounds = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    wanted = " and ".join(
        f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None
    )
    if (
        not _is_finite(value)
        or (above is not None and not value > above)
        or (at_least is not None and not value >= at_least)
        or (below is not None and not value < below)
        or (at_most is not None and not value <= at_most)
    ):
        raise ArgumentError(f"{name} must be {wanted or 'a finite number'}; got {_shown(value)}.")
    return float(value)


def _is_finite(value: Any) -> bool:
    """Return whether a value is a real number that a float can hold, and not a bool."""
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer above 1.8e308
        return False


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # Python prints no integer of more than 4300 digits
        return f"an integer of {value.bit_length()} bits"


def fraction(name: str, value: Any) -> float:
    """Return the value as a float from 0 up to, but not including, 1."""
    return number(name, value, at_least=0, below=1)


def integer(name: str, value: Any, at_least: int = 1) -> int:
    """Return the value as an int no smaller than `at_least`; bool and float are rejected."""
    try:
        whole = isinstance(value, bool) is False and value.__index__() >= at_least
    except (AttributeError, TypeError):
        whole = False
    if not whole:
        raise ArgumentError(
            f"{name} must be an integer of at least {at_least}; got {_shown(value)}."
        )
    return int(value)
