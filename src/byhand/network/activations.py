"""Activation functions, each beside its derivative.

All share one mould. `value(z, out, scratch)` writes f(z) into `out`.
`derivative(grad, z, a, out, scratch)` writes grad * f'(z) into `out`, where a = f(z) is at hand
because many derivatives are cheapest in terms of it. `grad` is dLoss/dA, the result is dLoss/dZ.
`out` and `scratch` have the shape of z, and nothing else is written, so a training step
allocates nothing.

Add an activation: write the pair, add one line to `ACTIVATIONS`. Tests, gradient checks,
recipes and the command line walk that table.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from byhand.arrays import FloatArray
from byhand.checks import share
from byhand.errors import ArgumentError, unknown_name

Value: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray], None]
Derivative: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray], None]
OwnPair: TypeAlias = tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]


@dataclass(frozen=True)
class Activation:
    """A function and its derivative, under one name.

    Args:
        name: what users type.
        value: writes f(z).
        derivative: writes grad * f'(z).
        slope: set when f is max(z, slope * z); the compiled kernels have a loop for those.
        kink: whether f' jumps at 0, so that a finite difference across 0 means nothing.
    """

    name: str
    value: Value = field(repr=False)
    derivative: Derivative = field(repr=False)
    slope: float | None = None
    kink: bool = False

    def __call__(self, z: FloatArray) -> FloatArray:
        """f(z) as a new array."""
        out = np.empty_like(z)
        self.value(z, out, np.empty_like(z))
        return out


# --- piecewise linear ---------------------------------------------------------------------------


def identity(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
    """f(z) = z."""
    np.copyto(out, z)


def identity_derivative(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    out: FloatArray,
    scratch: FloatArray,
) -> None:
    """f'(z) = 1."""
    np.copyto(out, grad)


def relu(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
    """f(z) = max(z, 0)  (Nair & Hinton 2010)."""
    scratch.fill(0)  # NumPy's maximum of two arrays is three times as fast as with a scalar
    np.maximum(z, scratch, out=out)


def relu_derivative(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    out: FloatArray,
    scratch: FloatArray,
) -> None:
    """f'(z) = 1 where z > 0, else 0."""
    np.greater(z, 0, out=out)
    out *= grad


def leaky_relu(slope: float = 0.01) -> Activation:
    """f(z) = max(z, slope * z), f'(z) = 1 where z > 0, else slope  (Maas et al. 2013)."""
    slope = share("slope of leaky_relu", slope)

    def value(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
        np.multiply(z, slope, out=out)
        np.maximum(z, out, out=out)

    def derivative(
        grad: FloatArray,
        z: FloatArray,
        a: FloatArray,
        out: FloatArray,
        scratch: FloatArray,
    ) -> None:
        np.greater(z, 0, out=out)
        out *= 1 - slope
        out += slope
        out *= grad

    return Activation("leaky_relu", value, derivative, slope=slope, kink=True)


# --- sigmoids -----------------------------------------------------------------------------------


def sigmoid(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
    """f(z) = 1 / (1 + exp(-z)) = (1 + tanh(z/2)) / 2, the form that cannot overflow."""
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5


def sigmoid_derivative(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    out: FloatArray,
    scratch: FloatArray,
) -> None:
    """f' = a (1 - a)."""
    np.subtract(1, a, out=out)
    out *= a
    out *= grad


def tanh(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
    """f(z) = tanh(z)."""
    np.tanh(z, out=out)


def tanh_derivative(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    out: FloatArray,
    scratch: FloatArray,
) -> None:
    """f' = 1 - a^2."""
    np.multiply(a, a, out=out)
    np.subtract(1, out, out=out)
    out *= grad


# --- smooth relatives of relu -------------------------------------------------------------------


def softplus(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
    """f(z) = log(1 + exp(z))."""
    np.logaddexp(z, 0, out=out)


def softplus_derivative(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    out: FloatArray,
    scratch: FloatArray,
) -> None:
    """f' = sigmoid(z)."""
    sigmoid(z, out, scratch)
    out *= grad


def elu(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
    """f(z) = z where z > 0, else exp(z) - 1  (Clevert et al. 2016, alpha = 1)."""
    np.minimum(z, 0, out=out)
    np.expm1(out, out=out)
    np.maximum(z, out, out=out)  # exp(z) - 1 >= z everywhere, and it is 0 where z > 0


def elu_derivative(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    out: FloatArray,
    scratch: FloatArray,
) -> None:
    """f' = 1 where z > 0, else exp(z) = a + 1."""
    np.minimum(a, 0, out=out)
    out += 1
    out *= grad


def swish(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
    """f(z) = z sigmoid(z), also called SiLU  (Elfwing et al. 2018)."""
    sigmoid(z, out, scratch)
    out *= z


def swish_derivative(
    grad: FloatArray, z: FloatArray, a: FloatArray, out: FloatArray, scratch: FloatArray
) -> None:
    """f' = a + sigmoid(z) (1 - a)."""
    sigmoid(z, out, scratch)
    np.subtract(1, a, out=scratch)
    out *= scratch
    out += a
    out *= grad


_GELU_SCALE = math.sqrt(2 / math.pi)
_GELU_CUBIC = 0.044715


def _gelu_tanh(z: FloatArray, out: FloatArray) -> None:
    """t = tanh(sqrt(2/pi) (z + 0.044715 z^3))."""
    np.multiply(z, z, out=out)
    out *= _GELU_CUBIC
    out += 1
    out *= z
    out *= _GELU_SCALE
    np.tanh(out, out=out)


def gelu(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
    """f(z) = z (1 + t) / 2, t = tanh(sqrt(2/pi) (z + 0.044715 z^3))  (Hendrycks & Gimpel 2016).

    This is the tanh form; the form with the error function differs by less than 5e-4.
    """
    _gelu_tanh(z, out)
    out += 1
    out *= z
    out *= 0.5


def gelu_derivative(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    out: FloatArray,
    scratch: FloatArray,
) -> None:
    """f' = (1 + t)/2 (1 + (1 - t) z u'), u' = sqrt(2/pi) (1 + 3 * 0.044715 z^2)."""
    np.multiply(z, z, out=scratch)
    scratch *= 3 * _GELU_CUBIC
    scratch += 1
    scratch *= _GELU_SCALE
    scratch *= z  # z u'
    _gelu_tanh(z, out)
    np.subtract(1, out, out=out)  # 1 - t
    scratch *= out
    scratch += 1
    np.subtract(2, out, out=out)  # 1 + t
    out *= scratch
    out *= 0.5
    out *= grad


# --- softmax ------------------------------------------------------------------------------------


def softmax(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
    """f(z)_k = exp(z_k) / sum_j exp(z_j) over the last axis, the row's maximum removed first."""
    # Along a short last axis NumPy's reductions are slow: they run on a copy with K rows.
    rows = z.reshape(-1, z.shape[-1])
    columns, row = scratch.reshape(rows.shape[::-1]), out.reshape(-1)[: len(rows)]
    np.copyto(columns, rows.T)
    np.maximum.reduce(columns, axis=0, out=row)
    columns -= row
    np.exp(columns, out=columns)
    np.add.reduce(columns, axis=0, out=row)
    columns /= row
    np.copyto(out, columns.T.reshape(out.shape))


def softmax_derivative(
    grad: FloatArray,
    z: FloatArray,
    a: FloatArray,
    out: FloatArray,
    scratch: FloatArray,
) -> None:
    """dZ = a (grad - sum_j grad_j a_j): the whole Jacobian, not only its diagonal."""
    row = scratch[..., :1]
    np.multiply(grad, a, out=out)
    np.add.reduce(out, axis=-1, keepdims=True, out=row)
    np.subtract(grad, row, out=out)
    out *= a


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation("relu", relu, relu_derivative, slope=0.0, kink=True),
    "leaky_relu": leaky_relu(),
    "elu": Activation("elu", elu, elu_derivative),
    "gelu": Activation("gelu", gelu, gelu_derivative),
    "sigmoid": Activation("sigmoid", sigmoid, sigmoid_derivative),
    "tanh": Activation("tanh", tanh, tanh_derivative),
    "softplus": Activation("softplus", softplus, softplus_derivative),
    "swish": Activation("swish", swish, swish_derivative),
    "identity": Activation("identity", identity, identity_derivative, slope=1.0),
    "softmax": Activation("softmax", softmax, softmax_derivative),
}

ALIASES = {"silu": "swish", "linear": "identity", "none": "identity"}


def resolve_activation(fn: str | Activation | OwnPair, slope: float | None = None) -> Activation:
    """The activation that a name, an `Activation` or your own (function, derivative) pair means.

    Args:
        fn: a name from `ACTIVATIONS` (or silu, linear), an `Activation`, or a pair of functions
            f(z) and f'(z), which is compared with finite differences before it is accepted.
        slope: for leaky_relu only.
    """
    if isinstance(fn, Activation):
        return fn
    if isinstance(fn, str):
        name = ALIASES.get(fn.lower(), fn.lower())
        if slope is not None and name != "leaky_relu":
            raise ArgumentError(f"slope belongs to leaky_relu, not to {fn!r}; leave it out.")
        if name == "leaky_relu" and slope is not None:
            return leaky_relu(slope)
        if name not in ACTIVATIONS:
            raise unknown_name("activation", fn, [*ACTIVATIONS, *ALIASES])
        return ACTIVATIONS[name]
    if isinstance(fn, tuple) and len(fn) == 2 and all(callable(part) for part in fn):
        return own_activation(*fn)
    raise ArgumentError(
        "an activation is a name, an Activation, or a pair (function, derivative) of callables; "
        f"got {fn!r}."
    )


def own_activation(
    function: Callable[[FloatArray], FloatArray],
    derivative: Callable[[FloatArray], FloatArray],
) -> Activation:
    """Your own pair f(z), f'(z), accepted if f' agrees with central differences of f.

    Both work element by element on an array and return an array of its shape. Points within
    0.05 of zero are left out of the comparison, so that a kink at 0 is allowed.
    """
    name = f"own:{getattr(function, '__name__', 'function')}"  # never one of the table's names
    z = np.concatenate([np.linspace(-4, -0.05, 80), np.linspace(0.05, 4, 80)])
    step = 1e-5
    stated = np.asarray(derivative(z))
    measured = (np.asarray(function(z + step)) - np.asarray(function(z - step))) / (2 * step)
    if stated.shape != z.shape or measured.shape != z.shape:
        raise ArgumentError(
            f"activation {name!r} and its derivative must return an array of their argument's "
            f"shape {z.shape}; got {measured.shape} and {stated.shape}."
        )
    error = np.abs(stated - measured) / np.maximum(1, np.abs(measured))
    worst = int(np.nanargmax(np.where(np.isfinite(error), error, np.inf)))
    if not error[worst] < 1e-5:
        raise ArgumentError(
            f"the derivative given for activation {name!r} is wrong at z = {z[worst]:.3g}: it says "
            f"{stated[worst]:.6g}, finite differences say {measured[worst]:.6g}."
        )

    def value(z: FloatArray, out: FloatArray, scratch: FloatArray) -> None:
        out[...] = function(z)

    def chain(
        grad: FloatArray,
        z: FloatArray,
        a: FloatArray,
        out: FloatArray,
        scratch: FloatArray,
    ) -> None:
        np.multiply(grad, derivative(z), out=out)

    return Activation(name, value, chain, kink=True)
