"""Penalties and optimizer updates compiled with Numba: loops over vectors of several arrays.

Each thread updates a section of every array. For a matrix with more rows than columns, these are
nearly the rows that the same thread computes in the matrix's products, so they stay in the cache of
its core.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from byhand.arrays import FloatArray
from byhand.kernels.parallel.machine import FAST, compile_kernel
from byhand.kernels.parallel.pool import SMALL, held, run_in_parts, span
from byhand.network.parameters import NamedVector
from byhand.training.optimizers import SGD, Adagrad, Adam, Lion, Momentum, RMSProp, State

# "ninf" lets division become an estimate of the reciprocal and a step of Newton's method. The
# quotient is correct except for its last bits, but is NaN for infinity. That matters only if the
# square of a gradient overflows. By the formula that parameter would never change again; here it
# becomes NaN, and training stops.
FASTER = FAST | {"ninf"}

_compile = partial(compile_kernel, fast=FAST)
_compile_update = partial(compile_kernel, fast=FASTER)

PIECE = 16
"""Sections begin at multiples of this many elements: a cache line of float32."""


@_compile
def _own(offsets, k, part):  # type: ignore[no-untyped-def]
    """Return a thread's section of the k-th array in a vector."""
    begin = offsets[k - 1] if k else 0
    first, last = span(offsets[k] - begin, part, PIECE)
    return slice(begin + first, begin + last)


@_compile
def _penalty_gradient(part, w, l1, l2, g, offsets):  # type: ignore[no-untyped-def]
    for k in range(len(offsets)):
        own = _own(offsets, k, part)
        wk, gk = w[own], g[own]
        for i in range(wk.size):
            gk[i] += l2 * wk[i] + l1 * np.sign(wk[i])


@_compile
def _penalty_gradient_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _penalty_gradient, arguments)


@_compile
def _move_average(part, average, p, share):  # type: ignore[no-untyped-def]
    first, last = span(p.size, part, PIECE)
    average, p = average[first:last], p[first:last]
    for i in range(p.size):
        average[i] += share * (p[i] - average[i])


@_compile
def _move_average_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _move_average, arguments)


@_compile
def _limit_columns(part, w, limit):  # type: ignore[no-untyped-def]
    first, last = span(w.shape[1], part, PIECE)  # a thread has columns of its own
    squares = np.zeros(last - first, w.dtype)
    for i in range(w.shape[0]):
        row = w[i, first:last]
        for j in range(row.size):
            squares[j] += row[j] * row[j]
    factors = np.empty_like(squares)
    is_long = False
    for j in range(squares.size):
        norm = np.sqrt(squares[j])
        factors[j] = limit / norm if norm > limit else 1
        is_long |= norm > limit
    if is_long:
        for i in range(w.shape[0]):
            row = w[i, first:last]
            for j in range(row.size):
                row[j] *= factors[j]


@_compile
def _limit_columns_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _limit_columns, arguments)


@_compile
def _sgd(part, p, g, offsets, rate):  # type: ignore[no-untyped-def]
    for k in range(len(offsets)):
        own = _own(offsets, k, part)
        pk, gk = p[own], g[own]
        for i in range(pk.size):
            pk[i] -= rate * gk[i]


@_compile
def _sgd_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _sgd, arguments)


@_compile
def _momentum(part, p, g, v, offsets, rate, mu, nesterov):  # type: ignore[no-untyped-def]
    for k in range(len(offsets)):
        own = _own(offsets, k, part)
        pk, gk, vk = p[own], g[own], v[own]
        for i in range(pk.size):
            u = mu * vk[i] + gk[i]
            vk[i] = u
            pk[i] -= rate * (gk[i] + mu * u if nesterov else u)


@_compile
def _momentum_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _momentum, arguments)


@_compile_update
def _adagrad(part, p, g, s, offsets, rate, epsilon):  # type: ignore[no-untyped-def]
    for k in range(len(offsets)):
        own = _own(offsets, k, part)
        pk, gk, sk = p[own], g[own], s[own]
        for i in range(pk.size):
            u = sk[i] + gk[i] * gk[i]
            sk[i] = u
            pk[i] -= rate * gk[i] / (np.sqrt(u) + epsilon)


@_compile
def _adagrad_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _adagrad, arguments)


@_compile
def _lion(part, p, g, m, offsets, rate, beta1, rest1, beta2, rest2):  # type: ignore[no-untyped-def]
    for k in range(len(offsets)):
        own = _own(offsets, k, part)
        pk, gk, mk = p[own], g[own], m[own]
        for i in range(pk.size):
            pk[i] -= rate * np.sign(beta1 * mk[i] + rest1 * gk[i])
            mk[i] = beta2 * mk[i] + rest2 * gk[i]


@_compile
def _lion_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _lion, arguments)


@_compile_update
def _rmsprop(part, p, g, s, offsets, rate, rho, rest, epsilon):  # type: ignore[no-untyped-def]
    for k in range(len(offsets)):
        own = _own(offsets, k, part)
        pk, gk, sk = p[own], g[own], s[own]
        for i in range(pk.size):
            u = rho * sk[i] + rest * gk[i] * gk[i]
            sk[i] = u
            pk[i] -= rate * gk[i] / (np.sqrt(u) + epsilon)


@_compile
def _rmsprop_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _rmsprop, arguments)


@_compile_update
def _adam(part, p, g, m, v, offsets, rate, beta1, rest1, beta2, rest2, epsilon):  # type: ignore[no-untyped-def]
    for k in range(len(offsets)):
        own = _own(offsets, k, part)
        pk, gk, mk, vk = p[own], g[own], m[own], v[own]
        for i in range(pk.size):
            momentum = beta1 * mk[i] + rest1 * gk[i]
            square = beta2 * vk[i] + rest2 * gk[i] * gk[i]
            mk[i] = momentum
            vk[i] = square
            pk[i] -= rate * momentum / (np.sqrt(square) + epsilon)


@_compile
def _adam_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _adam, arguments)


def add_penalty_gradient(
    parameters: NamedVector, gradients: NamedVector, l1: float, l2: float
) -> None:
    """Override `penalties.add_penalty_gradient`."""
    w, g = parameters.weights, gradients.weights
    number, offsets = w.dtype.type, parameters.weight_offsets
    _penalty_gradient_in_parts(_team(w), w, number(l1), number(l2), g, offsets)


def move_average(average: FloatArray, parameters: NamedVector, share: float) -> None:
    """Override `averaging.move_average`."""
    p = parameters.vector
    _move_average_in_parts(_team(p), average, p, p.dtype.type(share))


def limit_norms(parameters: NamedVector, limit: float) -> None:
    """Override `max_norm.limit_norms`."""
    for w in parameters.values():
        if w.ndim == 2:
            _limit_columns_in_parts(_team(w), w, w.dtype.type(limit))


def sgd(
    rule: SGD, parameters: NamedVector, gradients: NamedVector, state: State, rate: float, t: int
) -> None:
    """Override `SGD.step`."""
    p, g, offsets = parameters.vector, gradients.vector, parameters.offsets
    _sgd_in_parts(_team(p), p, g, offsets, p.dtype.type(rate))


def momentum(
    rule: Momentum,
    parameters: NamedVector,
    gradients: NamedVector,
    state: State,
    rate: float,
    t: int,
) -> None:
    """Override `Momentum.step`."""
    p, g, offsets = parameters.vector, gradients.vector, parameters.offsets
    number = p.dtype.type
    factors = number(rate), number(rule.mu), rule.nesterov
    _momentum_in_parts(_team(p), p, g, state["v"], offsets, *factors)


def adagrad(
    rule: Adagrad,
    parameters: NamedVector,
    gradients: NamedVector,
    state: State,
    rate: float,
    t: int,
) -> None:
    """Override `Adagrad.step`."""
    p, g, offsets = parameters.vector, gradients.vector, parameters.offsets
    factors = p.dtype.type(rate), p.dtype.type(rule.epsilon)
    _adagrad_in_parts(_team(p), p, g, state["s"], offsets, *factors)


def rmsprop(
    rule: RMSProp,
    parameters: NamedVector,
    gradients: NamedVector,
    state: State,
    rate: float,
    t: int,
) -> None:
    """Override `RMSProp.step`."""
    p, g, offsets = parameters.vector, gradients.vector, parameters.offsets
    number = p.dtype.type
    factors = number(rate), number(rule.rho), number(1 - rule.rho), number(rule.epsilon)
    _rmsprop_in_parts(_team(p), p, g, state["s"], offsets, *factors)


def adam(
    rule: Adam, parameters: NamedVector, gradients: NamedVector, state: State, rate: float, t: int
) -> None:
    """Override `Adam.step`; the bias corrections are scalars, as in `in_place.updates.adam`."""
    p, g, offsets = parameters.vector, gradients.vector, parameters.offsets
    number, beta1, beta2 = p.dtype.type, rule.beta1, rule.beta2
    c = math.sqrt(1 - beta2**t)
    _adam_in_parts(
        _team(p), p, g, state["m"], state["v"], offsets,
        number(rate * c / (1 - beta1**t)), number(beta1), number(1 - beta1),
        number(beta2), number(1 - beta2), number(c * rule.epsilon),
    )  # fmt: skip


def lion(
    rule: Lion, parameters: NamedVector, gradients: NamedVector, state: State, rate: float, t: int
) -> None:
    """Override `Lion.step`."""
    p, g, offsets = parameters.vector, gradients.vector, parameters.offsets
    number, beta1, beta2 = p.dtype.type, rule.beta1, rule.beta2
    factors = number(beta1), number(1 - beta1), number(beta2), number(1 - beta2)
    _lion_in_parts(_team(p), p, g, state["m"], offsets, number(rate), *factors)


def _team(vector: FloatArray) -> int:
    """Return the team of threads for a vector; 0 (no team) for a small one."""
    return held.team if vector.size >= SMALL else 0
