"""Finds a single number in a function's result."""

from __future__ import annotations

from typing import Any

import numpy as np


def number_in(value: Any) -> float | None:
    """Return a number, or the only or the first one of a tuple, as a float; else None."""
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, np.ndarray) and value.size == 1:
        return float(value.ravel()[0])
    if isinstance(value, tuple):
        inner = [number for one in value if (number := number_in(one)) is not None]
        return inner[0] if inner else None
    return None
