"""Inputs that the input layer refuses: arrays of another shape, or numbers on another scale."""

from __future__ import annotations

import numpy as np

from byhand.errors import DataError


def wrong_shape(shape: tuple[int, ...], units: int) -> str:
    """Return the message for an input of this shape to a network with `units` inputs."""
    side = int(units**0.5)
    images = f" or (n, {side}, {side})" if side * side == units else ""
    single = shape in {(units,), (side, side)}
    hint = " For a single example write x[None]." if single else ""
    return (
        f"the network has {units} inputs and takes arrays of shape (n, {units}){images}; "
        f"got {shape}.{hint}"
    )


def check_pixels(low: float, high: float, dtype: np.dtype[np.generic]) -> None:
    """Raise unless numbers from low to high can be pixels from 0 to 255."""
    if low < 0 or high > 255:
        raise DataError(
            f"this network takes raw pixels from 0 to 255; got {low:g} to {high:g}. "
            "Use InputLayer(units, 'standardise') for other numbers."
        )
    if dtype.kind == "f" and 0 < high <= 1:
        raise DataError(
            "this network takes raw pixels from 0 to 255 and scales them itself; got numbers "
            f"from {low:g} to {high:g}, which look scaled already. Pass the raw pixels, or "
            "multiply by 255."
        )


def check_same_scale(trained: tuple[float, float], high: float) -> None:
    """Raise if a largest number of `high` is on another scale than the range of training."""
    trained_high = trained[1]
    grown = trained_high <= 1 < high and high > 16
    shrunk = trained_high > 16 and 0 < high <= 1
    if grown or shrunk:
        raise DataError(
            f"this network was trained on numbers from {trained[0]:g} to {trained_high:g}; got a "
            f"largest number of {high:g}, which is another scale. Bring the input to the scale of "
            "the training data."
        )
