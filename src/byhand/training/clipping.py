"""Clipping: bounds on the gradient, so that one bad batch cannot ruin the weights."""

from __future__ import annotations

import math

import numpy as np

from byhand.network.parameters import NamedVector


def clip_by_value(gradients: NamedVector, limit: float) -> None:
    """g = min(max(g, -limit), limit) for each entry, in place."""
    np.clip(gradients.vector, -limit, limit, out=gradients.vector)


def clip_by_norm(gradients: NamedVector, limit: float) -> None:
    """g *= limit / ||g|| if the length ||g|| of the whole gradient exceeds the limit, in place.

    The direction stays the same  (Pascanu et al. 2013).
    """
    g = gradients.vector
    norm = math.sqrt(float(np.dot(g, g)))
    if math.isinf(norm):  # the squares overflow; those of g / max|g| do not
        g /= np.abs(g).max()
        g *= limit / math.sqrt(float(np.dot(g, g)))
    elif norm > limit:
        g *= limit / norm
