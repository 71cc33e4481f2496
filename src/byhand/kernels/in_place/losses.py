"""Losses in place: overrides of `byhand.network.losses`."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.kernels.in_place.constants import ones, row_starts, smooth_onehot
from byhand.network.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Huber,
    LossBuffers,
    SquaredError,
)


def cross_entropy(
    loss: CategoricalCrossEntropy,
    z: FloatArray,
    a: FloatArray,
    targets: Array,
    buffers: LossBuffers,
    gradient: bool,
) -> None:
    """Override `CategoricalCrossEntropy.write`.

    A = softmax(Z) is already known, so no exponential is computed again: the largest logit z_m has
    a_m = 1 / sum_k exp(-d_k), so log sum_k exp(-d_k) = -log a_m, where a_m >= 1/K cannot underflow.
    """
    n, classes = z.shape
    losses, predictions = buffers.losses, buffers.predictions
    at, largest = buffers.scratch("at", predictions), buffers.scratch("largest", losses)
    t, d = buffers.scratch("t", z), buffers.scratch("error", z)
    z.argmax(axis=1, out=predictions)
    np.add(row_starts(n, classes), predictions, out=at)  # flat index of each row's z_m
    a.take(at, out=losses, mode="clip")
    np.log(losses, out=losses)
    z.take(at, out=largest, mode="clip")
    np.subtract(largest[:, None], z, out=d)

    smooth_onehot(classes, loss.label_smoothing, z.dtype).take(targets, axis=0, out=t, mode="clip")
    if gradient:
        np.subtract(a, t, out=buffers.grad)
    t *= d
    np.dot(t, ones(classes, z.dtype), out=largest)
    np.subtract(largest, losses, out=losses)


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


OVERRIDES: dict[tuple[Any, str], Any] = {
    (CategoricalCrossEntropy, "write"): cross_entropy,
    (BinaryCrossEntropy, "write"): binary_cross_entropy,
    (SquaredError, "write"): squared_error,
    (AbsoluteError, "write"): absolute_error,
    (Huber, "write"): huber,
}
