"""Inner loops compiled with Numba; whatever is not compiled is computed by `in_place`.

Without Numba this module is never imported: `byhand.backend` chooses between the two.

The threads of `parallel.pool` run the larger loops in parts. The first argument of such a loop is
the part to compute, (part, parts). The function `_..._in_parts(team, ...)` below a loop runs all
parts of it, in the calling thread if there is no team.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.augmentation import warp
from byhand.kernels import augmentation, updates
from byhand.kernels.in_place import layers
from byhand.kernels.in_place.activations import activate, activation_backward
from byhand.kernels.parallel.machine import FAST, compile_kernel
from byhand.kernels.parallel.pool import SMALL, held, run_in_parts, span
from byhand.kernels.sparse import product
from byhand.lazy_rows import is_lazy
from byhand.network.activations import Activation
from byhand.network.layers import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, PlacedLayer
from byhand.network.layers.batch_norm import BatchNormBuffers
from byhand.network.layers.dense import DenseBuffers
from byhand.network.layers.dropout import DropoutBuffers
from byhand.network.layers.pixel_scaling import InputBuffers
from byhand.network.losses import CategoricalCrossEntropy, LossBuffers
from byhand.training import averaging, max_norm, penalties
from byhand.training.optimizers import SGD, Adagrad, Adam, Lion, Momentum, RMSProp

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
def _scale_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _scale_by_number, arguments)


@_compile
def _gather_by_number(part, source, rows, factor, out):  # type: ignore[no-untyped-def]
    first, last = span(len(rows), part, 1)
    rows, out = rows[first:last], out[first:last]
    n = len(rows)
    touched = 0
    if n and rows[n - 1] - rows[0] != n - 1:
        # The rows are scattered: touching every cache line first lets the memory accesses overlap.
        for i in range(n):
            for j in range(0, source.shape[1], 64):
                touched += source[rows[i], j] != 0
    for i in range(n):
        row = source[rows[i]]
        for j in range(row.shape[0]):
            out[i, j] = row[j] * factor
    if touched < 0:  # never true, but the compiler cannot know and keeps the first loop
        out[:] = 0


@_compile
def _gather_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _gather_by_number, arguments)


@compile_kernel  # not fast: x * factor - mean * factor would lose digits
def _standardise(part, source, rows, mean, factor, out):  # type: ignore[no-untyped-def]
    # mean and factor have one number, or one for each column.
    first, last = span(len(rows), part, 1)
    rows, out = rows[first:last], out[first:last]
    columns = len(mean) > 1
    for i in range(len(rows)):
        row = source[rows[i]]
        if columns:
            for j in range(row.shape[0]):
                out[i, j] = (row[j] - mean[j]) * factor[j]
        else:
            for j in range(row.shape[0]):
                out[i, j] = (row[j] - mean[0]) * factor[0]


@_compile
def _standardise_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _standardise, arguments)


_PLAIN = frozenset("?bBhHiIlLqQfd")


def _is_plain(x: Array) -> bool:
    """Return whether Numba reads this type correctly: it ignores a foreign byte order."""
    return x.dtype.char in _PLAIN and x.dtype.isnative


def scale(layer: InputLayer, x: Array, buffers: InputBuffers) -> None:
    """Override `InputLayer.forward`."""
    out = buffers.a
    if layer.mean is layer.offset is None and isinstance(layer.factor, float) and _is_plain(x):
        team = held.team if out.size >= SMALL else 0
        _scale_in_parts(team, x, out.dtype.type(layer.factor), out)
    elif layer.mean is not None and _is_plain(x):
        _standardised(layer, x, np.arange(len(x)), out)
    else:
        layers.scale(layer, x, buffers)


def gather(layer: InputLayer, source: Array, rows: IntArray, buffers: InputBuffers) -> None:
    """Override `InputLayer.gather`."""
    out = buffers.a
    if is_lazy(source):  # compiled code reads arrays only
        scale(layer, source.take(rows, axis=0, out=buffers.raw, mode="clip"), buffers)
        return
    if layer.mean is layer.offset is None and isinstance(layer.factor, float) and _is_plain(source):
        team = held.team if out.size >= SMALL else 0
        _gather_in_parts(team, source, rows, out.dtype.type(layer.factor), out)
    elif layer.mean is not None and _is_plain(source):
        _standardised(layer, source, rows, out)
    else:
        layers.gather(layer, source, rows, buffers)


def _standardised(layer: InputLayer, source: Array, rows: IntArray, out: FloatArray) -> None:
    """Compute A0 of the given rows in one pass, in float64 up to the last rounding."""
    mean, factor = (np.ravel(np.asarray(one, np.float64)) for one in (layer.mean, layer.factor))
    _standardise_in_parts(held.team if out.size >= SMALL else 0, source, rows, mean, factor, out)


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
def _bias_leaky_relu_in_parts(team, *arguments):  # type: ignore[no-untyped-def]
    run_in_parts(team, _bias_leaky_relu, arguments)


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
def _leaky_relu_gradient_in_parts(team, grad, z, slope, dz, db, sums):  # type: ignore[no-untyped-def]
    # Each part adds its rows up in row `first` of `sums`.
    parts = run_in_parts(team, _leaky_relu_gradient, (grad, z, slope, dz, sums))
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


def bias_activation(b: FloatArray, activation: Activation, buffers: Any) -> None:
    """Write Z += b;  A = f(Z)."""
    z, a = buffers.z, buffers.a
    if activation.slope is not None:
        team = held.team if z.size >= SMALL else 0
        _bias_leaky_relu_in_parts(team, z, b, z.dtype.type(activation.slope), a)
    elif activation.name == "softmax":
        _bias_less_maximum(z, b, a)
        np.exp(a, out=a)
        _divide_by_row_sums(a)
    else:
        z += b
        activate(activation, buffers)


def activation_gradient(db: FloatArray, activation: Activation, buffers: Any) -> None:
    """Write dZ = dA * f'(Z);  db = sum over the rows of dZ."""
    if activation.slope is not None:
        z, dz = buffers.z, buffers.dz
        team = held.team if z.size >= SMALL else 0
        slope, sums = z.dtype.type(activation.slope), buffers.scratch("sums", z)
        _leaky_relu_gradient_in_parts(team, buffers.da, z, slope, dz, db, sums)
    else:
        activation_backward(activation, buffers)
        _column_sums(buffers.dz, db)


@_compile
def _column_sums(dz, db):  # type: ignore[no-untyped-def]
    db[:] = 0
    for i in range(dz.shape[0]):
        for j in range(dz.shape[1]):
            db[j] += dz[i, j]


# --- layers -------------------------------------------------------------------------------------


def dense_forward(
    layer: DenseLayer,
    placed: PlacedLayer,
    buffers: DenseBuffers,
    training: bool,
    rng: np.random.Generator | None,
) -> None:
    """Override `DenseLayer.forward`."""
    W, b = placed.parameters
    product(buffers.x, W, out=buffers.z)
    bias_activation(b, layer.activation, buffers)


def dense_backward(
    layer: DenseLayer, placed: PlacedLayer, buffers: DenseBuffers, dx: FloatArray | None
) -> None:
    """Override `DenseLayer.backward`."""
    activation_gradient(placed.gradients[1], layer.activation, buffers)
    _dense_products(placed, buffers, dx)


def dense_backward_from_dz(
    layer: DenseLayer, placed: PlacedLayer, buffers: DenseBuffers, dx: FloatArray | None
) -> None:
    """Override `DenseLayer.backward_from_dz`."""
    _column_sums(buffers.dz, placed.gradients[1])
    _dense_products(placed, buffers, dx)


def _dense_products(placed: PlacedLayer, buffers: DenseBuffers, dx: FloatArray | None) -> None:
    product(buffers.x.T, buffers.dz, out=placed.gradients[0])
    if dx is not None:
        product(buffers.dz, placed.parameters[0].T, out=dx)


def batch_norm_forward(
    layer: BatchNormLayer,
    placed: PlacedLayer,
    buffers: BatchNormBuffers,
    training: bool,
    rng: np.random.Generator | None,
) -> None:
    """Override `BatchNormLayer.forward`."""
    gamma, beta = placed.parameters
    layers.normalise(buffers, placed, layer.epsilon, training)
    np.multiply(buffers.normalised, gamma, out=buffers.z)
    bias_activation(beta, layer.activation, buffers)


def batch_norm_backward(
    layer: BatchNormLayer, placed: PlacedLayer, buffers: BatchNormBuffers, dx: FloatArray | None
) -> None:
    """Override `BatchNormLayer.backward`."""
    activation_gradient(placed.gradients[1], layer.activation, buffers)
    layers.batch_norm_backward_from_dz(placed, buffers, dx)


# --- softmax and cross-entropy ------------------------------------------------------------------


@_compile
def _softmax_cross_entropy(z, a, labels, smoothing, losses, predictions, dz):  # type: ignore[no-untyped-def]
    classes = z.shape[1]
    for i in range(z.shape[0]):
        best = 0
        for j in range(classes):
            if z[i, j] > z[i, best]:
                best = j
        # Distances from the largest logit: the sum of the logits themselves can overflow.
        distance = (1 - smoothing) * (z[i, best] - z[i, labels[i]])
        if smoothing > 0:
            for j in range(classes):
                distance += smoothing * ((z[i, best] - z[i, j]) / classes)
        losses[i] = distance - np.log(a[i, best])
        predictions[i] = best
        if dz is not None:  # resolved at compile time, with one version for each case
            for j in range(classes):
                dz[i, j] = a[i, j] - smoothing / classes
            dz[i, labels[i]] -= 1 - smoothing


def cross_entropy(
    loss: CategoricalCrossEntropy,
    z: FloatArray,
    a: FloatArray,
    targets: Array,
    buffers: LossBuffers,
    gradient: bool,
) -> None:
    """Override `CategoricalCrossEntropy.write`."""
    smoothing, dz = z.dtype.type(loss.label_smoothing), buffers.grad if gradient else None
    _softmax_cross_entropy(z, a, targets, smoothing, buffers.losses, buffers.predictions, dz)


# --- dropout ------------------------------------------------------------------------------------


@_compile
def _dropout(x, random, rate, keep, mask, out):  # type: ignore[no-untyped-def]
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            mask[i, j] = keep if random[i, j] >= rate else 0
            out[i, j] = x[i, j] * mask[i, j]


def drop(layer: DropoutLayer, buffers: DropoutBuffers) -> None:
    """Override `DropoutLayer.drop`."""
    number, rate = buffers.x.dtype.type, layer.rate
    keep = number(1 / (1 - rate))
    _dropout(buffers.x, buffers.random, number(rate), keep, buffers.mask, buffers.a)


OVERRIDES: dict[tuple[Any, str], Any] = {
    (InputLayer, "forward"): scale,
    (InputLayer, "gather"): gather,
    (DenseLayer, "forward"): dense_forward,
    (DenseLayer, "backward"): dense_backward,
    (DenseLayer, "backward_from_dz"): dense_backward_from_dz,
    (DropoutLayer, "drop"): drop,
    (BatchNormLayer, "forward"): batch_norm_forward,
    (BatchNormLayer, "backward"): batch_norm_backward,
    (CategoricalCrossEntropy, "write"): cross_entropy,
    (penalties, "add_penalty_gradient"): updates.add_penalty_gradient,
    (averaging, "move_average"): updates.move_average,
    (max_norm, "limit_norms"): updates.limit_norms,
    (SGD, "step"): updates.sgd,
    (Momentum, "step"): updates.momentum,
    (Adagrad, "step"): updates.adagrad,
    (RMSProp, "step"): updates.rmsprop,
    (Adam, "step"): updates.adam,
    (Lion, "step"): updates.lion,
    (warp, "warp"): augmentation.warp,
}


def _announce_first_compilation() -> None:
    """Print that kernels will be compiled, unless they are in the cache on disk."""
    folder = _gather_in_parts.stats.cache_path
    if folder is None:
        when = (
            "in every process, because no folder to cache them in is writable. Set NUMBA_CACHE_DIR "
            "to a writable folder, or BYHAND_KERNELS=numpy to run without them"
        )
    elif any(Path(folder).glob("compiled.*.kernel")):
        return
    else:
        when = f"once, into {folder}"
    print(  # noqa: T201 - a wait of several seconds must not be silent
        f"byhand: compiling the fast kernels, about ten seconds, {when}", file=sys.stderr
    )


_announce_first_compilation()
