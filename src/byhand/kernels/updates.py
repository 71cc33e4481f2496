"""Penalties and optimizer updates, compiled: passes over vectors that hold several arrays.

Each thread takes its part of every array, so that of a matrix with more rows than columns it has
nearly the same rows as in the matrix's products.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from byhand.arrays import FloatArray, IndexArray
from byhand.kernels.machine import FAST, compile_kernel
from byhand.kernels.pool import SMALL, held, share, span

# A division becomes an estimate of the reciprocal and a step of Newton's method, which is right
# to the last bits but makes NaN of infinity. That differs where the square of a gradient overflows:
# by the formula its parameter would never move again; here it is no number, and training stops.
FASTER = FAST | {"ninf"}

_compile = partial(compile_kernel, fast=FAST)
_compile_update = partial(compile_kernel, fast=FASTER)

PIECE = 16
"""Numbers that are not divided between threads: a cache line of float32."""


@_compile
def _own(ends, k, part):  # type: ignore[no-untyped-def]
    """A thread's part of the k-th array in a vector."""
    begin = ends[k - 1] if k else 0
    first, last = span(ends[k] - begin, part, PIECE)
    return slice(begin + first, begin + last)


@_compile
def _penalty_gradient(part, w, l1, l2, g, ends):  # type: ignore[no-untyped-def]
    for k in range(len(ends)):
        own = _own(ends, k, part)
        wk, gk = w[own], g[own]
        for i in range(wk.size):
            gk[i] += l2 * wk[i] + l1 * np.sign(wk[i])


@_compile
def _share_penalty_gradient(team, *arguments):  # type: ignore[no-untyped-def]
    share(team, _penalty_gradient, arguments)


@_compile
def _sgd(part, p, g, ends, rate):  # type: ignore[no-untyped-def]
    for k in range(len(ends)):
        own = _own(ends, k, part)
        pk, gk = p[own], g[own]
        for i in range(pk.size):
            pk[i] -= rate * gk[i]


@_compile
def _share_sgd(team, *arguments):  # type: ignore[no-untyped-def]
    share(team, _sgd, arguments)


@_compile
def _momentum(part, p, g, v, ends, rate, mu, nesterov):  # type: ignore[no-untyped-def]
    for k in range(len(ends)):
        own = _own(ends, k, part)
        pk, gk, vk = p[own], g[own], v[own]
        for i in range(pk.size):
            u = mu * vk[i] + gk[i]
            vk[i] = u
            pk[i] -= rate * (gk[i] + mu * u if nesterov else u)


@_compile
def _share_momentum(team, *arguments):  # type: ignore[no-untyped-def]
    share(team, _momentum, arguments)


@_compile_update
def _rmsprop(part, p, g, s, ends, rate, rho, rest, epsilon):  # type: ignore[no-untyped-def]
    for k in range(len(ends)):
        own = _own(ends, k, part)
        pk, gk, sk = p[own], g[own], s[own]
        for i in range(pk.size):
            u = rho * sk[i] + rest * gk[i] * gk[i]
            sk[i] = u
            pk[i] -= rate * gk[i] / (np.sqrt(u) + epsilon)


@_compile
def _share_rmsprop(team, *arguments):  # type: ignore[no-untyped-def]
    share(team, _rmsprop, arguments)


@_compile_update
def _adam(part, p, g, m, v, ends, rate, beta1, rest1, beta2, rest2, epsilon):  # type: ignore[no-untyped-def]
    for k in range(len(ends)):
        own = _own(ends, k, part)
        pk, gk, mk, vk = p[own], g[own], m[own], v[own]
        for i in range(pk.size):
            momentum = beta1 * mk[i] + rest1 * gk[i]
            square = beta2 * vk[i] + rest2 * gk[i] * gk[i]
            mk[i] = momentum
            vk[i] = square
            pk[i] -= rate * momentum / (np.sqrt(square) + epsilon)


@_compile
def _share_adam(team, *arguments):  # type: ignore[no-untyped-def]
    share(team, _adam, arguments)


def penalty_gradient(
    w: FloatArray, l1: float, l2: float, g: FloatArray, ends: IndexArray, scratch: FloatArray
) -> None:
    """See `reference.penalty_gradient`."""
    team = held.team if w.size >= SMALL else 0
    number = w.dtype.type
    _share_penalty_gradient(team, w, number(l1), number(l2), g, ends)


def sgd(p: FloatArray, g: FloatArray, ends: IndexArray, rate: float, scratch: FloatArray) -> None:
    """See `reference.sgd`."""
    _share_sgd(held.team if p.size >= SMALL else 0, p, g, ends, p.dtype.type(rate))


def momentum(
    p: FloatArray,
    g: FloatArray,
    v: FloatArray,
    ends: IndexArray,
    rate: float,
    mu: float,
    nesterov: bool,
    scratch: FloatArray,
) -> None:
    """See `reference.momentum`."""
    team = held.team if p.size >= SMALL else 0
    number = p.dtype.type
    _share_momentum(team, p, g, v, ends, number(rate), number(mu), nesterov)


def rmsprop(
    p: FloatArray,
    g: FloatArray,
    s: FloatArray,
    ends: IndexArray,
    rate: float,
    rho: float,
    epsilon: float,
    scratch: FloatArray,
) -> None:
    """See `reference.rmsprop`."""
    team = held.team if p.size >= SMALL else 0
    number = p.dtype.type
    rates = number(rate), number(rho), number(1 - rho), number(epsilon)
    _share_rmsprop(team, p, g, s, ends, *rates)


def adam(
    p: FloatArray,
    g: FloatArray,
    m: FloatArray,
    v: FloatArray,
    ends: IndexArray,
    rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    step: int,
    scratch: FloatArray,
) -> None:
    """See `reference.adam`."""
    c = math.sqrt(1 - beta2**step)
    number = p.dtype.type
    _share_adam(
        held.team if p.size >= SMALL else 0,
        p,
        g,
        m,
        v,
        ends,
        number(rate * c / (1 - beta1**step)),
        number(beta1),
        number(1 - beta1),
        number(beta2),
        number(1 - beta2),
        number(c * epsilon),
    )
