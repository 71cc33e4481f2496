"""Finite differences: the slope of a loss from its values at a few points around a number.

`gradient_check.py` compares a network's gradients with them.

2 points   f'(v) = (f(v + h) - f(v - h)) / 2h                                error h^2
4 points   f'(v) = (f(v - 2h) - 8 f(v - h) + 8 f(v + h) - f(v + 2h)) / 12h   error h^4
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import FloatArray

STEP = 1e-5
"""The step h, multiplied by the magnitude of the perturbed number if that exceeds 1."""

OFFSETS: dict[int, FloatArray] = {2: np.array([-1.0, 1.0]), 4: np.array([-2.0, -1.0, 1.0, 2.0])}
"""Number of points -> the offsets, in steps h, at which the loss is computed."""

_FACTORS = {2: np.array([-1.0, 1.0]) / 2, 4: np.array([1.0, -8.0, 8.0, -1.0]) / 12}


def slopes(losses: FloatArray, step: float) -> FloatArray:
    """Return the slopes (k,) from the losses (k, points) at the offsets.

    Args:
        losses: values of the loss at v + offset * h, in the order of `OFFSETS[points]`.
        step: h.
    """
    result: FloatArray = losses @ _FACTORS[losses.shape[-1]] / step
    return result


def relative_error(computed: FloatArray, measured: FloatArray, negligible: float) -> float:
    """Return norm(computed - measured) / (norm(computed) + norm(measured)).

    Args:
        computed: gradient by the formulas.
        measured: the same gradient by finite differences.
        negligible: a sum of the norms up to this size is rounding; the error is then 0.
    """
    size = float(np.linalg.norm(computed) + np.linalg.norm(measured))
    difference = float(np.linalg.norm(computed - measured))
    return 0.0 if size <= negligible else difference / size
