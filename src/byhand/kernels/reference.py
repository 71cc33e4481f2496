"""The inner loops in plain NumPy: the definition of what byhand computes.

Everything is written into arrays that the caller owns, so that a training step allocates nothing.
Rows are examples. `compiled` holds the same functions as single fused loops.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import Array, FloatArray, IndexArray, IntArray

if TYPE_CHECKING:
    from byhand.network.activations import Activation

Scale = float | FloatArray

REMEMBERED = 64
"""How many sizes of small constant arrays are kept, so that a step does not make them anew."""


# --- the matrix product -------------------------------------------------------------------------


def product(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """out = A B; (n, k), (k, m) -> (n, m). A and B are C-ordered, or transposes of such arrays."""
    np.dot(a, b, out=out)


# --- the input ----------------------------------------------------------------------------------


def scale(x: Array, factor: Scale, offset: Scale | None, out: FloatArray) -> None:
    """out = x * factor - offset, for pixels or numbers of any type; (n, d) -> (n, d)."""
    out[...] = x  # converting alone and then multiplying beats a ufunc that does both
    out *= factor
    if offset is not None:
        out -= offset


def gather(
    source: Array, rows: IntArray, factor: Scale, offset: Scale | None, raw: Array, out: FloatArray
) -> None:
    """out[i] = source[rows[i]] * factor - offset; `raw` (like source, n rows) is scratch."""
    source.take(rows, axis=0, out=raw, mode="clip")  # with "raise" NumPy would buffer `out`
    scale(raw, factor, offset, out)


# --- bias and activation ------------------------------------------------------------------------


def bias_activation(
    z: FloatArray, b: FloatArray, activation: Activation, a: FloatArray, scratch: FloatArray
) -> None:
    """Z += b;  A = f(Z)."""
    z += b
    activation.value(z, a, scratch)


def activation_gradient(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    activation: Activation,
    dz: FloatArray,
    db: FloatArray,
    scratch: FloatArray,
) -> None:
    """dZ = grad * f'(Z);  db = sum over rows of dZ."""
    activation.derivative(grad, z, a, dz, scratch)
    column_sums(dz, db)


def column_sums(dz: FloatArray, db: FloatArray) -> None:
    """db_j = sum_i dZ_ij, as a product with ones: three times as fast as NumPy's sum."""
    np.dot(ones(len(dz), dz.dtype), dz, out=db)


@lru_cache(REMEMBERED)
def ones(n: int, dtype: np.dtype[np.generic]) -> FloatArray:
    """A vector of n ones, made once."""
    return np.ones(n, dtype)


# --- softmax and cross-entropy ------------------------------------------------------------------


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
    """Cross-entropy of each row, its gradient, and the predicted class.

    With targets t = (1 - s) onehot(y) + s / K, s the label smoothing and K the classes:

        loss = log sum_k exp(z_k) - sum_k t_k z_k           dZ = A - T

    The maximum z_m is taken out of the sum without computing it again: A = softmax(Z) is at
    hand, and a_m = 1 / sum_k exp(z_k - z_m), so log sum_k exp(z_k) = z_m - log a_m, where
    a_m >= 1/K cannot underflow.

    Args:
        z: logits (n, K).
        a: softmax(z).
        labels: the right classes (n,).
        smoothing: s, from 0 to below 1.
        losses: written, (n,).
        predictions: written, the index m of each row's largest logit, (n,).
        dz: written, or None where only the loss is wanted.
        at: scratch, (n,).
        picked: scratch, (n,).
        t: scratch, (n, K).
    """
    n, classes = z.shape
    z.argmax(axis=1, out=predictions)
    np.add(row_starts(n, classes), predictions, out=at)  # where z_m is, counted through all rows
    a.take(at, out=losses, mode="clip")
    np.log(losses, out=losses)
    z.take(at, out=picked, mode="clip")
    np.subtract(picked, losses, out=losses)  # log sum exp

    smooth_onehot(classes, smoothing, z.dtype).take(labels, axis=0, out=t, mode="clip")
    if dz is not None:
        np.subtract(a, t, out=dz)
    t *= z
    np.dot(t, ones(classes, z.dtype), out=picked)
    losses -= picked


@lru_cache(REMEMBERED)
def row_starts(n: int, columns: int) -> IntArray:
    """0, K, 2K, ...: where each row of an (n, K) array starts, made once."""
    return np.arange(0, n * columns, columns, dtype=np.intp)


@lru_cache(REMEMBERED)
def smooth_onehot(classes: int, smoothing: float, dtype: np.dtype[np.generic]) -> FloatArray:
    """(1 - s) I + s / K: row y is the target for class y; made once."""
    return ((1 - smoothing) * np.eye(classes) + smoothing / classes).astype(dtype)


# --- dropout ------------------------------------------------------------------------------------


def dropout(
    x: FloatArray, random: FloatArray, rate: float, mask: FloatArray, out: FloatArray
) -> None:
    """mask = 1 / (1 - rate) where random >= rate, else 0;  out = x * mask."""
    np.greater_equal(random, rate, out=mask)
    mask *= 1 / (1 - rate)
    np.multiply(x, mask, out=out)


# --- penalties and optimizer updates ------------------------------------------------------------

# p are all parameters, g their gradients, both flat; w are the weights among them. Where the arrays
# in such a vector end does not matter here: `ends` lets threads divide each as they do in products.


def penalty_gradient(
    w: FloatArray, l1: float, l2: float, g: FloatArray, ends: IndexArray, scratch: FloatArray
) -> None:
    """g += l2 * w + l1 * sign(w), the gradient of l2/2 sum(w^2) + l1 sum(|w|)."""
    part = scratch[: len(w)]
    if l2:
        np.multiply(w, l2, out=part)
        g += part
    if l1:
        np.sign(w, out=part)
        part *= l1
        g += part


def sgd(p: FloatArray, g: FloatArray, ends: IndexArray, rate: float, scratch: FloatArray) -> None:
    """p -= rate * g."""
    np.multiply(g, rate, out=scratch)
    p -= scratch


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
    """v = mu v + g;  p -= rate * v, or with Nesterov  p -= rate * (g + mu v)."""
    v *= mu
    v += g
    if nesterov:
        np.multiply(v, mu, out=scratch)
        scratch += g
        scratch *= rate
    else:
        np.multiply(v, rate, out=scratch)
    p -= scratch


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
    """s = rho s + (1 - rho) g^2;  p -= rate * g / (sqrt(s) + epsilon)."""
    np.multiply(g, g, out=scratch)
    scratch *= 1 - rho
    s *= rho
    s += scratch
    np.sqrt(s, out=scratch)
    scratch += epsilon
    np.divide(g, scratch, out=scratch)
    scratch *= rate
    p -= scratch


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
    """One step of Adam, `step` counted from 1  (Kingma & Ba 2015, algorithm 1).

    m = beta1 m + (1 - beta1) g              m^ = m / (1 - beta1^step)
    v = beta2 v + (1 - beta2) g^2            v^ = v / (1 - beta2^step)
    p -= rate * m^ / (sqrt(v^) + epsilon)

    The two corrections are numbers, so they are taken out of the arrays, as section 2 of the paper
    suggests: with c = sqrt(1 - beta2^step), sqrt(v^) + epsilon = (sqrt(v) + c epsilon) / c.
    """
    c = math.sqrt(1 - beta2**step)
    np.multiply(g, 1 - beta1, out=scratch)
    m *= beta1
    m += scratch
    np.multiply(g, g, out=scratch)
    scratch *= 1 - beta2
    v *= beta2
    v += scratch
    np.sqrt(v, out=scratch)
    scratch += c * epsilon
    np.divide(m, scratch, out=scratch)
    scratch *= rate * c / (1 - beta1**step)
    p -= scratch
