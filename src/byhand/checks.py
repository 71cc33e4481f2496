"""Checking a number at the public edge: one rule, one message."""

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
    """The value as a finite float within the bounds; raises an `ArgumentError` that names it."""
    bounds = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    wanted = " and ".join(
        f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None
    )
    numeric = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if (
        not numeric
        or (above is not None and not value > above)
        or (at_least is not None and not value >= at_least)
        or (below is not None and not value < below)
        or (at_most is not None and not value <= at_most)
    ):
        raise ArgumentError(f"{name} must be {wanted or 'a finite number'}; got {value!r}.")
    return float(value)


def share(name: str, value: Any) -> float:
    """The value as a share that may be 0 but not 1."""
    return number(name, value, at_least=0, below=1)


def whole_number(name: str, value: Any, at_least: int = 1) -> int:
    """The value as an int of at least so much; True and 3.0 are no whole numbers."""
    try:
        whole = isinstance(value, bool) is False and value.__index__() >= at_least
    except (AttributeError, TypeError):
        whole = False
    if not whole:
        raise ArgumentError(f"{name} must be a whole number of at least {at_least}; got {value!r}.")
    return int(value)
