"""Fits the change of the weights to byhand's gradients: a learning rate, and a penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.examine.script.chains import Layer

BASE = ("W", "b")


@dataclass(frozen=True)
class Fit:
    """A change that is a multiple of the gradients.

    Args:
        rate: the factor of the gradients.
        decay: the factor of the weights that is subtracted, too: rate times the L2 penalty.
    """

    rate: float
    decay: float = 0.0

    @property
    def penalty(self) -> float:
        """The penalty's strength."""
        return self.decay / self.rate


def changes(before: Sequence[Layer], after: Sequence[Layer]) -> dict[str, Array]:
    """Return what was subtracted from W1, b1, ... in an update."""
    found: dict[str, Array] = {}
    for place, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        found[f"W{place}"] = np.subtract(old.W, new.W, dtype=float)
        if old.b is not None and new.b is not None:
            found[f"b{place}"] = np.subtract(old.b, new.b, dtype=float)
    return found


def fitted(
    moved: Mapping[str, Array], values: Mapping[str, Any], layers: Sequence[Layer], tolerance: float
) -> Fit | None:
    """Return the rate by which all changes follow from the gradients; None if they do not.

    Args:
        moved: what was subtracted, by "W1", "b1", ...
        values: byhand's gradients, among other values.
        layers: the layers before the update.
        tolerance: relative difference that is allowed.
    """
    depth = len(layers)
    last = f"W{depth}"
    gradient, weights = np.ravel(values[f"d{last}"]), layers[-1].W.ravel().astype(float)
    if not np.isfinite(gradient).all() or not gradient.any():
        return None
    plain = Fit(float(moved[last].ravel() @ gradient / (gradient @ gradient)))
    both = np.linalg.lstsq(np.stack([gradient, weights], axis=1), moved[last].ravel(), rcond=None)
    for fit in (plain, Fit(float(both[0][0]), float(both[0][1]))):
        if fit.rate > 0 and _explains(fit, moved, values, layers, tolerance):
            return fit
    return None


def _explains(
    fit: Fit, moved: Mapping[str, Array], values: Mapping[str, Any], layers: Sequence[Layer],
    tolerance: float,
) -> bool:  # fmt: skip
    for name, change in moved.items():
        wanted = fit.rate * np.asarray(values[f"d{name}"])
        if name[0] == "W":
            wanted = wanted + fit.decay * layers[int(name[1:]) - 1].W
        if not _same(change, wanted, tolerance):
            return False
    return True


def single_rates(
    moved: Mapping[str, Array], values: Mapping[str, Any], tolerance: float
) -> list[float]:
    """Return the sizes of the rates by which single changes follow from their gradients."""
    found: list[float] = []
    for name, change in reversed(list(moved.items())):
        gradient, flat = np.ravel(values[f"d{name}"]), change.ravel()
        if not gradient.any() or not flat.any() or not np.isfinite(gradient).all():
            continue
        rate = float(flat @ gradient / (gradient @ gradient))
        if _same(flat, rate * gradient, tolerance):
            found.append(abs(rate))
    return found


def _same(one: Array, other: Array, tolerance: float) -> bool:
    scale = max(float(np.abs(other).max(initial=0)), 1e-12)
    return bool(np.abs(one - other).max(initial=0) <= tolerance * scale)


def multiple_among(
    arrays: Sequence[Array], gradient: Array, weights: Array | None, tolerance: float
) -> Fit | None:
    """Return the factor by which an array is the gradient, with a penalty if it has one.

    Args:
        arrays: arrays with as many numbers, of which one may be the gradient.
        gradient: byhand's gradient.
        weights: the weights that a penalty adds; None for biases.
        tolerance: relative difference that is allowed.
    """
    flat = np.ravel(gradient)
    if not flat.any() or not np.isfinite(flat).all():
        return None
    for array in arrays:
        forms = {array.size: array, -1: array.T} if array.shape == gradient.T.shape else {0: array}
        for form in forms.values():
            one = np.ravel(form).astype(float)
            fit = Fit(float(one @ flat / (flat @ flat)))
            if _same(one, fit.rate * flat, tolerance) and fit.rate > 0:
                return fit
            if weights is None:
                continue
            pair = np.stack([flat, weights.ravel().astype(float)], axis=1)
            rate, decay = np.linalg.lstsq(pair, one, rcond=None)[0]
            if rate > 0 and _same(one, pair @ np.array([rate, decay]), tolerance):
                return Fit(float(rate), float(decay))
    return None
