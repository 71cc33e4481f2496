"""8-bit weights and activations: integers times a step.

Each unit's weights are stored as integers, with one step for the unit:

    step_j = max_i |W_ij| / 127
    Q_ij   = round(W_ij / step_j)

When the layer computes, its inputs are rounded in the same way for each example, and the sum is a
sum of integers, which any microcontroller computes without error:

    unit = max_i |x_i| / 127,   q_i = round(x_i / unit)
    z_j  = (sum_i q_i Q_ij) * (unit * step_j) + b_j

`predict_int8` does the same in NumPy, in the same order and precision as the C file.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError
from byhand.interop.export.program import Dense, Int8Dense, LayerNorm, Program, Scale, program_of
from byhand.network.losses import predicted_classes
from byhand.network.network import Network

LEVELS = 127
"""Largest integer; -128 is not used, so that both signs have the same range."""

SMALLEST_UNIT = 1.2e-38
"""Smallest unit or step; numbers of smaller ones count as 0. Float32 loses digits below it."""

MOST_INPUTS = (2**31 - 1) // LEVELS**2
"""Largest number of inputs of a layer whose sums fit into 32 bits."""


def quantised(program: Program) -> Program:
    """Return the program with its dense layers in integers.

    Raises:
        ArgumentError: a layer has so many inputs that sums could exceed 32 bits.
    """
    return replace(
        program,
        steps=tuple(
            _quantised_layer(step) if isinstance(step, Dense) else step for step in program.steps
        ),
    )


def _quantised_layer(layer: Dense) -> Int8Dense:
    if len(layer.W) > MOST_INPUTS:
        raise ArgumentError(
            f"int8 sums of {len(layer.W):,} inputs can exceed 32 bits; the limit is "
            f"{MOST_INPUTS:,} inputs. Export without int8."
        )
    largest = np.abs(layer.W).max(axis=0)
    step = largest / LEVELS
    step = np.where(step < SMALLEST_UNIT, 1, step).astype(layer.W.dtype)
    Q = np.rint(layer.W / step).T.astype(np.int8)
    return Int8Dense(layer.number, layer.activation, np.ascontiguousarray(Q), step, layer.b)


def predict_int8(program: Program, x: Array) -> FloatArray:
    """Return the outputs (n, units) of a quantised program for raw inputs x (n, units)."""
    first, dtype = program.input, program.dtype.type
    rows = first.rows(x)
    A: FloatArray
    if first.mean is not None:
        A = ((rows.astype(np.float64) - first.mean) * first.factor).astype(dtype)
    else:
        A = rows.astype(dtype) * dtype(first.factor)
    for step in program.steps:
        if isinstance(step, Int8Dense):
            A = step.activation(_product(step, A))
        elif isinstance(step, LayerNorm):
            centred = A - A.mean(axis=1, keepdims=True)
            variance = np.square(centred).mean(axis=1, keepdims=True)
            z = step.gamma * (centred / np.sqrt(variance + dtype(step.epsilon))) + step.beta
            A = step.activation(z)
        elif isinstance(step, Scale):
            A = step.activation(A * step.scale + step.shift)
        else:
            A = step.activation(A @ step.W + step.b)
    return A


def _product(layer: Int8Dense, x: FloatArray) -> FloatArray:
    dtype = x.dtype.type
    largest = np.abs(x).max(axis=1, keepdims=True)
    unit = (largest / dtype(LEVELS)).astype(dtype)
    unit = np.where(unit < dtype(SMALLEST_UNIT), dtype(1), unit)
    q = np.rint(x / unit)
    # Sums of integers below 2^53 are exact in float64, whose matrix product is fast.
    total = (q.astype(np.float64) @ layer.Q.T.astype(np.float64)).astype(dtype)
    return total * (unit * layer.step) + layer.b


def int8_accuracy(net: Network, x: Array, labels: IntArray) -> dict[str, float]:
    """Return the accuracy with and without 8-bit weights, and how many predictions differ.

    Args:
        net: the network, a classifier.
        x: raw inputs (n, ...).
        labels: their classes (n,).
    """
    plain = net.predict(x)
    coded = predicted_classes(predict_int8(quantised(program_of(net)), x))
    return {
        "examples": len(labels),
        "accuracy": float(np.mean(plain == labels)),
        "accuracy_int8": float(np.mean(coded == labels)),
        "changed": int(np.count_nonzero(plain != coded)),
    }
