"""The inner loops of `reference`, each as one fused loop compiled with Numba.

Same names, same signatures, equal to rounding. One thread on purpose: a second pool of threads
beside the BLAS's own would fight it for the cores. `error_model="numpy"` matters: Python's check
for division by zero keeps a loop from being vectorised. Exponentials stay with NumPy, whose
vectorised ones are faster than the scalar ones a compiled loop would call.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from byhand.arrays import Array, FloatArray, IndexArray, IntArray
from byhand.kernels import reference
from byhand.kernels.reference import Scale

if TYPE_CHECKING:
    from byhand.network.activations import Activation


# Reassociation and contraction let sums be vectorised; NaN and infinity keep their meaning.
FAST = frozenset({"reassoc", "contract", "arcp", "nsz"})

# A division becomes an estimate of the reciprocal and a step of Newton's method, which is right
# to the last bits but makes NaN of infinity. For an optimizer that is no loss: its result is
# no number either way, and training stops.
FASTER = FAST | {"ninf"}


def _compile(function: Callable[..., None], fast: frozenset[str] = FAST) -> Any:
    return numba.njit(function, cache=True, fastmath=set(fast), error_model="numpy", nogil=True)


_compile_update = partial(_compile, fast=FASTER)


# --- the input ----------------------------------------------------------------------------------


@_compile
def _scale_by_number(x, factor, out):  # type: ignore[no-untyped-def]
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] * factor


@_compile
def _gather_by_number(source, rows, factor, out):  # type: ignore[no-untyped-def]
    n = rows.shape[0]
    touched = 0
    if n and rows[n - 1] - rows[0] != n - 1:
        # Rows far apart: touching each first, line by line, lets the waits for memory overlap.
        for i in range(n):
            for j in range(0, source.shape[1], 64):
                touched += source[rows[i], j] != 0
    for i in range(n):
        row = source[rows[i]]
        for j in range(row.shape[0]):
            out[i, j] = row[j] * factor
    return touched  # used, so that the compiler keeps the first loop


_PLAIN = frozenset("?bBhHiIlLqQfd")


def _is_plain(x: Array) -> bool:
    """Whether Numba reads this type right: it takes numbers of foreign byte order for native."""
    return x.dtype.char in _PLAIN and x.dtype.isnative


def scale(x: Array, factor: Scale, offset: Scale | None, out: FloatArray) -> None:
    """See `reference.scale`."""
    if offset is None and isinstance(factor, float) and _is_plain(x):
        _scale_by_number(x, out.dtype.type(factor), out)
    else:
        reference.scale(x, factor, offset, out)


def gather(
    source: Array, rows: IntArray, factor: Scale, offset: Scale | None, raw: Array, out: FloatArray
) -> None:
    """See `reference.gather`."""
    if offset is None and isinstance(factor, float) and _is_plain(source):
        _gather_by_number(source, rows, out.dtype.type(factor), out)
    else:
        reference.gather(source, rows, factor, offset, raw, out)


# --- bias and activation ------------------------------------------------------------------------


@_compile
def _bias_leaky_relu(z, b, slope, a):  # type: ignore[no-untyped-def]
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            v = z[i, j] + b[j]
            z[i, j] = v
            a[i, j] = v if v > 0 else slope * v


@_compile
def _leaky_relu_gradient(grad, z, slope, dz, db):  # type: ignore[no-untyped-def]
    db[:] = 0
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            d = grad[i, j] if z[i, j] > 0 else slope * grad[i, j]
            dz[i, j] = d
            db[j] += d


@_compile
def _bias_less_maximum(z, b, a):  # type: ignore[no-untyped-def]
    for i in range(z.shape[0]):
        largest = z[i, 0] + b[0]
        for j in range(z.shape[1]):
            v = z[i, j] + b[j]
            z[i, j] = v
            largest = max(largest, v)
        for j in range(z.shape[1]):
            a[i, j] = z[i, j] - largest


@_compile
def _divide_by_row_sums(a):  # type: ignore[no-untyped-def]
    for i in range(a.shape[0]):
        total = a.dtype.type(0)
        for j in range(a.shape[1]):
            total += a[i, j]
        for j in range(a.shape[1]):
            a[i, j] /= total


def bias_activation(
    z: FloatArray, b: FloatArray, activation: Activation, a: FloatArray, scratch: FloatArray
) -> None:
    """See `reference.bias_activation`."""
    if activation.slope is not None:
        _bias_leaky_relu(z, b, z.dtype.type(activation.slope), a)
    elif activation.name == "softmax":
        _bias_less_maximum(z, b, a)
        np.exp(a, out=a)
        _divide_by_row_sums(a)
    else:
        reference.bias_activation(z, b, activation, a, scratch)


def activation_gradient(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    activation: Activation,
    dz: FloatArray,
    db: FloatArray,
    scratch: FloatArray,
) -> None:
    """See `reference.activation_gradient`."""
    if activation.slope is not None:
        _leaky_relu_gradient(grad, z, z.dtype.type(activation.slope), dz, db)
    else:
        reference.activation_gradient(grad, z, a, activation, dz, db, scratch)


@_compile
def column_sums(dz, db):  # type: ignore[no-untyped-def]
    """See `reference.column_sums`."""
    db[:] = 0
    for i in range(dz.shape[0]):
        for j in range(dz.shape[1]):
            db[j] += dz[i, j]


# --- softmax and cross-entropy ------------------------------------------------------------------


@_compile
def _softmax_cross_entropy(z, a, labels, smoothing, losses, predictions, dz):  # type: ignore[no-untyped-def]
    classes = z.shape[1]
    for i in range(z.shape[0]):
        best = 0
        mean = z.dtype.type(0)
        for j in range(classes):
            mean += z[i, j]
            if z[i, j] > z[i, best]:
                best = j
        target = (1 - smoothing) * z[i, labels[i]] + smoothing * mean / classes
        losses[i] = z[i, best] - np.log(a[i, best]) - target
        predictions[i] = best
        if dz is not None:  # settled when it is compiled, once for each case
            for j in range(classes):
                dz[i, j] = a[i, j] - smoothing / classes
            dz[i, labels[i]] -= 1 - smoothing


def softmax_cross_entropy(
    z: FloatArray,
    a: FloatArray,
    labels: IntArray,
    smoothing: float,
    losses: FloatArray,
    predictions: IndexArray,
    dz: FloatArray | None,
    at: IntArray,
    picked: FloatArray,
    t: FloatArray,
) -> None:
    """See `reference.softmax_cross_entropy`."""
    _softmax_cross_entropy(z, a, labels, z.dtype.type(smoothing), losses, predictions, dz)


# --- dropout ------------------------------------------------------------------------------------


@_compile
def _dropout(x, random, rate, keep, mask, out):  # type: ignore[no-untyped-def]
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            mask[i, j] = keep if random[i, j] >= rate else 0
            out[i, j] = x[i, j] * mask[i, j]


def dropout(
    x: FloatArray, random: FloatArray, rate: float, mask: FloatArray, out: FloatArray
) -> None:
    """See `reference.dropout`."""
    number = x.dtype.type
    _dropout(x, random, number(rate), number(1 / (1 - rate)), mask, out)


# --- penalties ----------------------------------------------------------------------------------


@_compile
def _penalty_gradient(w, l1, l2, g):  # type: ignore[no-untyped-def]
    for i in range(w.size):
        g[i] += l2 * w[i] + l1 * np.sign(w[i])


def penalty_gradient(
    w: FloatArray,
    l1: float,
    l2: float,
    g: FloatArray,
    scratch: FloatArray,
) -> None:
    """See `reference.penalty_gradient`."""
    number = w.dtype.type
    _penalty_gradient(w, number(l1), number(l2), g)


# --- optimizer updates --------------------------------------------------------------------------


@_compile
def _sgd(p, g, rate):  # type: ignore[no-untyped-def]
    for i in range(p.size):
        p[i] -= rate * g[i]


@_compile
def _momentum(p, g, v, rate, mu, nesterov):  # type: ignore[no-untyped-def]
    for i in range(p.size):
        u = mu * v[i] + g[i]
        v[i] = u
        p[i] -= rate * (g[i] + mu * u if nesterov else u)


@_compile_update
def _rmsprop(p, g, s, rate, rho, rest, epsilon):  # type: ignore[no-untyped-def]
    for i in range(p.size):
        u = rho * s[i] + rest * g[i] * g[i]
        s[i] = u
        p[i] -= rate * g[i] / (np.sqrt(u) + epsilon)


@_compile_update
def _adam(p, g, m, v, rate, beta1, rest1, beta2, rest2, unbias2, epsilon):  # type: ignore[no-untyped-def]
    for i in range(p.size):
        first = beta1 * m[i] + rest1 * g[i]
        second = beta2 * v[i] + rest2 * g[i] * g[i]
        m[i] = first
        v[i] = second
        p[i] -= rate * first / (np.sqrt(second * unbias2) + epsilon)


def sgd(p: FloatArray, g: FloatArray, rate: float, scratch: FloatArray) -> None:
    """See `reference.sgd`."""
    _sgd(p, g, p.dtype.type(rate))


def momentum(
    p: FloatArray,
    g: FloatArray,
    v: FloatArray,
    rate: float,
    mu: float,
    nesterov: bool,
    scratch: FloatArray,
) -> None:
    """See `reference.momentum`."""
    number = p.dtype.type
    _momentum(p, g, v, number(rate), number(mu), nesterov)


def rmsprop(
    p: FloatArray,
    g: FloatArray,
    s: FloatArray,
    rate: float,
    rho: float,
    epsilon: float,
    scratch: FloatArray,
) -> None:
    """See `reference.rmsprop`."""
    number = p.dtype.type
    _rmsprop(p, g, s, number(rate), number(rho), number(1 - rho), number(epsilon))


def adam(
    p: FloatArray,
    g: FloatArray,
    m: FloatArray,
    v: FloatArray,
    rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    step: int,
    scratch: FloatArray,
) -> None:
    """See `reference.adam`."""
    number = p.dtype.type
    _adam(
        p,
        g,
        m,
        v,
        number(rate / (1 - beta1**step)),
        number(beta1),
        number(1 - beta1),
        number(beta2),
        number(1 - beta2),
        number(1 / (1 - beta2**step)),
        number(epsilon),
    )


def _announce_first_compilation() -> None:
    """Say that kernels will be compiled, where the cache on disk holds none yet."""
    folder = Path(_sgd.stats.cache_path)
    if not any(folder.glob("compiled.*.nbi")):
        print(  # noqa: T201 - a wait of some seconds must not be silent
            f"byhand: compiling the fast kernels, once, into {folder} (about ten seconds)",
            file=sys.stderr,
        )


_announce_first_compilation()
