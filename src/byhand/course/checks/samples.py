"""Random inputs for exercises: small, and with sizes that cannot be confused."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray


def probabilities(rng: np.random.Generator, n: int, K: int) -> FloatArray:
    """Return rows of K probabilities."""
    return rng.dirichlet(np.ones(K), n)


def labels(rng: np.random.Generator, n: int, K: int) -> Array:
    """Return n labels that contain every class from 0 to K - 1 if n is large enough."""
    return rng.permutation(np.arange(n) % K)


def parameters(rng: np.random.Generator, d: int, h: int, K: int) -> dict[str, FloatArray]:
    """Return W1, b1, W2 and b2 of a network with one hidden layer."""
    return {
        "W1": rng.standard_normal((d, h)),
        "b1": rng.standard_normal(h),
        "W2": rng.standard_normal((h, K)),
        "b2": rng.standard_normal(K),
    }
