"""The input and the layers in place: overrides of `byhand.network.layers`."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.kernels.in_place.activations import activate, activation_backward
from byhand.kernels.in_place.constants import ones
from byhand.network.layers import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, PlacedLayer
from byhand.network.layers.batch_norm import BatchNormBuffers
from byhand.network.layers.dense import DenseBuffers
from byhand.network.layers.dropout import DropoutBuffers
from byhand.network.layers.pixel_scaling import InputBuffers

NEAR = 16
"""Number of deviations between 0 and a mean up to which float32 subtracts it without loss."""

_FLOAT64 = np.zeros(1)

# --- the input ----------------------------------------------------------------------------------


def scale(layer: InputLayer, x: Array, buffers: InputBuffers) -> None:
    """Override `InputLayer.forward`."""
    out = buffers.a
    # Converting first and then subtracting or multiplying is faster than a ufunc that does both.
    if layer.mean is None:
        out[...] = x
        out *= layer.factor
        if layer.offset is not None:
            out -= layer.offset
        return
    centred = out
    if not _is_near(layer.mean, layer.factor):
        centred = buffers.scratch("centred", np.broadcast_to(_FLOAT64, out.shape))
    centred[...] = x
    centred -= layer.mean
    np.multiply(centred, layer.factor, out=out)


def _is_near(mean: float | FloatArray, factor: float | FloatArray) -> bool:
    """Return whether float32 is precise enough to subtract a mean, as it usually is for images."""
    if not (isinstance(mean, float) and isinstance(factor, float)):
        return False
    return abs(mean) * factor < NEAR and 1e-30 < factor < 1e30


def gather(layer: InputLayer, source: Array, rows: IntArray, buffers: InputBuffers) -> None:
    """Override `InputLayer.gather`."""
    source.take(rows, axis=0, out=buffers.raw, mode="clip")  # "raise" would buffer the output
    scale(layer, buffers.raw, buffers)


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
    np.multiply(buffers.x, buffers.mask, out=buffers.a)


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
    """Write x_hat = (X - mean) / sqrt(variance + epsilon)."""
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
}
