"""Activations in place: f(z) and f'(z) of `byhand.network.activations`, without temporary arrays.

Each function writes into `out`; the buffers have scratch for those that need it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.arrays import FloatArray, Scratch
from byhand.network.activations import GELU_CUBIC, GELU_SCALE, MOST_EXPONENT, Activation


def activate(activation: Activation, buffers: Any) -> None:
    """Write A = f(Z)."""
    z, a = buffers.z, buffers.a
    if activation.name == "leaky_relu":
        np.multiply(z, activation.slope or 0, out=a)
        np.maximum(z, a, out=a)
    elif activation.name in VALUES:
        VALUES[activation.name](z, a, buffers)
    else:
        a[:] = activation.function(z)


def activation_backward(activation: Activation, buffers: Any) -> None:
    """Write dZ = dA * f'(Z)."""
    dA, z, a, dz = buffers.da, buffers.z, buffers.a, buffers.dz
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


def exponential(z: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write exp(z)."""
    np.minimum(z, MOST_EXPONENT, out=out)
    np.exp(out, out=out)


def exponential_prime(z: FloatArray, a: FloatArray, out: FloatArray, buffers: Scratch) -> None:
    """Write f'(z) of exp."""
    np.copyto(out, a)


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
    "exp": exponential,
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
    "exp": exponential_prime,
}
