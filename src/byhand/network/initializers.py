"""Initial values of weights and biases.

An initialiser is a function `(rng, n_in, n_out) -> values of shape (n_in, n_out)`, in float64; the
network rounds them to its own precision. For a bias the shape is (1, n_out). A network's
default for weights is `he_normal`, whatever the activation, and `zeros` for biases.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from byhand.arrays import FloatArray
from byhand.errors import ArgumentError
from byhand.tables import Table

Initializer: TypeAlias = Callable[[np.random.Generator, int, int], FloatArray]

SMALL_CONSTANT = 0.01


def he_normal(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """N(0, 2 / n_in): preserves the variance through relu layers  (He et al. 2015).

    Z adds up n_in products, so Var(Z) = n_in Var(W) E[A^2]. A relu sets half of a symmetric Z to 0,
    so E[A^2] is half the variance of the Z before it. The 2 makes up for that half.
    """
    return rng.standard_normal((n_in, n_out)) * math.sqrt(2 / n_in)


def he_uniform(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """U(-r, r), r = sqrt(6 / n_in): same variance as he_normal."""
    return _uniform(rng, n_in, n_out, math.sqrt(6 / n_in))


def glorot_normal(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """N(0, 2 / (n_in + n_out)): for tanh and sigmoid  (Glorot & Bengio 2010)."""
    return rng.standard_normal((n_in, n_out)) * math.sqrt(2 / (n_in + n_out))


def glorot_uniform(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """U(-r, r), r = sqrt(6 / (n_in + n_out)): same variance as glorot_normal."""
    return _uniform(rng, n_in, n_out, math.sqrt(6 / (n_in + n_out)))


def lecun_normal(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """N(0, 1 / n_in)  (LeCun et al. 1998)."""
    return rng.standard_normal((n_in, n_out)) * math.sqrt(1 / n_in)


def lecun_uniform(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """U(-r, r), r = sqrt(3 / n_in): same variance as lecun_normal."""
    return _uniform(rng, n_in, n_out, math.sqrt(3 / n_in))


def uniform(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """U(-0.5, 0.5) for every width, as fun-MNIST's `rand - 0.5`."""
    return _uniform(rng, n_in, n_out, 0.5)


def normal(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """N(0, 0.01^2) for every width."""
    return rng.standard_normal((n_in, n_out)) * 0.01


def zeros(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """All 0: good for biases. Weights that are all 0 keep the units of a layer identical."""
    return np.zeros((n_in, n_out))


def small_constant(rng: np.random.Generator, n_in: int, n_out: int) -> FloatArray:
    """All 0.01: as biases they make every relu unit start slightly active."""
    return np.full((n_in, n_out), SMALL_CONSTANT)


def _uniform(rng: np.random.Generator, n_in: int, n_out: int, radius: float) -> FloatArray:
    return rng.uniform(-radius, radius, (n_in, n_out))


INITIALIZERS: Table[Initializer] = Table(
    "initialiser",
    {
        "he_normal": he_normal,
        "he_uniform": he_uniform,
        "glorot_normal": glorot_normal,
        "glorot_uniform": glorot_uniform,
        "lecun_normal": lecun_normal,
        "lecun_uniform": lecun_uniform,
        "uniform": uniform,
        "normal": normal,
        "zeros": zeros,
        "small_constant": small_constant,
    },
    aliases={
        "he": "he_normal",
        "he_initialization": "he_normal",
        "glorot": "glorot_uniform",
        "xavier": "glorot_uniform",
        "xavier_normal": "glorot_normal",
        "xavier_uniform": "glorot_uniform",
        "lecun": "lecun_normal",
        "zero": "zeros",
    },
)


def resolve_initializer(init: str | Initializer) -> Initializer:
    """Resolve a name or your own function into an initialiser."""
    if callable(init):
        return init
    if not isinstance(init, str):
        raise ArgumentError(f"an initialiser must be a name or a function; got {init!r}.")
    return INITIALIZERS.find(init)
