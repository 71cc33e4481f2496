"""A single number in what a function returned."""

from __future__ import annotations

from typing import Any

import numpy as np


def number_in(value: Any) -> float | None:
    """Return a number, or the first of a tuple, as a float; None for anything else."""
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, np.ndarray) and value.size == 1:
        return float(value.ravel()[0])
    if isinstance(value, tuple) and value:
        return number_in(value[0])
    return None
