"""The inner loops of `reference`, each as one fused loop compiled with Numba.

Same names, same signatures, equal to rounding. `error_model="numpy"` matters: Python's check for
division by zero keeps a loop from being vectorised. Exponentials stay with NumPy, whose
vectorised ones are faster than the scalar ones a compiled loop would call.

The loops that a run spends its time in are shared by the threads of `pool`, and so are the matrix
products between them (`products`) and the optimizers (`updates`), so that what one thread has
written mostly lies in its own core's cache when it reads it again. Such a loop takes first which
part it is to do, (part, parts), and beside it stands how it is shared: `_share_...(team, ...)`,
which without a team does all of it here.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import Array, FloatArray, IndexArray, IntArray
from byhand.kernels import reference
from byhand.kernels.machine import FAST, compile_kernel
from byhand.kernels.pool import SMALL, held, share, span
from byhand.kernels.products import product as product
from byhand.kernels.reference import Scale
from byhand.kernels.updates import adam as adam
from byhand.kernels.updates import momentum as momentum
from byhand.kernels.updates import penalty_gradient as penalty_gradient
from byhand.kernels.updates import rmsprop as rmsprop
from byhand.kernels.updates import sgd as sgd

if TYPE_CHECKING:
    from byhand.network.activations import Activation


_compile = partial(compile_kernel, fast=FAST)


# --- the input ----------------------------------------------------------------------------------


@_compile
def _scale_by_number(part, x, factor, out):  # type: ignore[no-untyped-def]
    first, last = span(len(x), part, 1)
    x, out = x[first:last], out[first:last]
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] * factor


@_compile
def _share_scale(team, *arguments):  # type: ignore[no-untyped-def]
    share(team, _scale_by_number, arguments)


@_compile
def _gather_by_number(part, source, rows, factor, out):  # type: ignore[no-untyped-def]
    first, last = span(len(rows), part, 1)
    rows, out = rows[first:last], out[first:last]
    n = len(rows)
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
    if touched < 0:  # never, but the compiler does not know and keeps the first loop
        out[:] = 0


@_compile
def _share_gather(team, *arguments):  # type: ignore[no-untyped-def]
    share(team, _gather_by_number, arguments)


_PLAIN = frozenset("?bBhHiIlLqQfd")


def _is_plain(x: Array) -> bool:
    """Whether Numba reads this type right: it takes numbers of foreign byte order for native."""
    return x.dtype.char in _PLAIN and x.dtype.isnative


def scale(x: Array, factor: Scale, offset: Scale | None, out: FloatArray) -> None:
    """See `reference.scale`."""
    if offset is None and isinstance(factor, float) and _is_plain(x):
        team = held.team if out.size >= SMALL else 0
        _share_scale(team, x, out.dtype.type(factor), out)
    else:
        reference.scale(x, factor, offset, out)


def gather(
    source: Array, rows: IntArray, factor: Scale, offset: Scale | None, raw: Array, out: FloatArray
) -> None:
    """See `reference.gather`."""
    if offset is None and isinstance(factor, float) and _is_plain(source):
        team = held.team if out.size >= SMALL else 0
        _share_gather(team, source, rows, out.dtype.type(factor), out)
    else:
        reference.gather(source, rows, factor, offset, raw, out)


# --- bias and activation ------------------------------------------------------------------------


@_compile
def _bias_leaky_relu(part, z, b, slope, a):  # type: ignore[no-untyped-def]
    first, last = span(len(z), part, 1)
    z, a = z[first:last], a[first:last]
    for i in range(len(z)):
        for j in range(len(b)):
            v = z[i, j] + b[j]
            z[i, j] = v
            a[i, j] = v if v > 0 else slope * v


@_compile
def _share_bias_leaky_relu(team, *arguments):  # type: ignore[no-untyped-def]
    share(team, _bias_leaky_relu, arguments)


@_compile
def _leaky_relu_gradient(part, grad, z, slope, dz, sums):  # type: ignore[no-untyped-def]
    first, last = span(len(z), part, 1)
    if first == last:
        return
    grad, z, dz, db = grad[first:last], z[first:last], dz[first:last], sums[first]
    db[:] = 0
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            d = grad[i, j] if z[i, j] > 0 else slope * grad[i, j]
            dz[i, j] = d
            db[j] += d


@_compile
def _share_leaky_relu_gradient(team, grad, z, slope, dz, db, sums):  # type: ignore[no-untyped-def]
    # Each part sums its rows into the first of them in `sums`.
    parts = share(team, _leaky_relu_gradient, (grad, z, slope, dz, sums))
    db[:] = 0
    for k in range(parts):
        first, last = span(len(z), (k, parts), 1)
        if first < last:
            for j in range(len(db)):
                db[j] += sums[first, j]


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
        team = held.team if z.size >= SMALL else 0
        _share_bias_leaky_relu(team, z, b, z.dtype.type(activation.slope), a)
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
        team = held.team if z.size >= SMALL else 0
        slope = z.dtype.type(activation.slope)
        _share_leaky_relu_gradient(team, grad, z, slope, dz, db, scratch)
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


def _announce_first_compilation() -> None:
    """Say that kernels will be compiled, where the cache on disk holds none yet."""
    folder = _share_gather.stats.cache_path
    if folder is None:
        told = (
            "in every process: there is nowhere to keep them. Set NUMBA_CACHE_DIR to a folder that "
            "can be written to, or BYHAND_KERNELS=numpy to do without"
        )
    elif any(Path(folder).glob("compiled.*.nbi")):
        return
    else:
        told = f"once, into {folder}"
    print(  # noqa: T201 - a wait of some seconds must not be silent
        f"byhand: compiling the fast kernels, about ten seconds, {told}", file=sys.stderr
    )


_announce_first_compilation()
