"""The formulas in NumPy without temporary arrays: each result is written with `out=`.

A training step with these functions allocates nothing. Each function that overrides a method names
it in its docstring; the formula is there.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray, Scratch
from byhand.network.activations import GELU_CUBIC, GELU_SCALE, Activation
from byhand.network.layers import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, PlacedLayer
from byhand.network.layers.batch_norm import BatchNormBuffers
from byhand.network.layers.dense import DenseBuffers
from byhand.network.layers.dropout import DropoutBuffers
from byhand.network.layers.input import InputBuffers
from byhand.network.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Huber,
    LossBuffers,
    SquaredError,
)
from byhand.network.parameters import NamedVector
from byhand.training import penalties
from byhand.training.optimizers import SGD, Adam, Momentum, RMSProp, State

REMEMBERED = 64
"""Number of small constant arrays to cache, so that a step does not create them again."""

# --- the input ----------------------------------------------------------------------------------


def scale(layer: InputLayer, x: Array, buffers: InputBuffers) -> None:
    """Override `InputLayer.forward`."""
    out = buffers.y
    out[...] = x  # converting first and then multiplying is faster than a ufunc that does both
    out *= layer.factor
    if layer.offset is not None:
        out -= layer.offset


def gather(layer: InputLayer, source: Array, rows: IntArray, buffers: InputBuffers) -> None:
    """Override `InputLayer.gather`."""
    source.take(rows, axis=0, out=buffers.raw, mode="clip")  # "raise" would buffer the output
    scale(layer, buffers.raw, buffers)


# --- activations --------------------------------------------------------------------------------

# Each function writes f(z), or f'(z), to `out`; some use scratch arrays of the buffers.


def activate(activation: Activation, buffers: Any) -> None:
    """Write A = f(Z)."""
    z, a = buffers.z, buffers.y
    if activation.name == "leaky_relu":
        np.multiply(z, activation.slope or 0, out=a)
        np.maximum(z, a, out=a)
    elif activation.name in VALUES:
        VALUES[activation.name](z, a, buffers)
    else:
        a[:] = activation.function(z)


def activation_backward(activation: Activation, buffers: Any) -> None:
    """Write dZ = dA * f'(Z)."""
    dA, z, a, dz = buffers.dy, buffers.z, buffers.y, buffers.dz
    if activation.name == "leaky_relu":
        np.greater(z, 0, out=dz)
        dz *= 1 - (activation.slope or 0)
        dz += activation.slope
        dz *= dA
    elif activation.name == "softmax":
        softmax_backward(dA, a, dz, buffers)
    elif activation.name in DERIVATIVES:
        DERIVATIVES[activation.name](z, a, dz, buffers)
        dz *= dA
    else:
        dz[:] = activation.backward(dA, z, a)


def identity(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write identity(z)."""
    np.copyto(out, z)


def identity_prime(z: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write f'(z) of identity."""
    out.fill(1)


def relu(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write relu(z)."""
    # NumPy's maximum of two arrays is three times as fast as that of an array and a number.
    np.maximum(z, buffers.scratch("zeros", z), out=out)


def relu_prime(z: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write f'(z) of relu."""
    np.greater(z, 0, out=out)


def sigmoid(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write sigmoid(z)."""
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5


def sigmoid_prime(z: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write f'(z) of sigmoid."""
    np.subtract(1, a, out=out)
    out *= a


def tanh(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write tanh(z)."""
    np.tanh(z, out=out)


def tanh_prime(z: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write f'(z) of tanh."""
    np.multiply(a, a, out=out)
    np.subtract(1, out, out=out)


def softplus(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write softplus(z)."""
    np.logaddexp(z, 0, out=out)


def softplus_prime(z: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write f'(z) of softplus."""
    sigmoid(z, out, buffers)


def elu(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write elu(z)."""
    np.minimum(z, 0, out=out)
    np.expm1(out, out=out)
    np.maximum(z, out, out=out)


def elu_prime(z: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write f'(z) of elu."""
    np.minimum(a, 0, out=out)
    out += 1


def swish(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write swish(z)."""
    sigmoid(z, out, buffers)
    out *= z


def swish_prime(z: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write f'(z) of swish."""
    scratch = buffers.scratch("activation", z)
    sigmoid(z, out, buffers)
    np.subtract(1, a, out=scratch)
    out *= scratch
    out += a


def _gelu_tanh(z: FloatArray, out: FloatArray) -> None:
    np.multiply(z, z, out=out)
    out *= GELU_CUBIC
    out += 1
    out *= z
    out *= GELU_SCALE
    np.tanh(out, out=out)


def gelu(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write gelu(z)."""
    _gelu_tanh(z, out)
    out += 1
    out *= z
    out *= 0.5


def gelu_prime(z: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write f'(z) of gelu."""
    scratch = buffers.scratch("activation", z)
    np.multiply(z, z, out=scratch)
    scratch *= 3 * GELU_CUBIC
    scratch += 1
    scratch *= GELU_SCALE
    scratch *= z  # z u'
    _gelu_tanh(z, out)
    np.subtract(1, out, out=out)  # 1 - t
    scratch *= out
    scratch += 1
    np.subtract(2, out, out=out)  # 1 + t
    out *= scratch
    out *= 0.5


def softmax(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write softmax(z)."""
    # NumPy's reductions are only fast along a long axis, so they run on a copy with K rows.
    scratch = buffers.scratch("activation", z)
    columns, row = scratch.reshape(z.shape[::-1]), out.reshape(-1)[: len(z)]
    np.copyto(columns, z.T)
    np.maximum.reduce(columns, axis=0, out=row)
    columns -= row
    np.exp(columns, out=columns)
    np.add.reduce(columns, axis=0, out=row)
    columns /= row
    np.copyto(out, columns.T)


def softmax_backward(dA: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write dZ = a (dA - sum_j dA_j a_j)."""
    row = buffers.scratch("activation", a)[:, :1]
    np.multiply(dA, a, out=out)
    np.add.reduce(out, axis=-1, keepdims=True, out=row)
    np.subtract(dA, row, out=out)
    out *= a


VALUES = {
    "identity": identity,
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softplus": softplus,
    "elu": elu,
    "swish": swish,
    "gelu": gelu,
    "softmax": softmax,
}
DERIVATIVES = {
    "identity": identity_prime,
    "relu": relu_prime,
    "sigmoid": sigmoid_prime,
    "tanh": tanh_prime,
    "softplus": softplus_prime,
    "elu": elu_prime,
    "swish": swish_prime,
    "gelu": gelu_prime,
}


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
    np.dot(buffers.x, W, out=buffers.z)
    buffers.z += b
    activate(layer.activation, buffers)


def dense_backward(
    layer: DenseLayer, placed: PlacedLayer, buffers: DenseBuffers, dx: FloatArray | None
) -> None:
    """Override `DenseLayer.backward`."""
    activation_backward(layer.activation, buffers)
    dense_backward_from_dz(layer, placed, buffers, dx)


def dense_backward_from_dz(
    layer: DenseLayer, placed: PlacedLayer, buffers: DenseBuffers, dx: FloatArray | None
) -> None:
    """Override `DenseLayer.backward_from_dz`."""
    (W, _), (dW, db) = placed.parameters, placed.gradients
    column_sums(buffers.dz, db)
    np.dot(buffers.x.T, buffers.dz, out=dW)
    if dx is not None:
        np.dot(buffers.dz, W.T, out=dx)


def drop(layer: DropoutLayer, buffers: DropoutBuffers) -> None:
    """Override `DropoutLayer.drop`."""
    np.greater_equal(buffers.random, layer.rate, out=buffers.mask)
    buffers.mask *= 1 / (1 - layer.rate)
    np.multiply(buffers.x, buffers.mask, out=buffers.y)


def batch_norm_forward(
    layer: BatchNormLayer,
    placed: PlacedLayer,
    buffers: BatchNormBuffers,
    training: bool,
    rng: np.random.Generator | None,
) -> None:
    """Override `BatchNormLayer.forward`."""
    (gamma, beta), b = placed.parameters, buffers
    normalise(b, placed, layer.epsilon, training)
    np.multiply(b.normalised, gamma, out=b.z)
    b.z += beta
    activate(layer.activation, b)


def normalise(b: BatchNormBuffers, placed: PlacedLayer, epsilon: float, training: bool) -> None:
    """Write x^ = (X - mean) / sqrt(variance + epsilon)."""
    b.training = training
    if training:
        np.mean(b.x, axis=0, keepdims=True, out=b.mean)
        np.subtract(b.x, b.mean, out=b.normalised)
        squares = b.scratch("squares", b.x)
        np.multiply(b.normalised, b.normalised, out=squares)
        np.mean(squares, axis=0, keepdims=True, out=b.variance)
    else:
        b.mean[0], b.variance[0] = placed.statistics
        np.subtract(b.x, b.mean, out=b.normalised)
    np.add(b.variance, epsilon, out=b.deviation)
    np.sqrt(b.deviation, out=b.deviation)
    b.normalised /= b.deviation


def batch_norm_backward(
    layer: BatchNormLayer, placed: PlacedLayer, buffers: BatchNormBuffers, dx: FloatArray | None
) -> None:
    """Override `BatchNormLayer.backward`."""
    activation_backward(layer.activation, buffers)
    column_sums(buffers.dz, placed.gradients[1])
    batch_norm_backward_from_dz(placed, buffers, dx)


def batch_norm_backward_from_dz(
    placed: PlacedLayer, b: BatchNormBuffers, dx: FloatArray | None
) -> None:
    """Write dgamma and dX, computed from dZ and dbeta."""
    (gamma, _), (dgamma, dbeta) = placed.parameters, placed.gradients
    scratch = b.scratch("squares", b.x)
    np.multiply(b.dz, b.normalised, out=scratch)
    column_sums(scratch, dgamma)
    if dx is None:
        return
    if b.training:
        np.multiply(b.normalised, dgamma, out=scratch)
        scratch += dbeta
        scratch /= len(b.x)
        np.subtract(b.dz, scratch, out=dx)
    else:
        np.copyto(dx, b.dz)
    dx *= gamma
    dx /= b.deviation


def batch_norm_statistics(
    layer: BatchNormLayer, placed: PlacedLayer, buffers: BatchNormBuffers
) -> None:
    """Override `BatchNormLayer.update_statistics`."""
    mean, variance = placed.statistics
    n, change = len(buffers.x), buffers.scratch("change", mean)
    np.subtract(buffers.mean[0], mean, out=change)
    change *= layer.momentum
    mean += change
    np.multiply(buffers.variance[0], n / max(n - 1, 1), out=change)
    change -= variance
    change *= layer.momentum
    variance += change


def column_sums(dz: FloatArray, db: FloatArray) -> None:
    """Write db_j = sum_i dZ_ij as a product with ones: three times as fast as NumPy's sum."""
    np.dot(ones(len(dz), dz.dtype), dz, out=db)


# --- the loss -----------------------------------------------------------------------------------


def cross_entropy(
    loss: CategoricalCrossEntropy,
    z: FloatArray,
    a: FloatArray,
    targets: Array,
    buffers: LossBuffers,
    gradient: bool,
) -> None:
    """Override `CategoricalCrossEntropy.write`.

    A = softmax(Z) is already known, so no exponential is computed again: with the maximum z_m,
    a_m = 1 / sum_k exp(z_k - z_m), so log sum_k exp(z_k) = z_m - log a_m, where a_m >= 1/K cannot
    underflow.
    """
    n, classes = z.shape
    losses, predictions = buffers.losses, buffers.predictions
    at, picked = buffers.scratch("at", predictions), buffers.scratch("picked", losses)
    t = buffers.scratch("t", z)
    z.argmax(axis=1, out=predictions)
    np.add(row_starts(n, classes), predictions, out=at)  # flat index of each row's z_m
    a.take(at, out=losses, mode="clip")
    np.log(losses, out=losses)
    z.take(at, out=picked, mode="clip")
    np.subtract(picked, losses, out=losses)  # log sum exp

    smooth_onehot(classes, loss.label_smoothing, z.dtype).take(targets, axis=0, out=t, mode="clip")
    if gradient:
        np.subtract(a, t, out=buffers.grad)
    t *= z
    np.dot(t, ones(classes, z.dtype), out=picked)
    losses -= picked


def binary_cross_entropy(
    loss: BinaryCrossEntropy,
    z: FloatArray,
    a: FloatArray,
    targets: Array,
    buffers: LossBuffers,
    gradient: bool,
) -> None:
    """Override `BinaryCrossEntropy.write`."""
    smoothing, k = loss.label_smoothing, z.shape[1]
    t, scratch = buffers.scratch("t", z), buffers.scratch("error", z)
    np.multiply(targets, 1 - smoothing, out=t)
    t += smoothing / 2
    if gradient:
        np.subtract(a, t, out=buffers.grad)
        buffers.grad /= k
    np.logaddexp(z, 0, out=scratch)
    t *= z
    scratch -= t
    np.mean(scratch, axis=1, out=buffers.losses)
    predict_classes(a, buffers)


def squared_error(
    loss: SquaredError,
    z: FloatArray,
    a: FloatArray,
    targets: Array,
    buffers: LossBuffers,
    gradient: bool,
) -> None:
    """Override `SquaredError.write`."""
    error = buffers.scratch("error", z)
    np.subtract(a, targets, out=error)
    if gradient:
        np.multiply(error, 2 / z.shape[1], out=buffers.grad)
    error *= error
    np.mean(error, axis=1, out=buffers.losses)
    predict_classes(a, buffers)


def absolute_error(
    loss: AbsoluteError,
    z: FloatArray,
    a: FloatArray,
    targets: Array,
    buffers: LossBuffers,
    gradient: bool,
) -> None:
    """Override `AbsoluteError.write`."""
    error = buffers.scratch("error", z)
    np.subtract(a, targets, out=error)
    if gradient:
        np.sign(error, out=buffers.grad)
        buffers.grad /= z.shape[1]
    np.abs(error, out=error)
    np.mean(error, axis=1, out=buffers.losses)
    predict_classes(a, buffers)


def huber(
    loss: Huber,
    z: FloatArray,
    a: FloatArray,
    targets: Array,
    buffers: LossBuffers,
    gradient: bool,
) -> None:
    """Override `Huber.write`."""
    error, clipped = buffers.scratch("error", z), buffers.scratch("t", z)
    np.subtract(a, targets, out=error)
    np.clip(error, -loss.delta, loss.delta, out=clipped)
    if gradient:
        np.divide(clipped, z.shape[1], out=buffers.grad)
    # With c the clipped error, both branches are c (e - c / 2) = (2 e - c) c / 2.
    error *= 2
    error -= clipped
    error *= clipped
    error *= 0.5
    np.mean(error, axis=1, out=buffers.losses)
    predict_classes(a, buffers)


def predict_classes(a: FloatArray, buffers: LossBuffers) -> None:
    """Write the predicted class of each row."""
    if a.shape[1] == 1:
        np.greater(a[:, 0], 0.5, out=buffers.predictions)
    else:
        a.argmax(axis=1, out=buffers.predictions)


@lru_cache(REMEMBERED)
def ones(n: int, dtype: np.dtype[Any]) -> FloatArray:
    """Return a cached vector of n ones."""
    return np.ones(n, dtype)


@lru_cache(REMEMBERED)
def row_starts(n: int, columns: int) -> IntArray:
    """Return 0, K, 2K, ...: the flat index at which each row of an (n, K) array starts."""
    return np.arange(0, n * columns, columns, dtype=np.intp)


@lru_cache(REMEMBERED)
def smooth_onehot(classes: int, smoothing: float, dtype: np.dtype[Any]) -> FloatArray:
    """Return (1 - s) I + s / K: row y is the target for class y."""
    return ((1 - smoothing) * np.eye(classes) + smoothing / classes).astype(dtype)


# --- penalties and optimizer updates ------------------------------------------------------------


def add_penalty_gradient(
    parameters: NamedVector, gradients: NamedVector, l1: float, l2: float
) -> None:
    """Override `penalties.add_penalty_gradient`."""
    w, g = parameters.weights, gradients.weights
    scratch = parameters.scratch("update", parameters.vector)[: len(w)]
    if l2:
        np.multiply(w, l2, out=scratch)
        g += scratch
    if l1:
        np.sign(w, out=scratch)
        scratch *= l1
        g += scratch


def sgd(
    rule: SGD, parameters: NamedVector, gradients: NamedVector, state: State, rate: float, t: int
) -> None:
    """Override `SGD.step`."""
    scratch = parameters.scratch("update", parameters.vector)
    np.multiply(gradients.vector, rate, out=scratch)
    parameters.vector -= scratch


def momentum(
    rule: Momentum,
    parameters: NamedVector,
    gradients: NamedVector,
    state: State,
    rate: float,
    t: int,
) -> None:
    """Override `Momentum.step`."""
    g, v = gradients.vector, state["v"]
    scratch = parameters.scratch("update", parameters.vector)
    v *= rule.mu
    v += g
    if rule.nesterov:
        np.multiply(v, rule.mu, out=scratch)
        scratch += g
        scratch *= rate
    else:
        np.multiply(v, rate, out=scratch)
    parameters.vector -= scratch


def rmsprop(
    rule: RMSProp,
    parameters: NamedVector,
    gradients: NamedVector,
    state: State,
    rate: float,
    t: int,
) -> None:
    """Override `RMSProp.step`."""
    g, s = gradients.vector, state["s"]
    scratch = parameters.scratch("update", parameters.vector)
    np.multiply(g, g, out=scratch)
    scratch *= 1 - rule.rho
    s *= rule.rho
    s += scratch
    np.sqrt(s, out=scratch)
    scratch += rule.epsilon
    np.divide(g, scratch, out=scratch)
    scratch *= rate
    parameters.vector -= scratch


def adam(
    rule: Adam, parameters: NamedVector, gradients: NamedVector, state: State, rate: float, t: int
) -> None:
    """Override `Adam.step`.

    The two bias corrections are scalars, so they move out of the arrays, as section 2 of the paper
    suggests: with c = sqrt(1 - beta2^t), sqrt(v^) + epsilon = (sqrt(v) + c epsilon) / c.
    """
    g, m, v = gradients.vector, state["m"], state["v"]
    scratch = parameters.scratch("update", parameters.vector)
    c = math.sqrt(1 - rule.beta2**t)
    np.multiply(g, 1 - rule.beta1, out=scratch)
    m *= rule.beta1
    m += scratch
    np.multiply(g, g, out=scratch)
    scratch *= 1 - rule.beta2
    v *= rule.beta2
    v += scratch
    np.sqrt(v, out=scratch)
    scratch += c * rule.epsilon
    np.divide(m, scratch, out=scratch)
    scratch *= rate * c / (1 - rule.beta1**t)
    parameters.vector -= scratch


OVERRIDES: dict[tuple[Any, str], Any] = {
    (InputLayer, "forward"): scale,
    (InputLayer, "gather"): gather,
    (DenseLayer, "forward"): dense_forward,
    (DenseLayer, "backward"): dense_backward,
    (DenseLayer, "backward_from_dz"): dense_backward_from_dz,
    (DropoutLayer, "drop"): drop,
    (BatchNormLayer, "forward"): batch_norm_forward,
    (BatchNormLayer, "backward"): batch_norm_backward,
    (BatchNormLayer, "update_statistics"): batch_norm_statistics,
    (CategoricalCrossEntropy, "write"): cross_entropy,
    (BinaryCrossEntropy, "write"): binary_cross_entropy,
    (SquaredError, "write"): squared_error,
    (AbsoluteError, "write"): absolute_error,
    (Huber, "write"): huber,
    (penalties, "add_penalty_gradient"): add_penalty_gradient,
    (SGD, "step"): sgd,
    (Momentum, "step"): momentum,
    (RMSProp, "step"): rmsprop,
    (Adam, "step"): adam,
}
