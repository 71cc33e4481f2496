"""Activation functions and their derivatives.

`f(z)` returns an array of z's shape. `f_prime(z, a)` returns f'(z); it also gets a = f(z), because
many derivatives are cheapest to compute from it. Backpropagation multiplies dA * f'(Z).

To add an activation, write the pair and an entry in `ACTIVATIONS`. Tests, gradient checks, recipes,
the command line, the report and the documentation use that table. The entry's formulas and its
JavaScript are for the report, which computes in the browser.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import numpy as np

from byhand.arrays import FloatArray
from byhand.checks import fraction
from byhand.errors import ArgumentError
from byhand.tables import Table

Function: TypeAlias = Callable[[FloatArray], FloatArray]
Derivative: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]
Jacobian: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]
Pair: TypeAlias = tuple[Function, Function]


@dataclass(frozen=True)
class Activation:
    """An activation function with its name and derivative.

    Args:
        name: name in networks, recipes and messages.
        function: f(z).
        derivative: f'(z), given z and a = f(z); None for a function that mixes the units of a row.
        formula: f(z) as text.
        slope: slope of f for negative z if f is max(z, slope * z), else None.
        kink: whether f' jumps at 0, which makes finite differences across 0 meaningless.
        chain: dZ from dA and a, for a function that mixes the units of a row.
        derivative_formula: f'(z) as text.
        javascript: f(z) and f'(z) as expressions in z, a = f(z) and `slope`; without them the
            report interpolates in a table of values.
    """

    name: str
    function: Function = field(repr=False)
    derivative: Derivative | None = field(repr=False)
    formula: str = field(default="f(z)", repr=False)
    slope: float | None = None
    kink: bool = False
    chain: Jacobian | None = field(default=None, repr=False)
    derivative_formula: str = field(default="f'(z)", repr=False)
    javascript: tuple[str, str] | None = field(default=None, repr=False)

    def __call__(self, z: FloatArray) -> FloatArray:
        """Return f(z)."""
        return self.function(z)

    def backward(self, dA: FloatArray, z: FloatArray, a: FloatArray) -> FloatArray:
        """Return dZ: dA * f'(Z), or by `chain` if each output depends on all z of its row."""
        if self.derivative is not None:
            return dA * self.derivative(z, a)
        assert self.chain is not None  # noqa: S101 - an activation has one or the other
        return self.chain(dA, a)


# --- piecewise linear ---------------------------------------------------------------------------


def identity(z: FloatArray) -> FloatArray:
    """f(z) = z."""
    return z


def identity_prime(z: FloatArray, a: FloatArray) -> FloatArray:
    """f'(z) = 1."""
    return np.ones_like(z)


def relu(z: FloatArray) -> FloatArray:
    """f(z) = max(z, 0)  (Nair & Hinton 2010)."""
    return np.maximum(z, 0)


def relu_prime(z: FloatArray, a: FloatArray) -> FloatArray:
    """f'(z) = 1 where z > 0, else 0."""
    return (z > 0).astype(z.dtype)


def leaky_relu(slope: float = 0.01) -> Activation:
    """f(z) = max(z, slope * z), f'(z) = 1 where z > 0, else slope  (Maas et al. 2013)."""
    slope = fraction("slope of leaky_relu", slope)
    return Activation(
        "leaky_relu",
        partial(_leaky_relu, slope),
        partial(_leaky_relu_prime, slope),
        formula=f"max(z, {slope:g} z)",
        slope=slope,
        kink=True,
        derivative_formula=f"1 where z > 0, else {slope:g}",
        javascript=("Math.max(z, slope * z)", "z > 0 ? 1 : slope"),
    )


def _leaky_relu(slope: float, z: FloatArray) -> FloatArray:
    return np.maximum(z, slope * z)


def _leaky_relu_prime(slope: float, z: FloatArray, a: FloatArray) -> FloatArray:
    return (z > 0) * z.dtype.type(1 - slope) + z.dtype.type(slope)


# --- sigmoids -----------------------------------------------------------------------------------


def sigmoid(z: FloatArray) -> FloatArray:
    """f(z) = 1 / (1 + exp(-z)) = (1 + tanh(z/2)) / 2; the second form cannot overflow."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def sigmoid_prime(z: FloatArray, a: FloatArray) -> FloatArray:
    """f' = a (1 - a)."""
    return a * (1 - a)


def tanh(z: FloatArray) -> FloatArray:
    """f(z) = tanh(z)."""
    return np.tanh(z)


def tanh_prime(z: FloatArray, a: FloatArray) -> FloatArray:
    """f' = 1 - a^2."""
    return 1 - a * a


# --- smooth relatives of relu -------------------------------------------------------------------


def softplus(z: FloatArray) -> FloatArray:
    """f(z) = log(1 + exp(z))."""
    return np.logaddexp(z, 0)


def softplus_prime(z: FloatArray, a: FloatArray) -> FloatArray:
    """f' = sigmoid(z)."""
    return sigmoid(z)


def elu(z: FloatArray) -> FloatArray:
    """f(z) = z where z > 0, else exp(z) - 1  (Clevert et al. 2016, alpha = 1)."""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def elu_prime(z: FloatArray, a: FloatArray) -> FloatArray:
    """f' = 1 where z > 0, else exp(z) = a + 1."""
    return np.minimum(a, 0) + 1


def swish(z: FloatArray) -> FloatArray:
    """f(z) = z sigmoid(z), also called SiLU  (Elfwing et al. 2018)."""
    return z * sigmoid(z)


def swish_prime(z: FloatArray, a: FloatArray) -> FloatArray:
    """f' = a + sigmoid(z) (1 - a)."""
    return a + sigmoid(z) * (1 - a)


GELU_SCALE = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715


def gelu(z: FloatArray) -> FloatArray:
    """f(z) = z (1 + t) / 2, t = tanh(sqrt(2/pi) (z + 0.044715 z^3))  (Hendrycks & Gimpel 2016).

    This is the tanh form; the form with the error function differs by less than 5e-4.
    """
    t = np.tanh(GELU_SCALE * z * (1 + GELU_CUBIC * z * z))
    return 0.5 * z * (1 + t)


def gelu_prime(z: FloatArray, a: FloatArray) -> FloatArray:
    """f' = (1 + t)/2 (1 + (1 - t) z u'), u' = sqrt(2/pi) (1 + 3 * 0.044715 z^2)."""
    t = np.tanh(GELU_SCALE * z * (1 + GELU_CUBIC * z * z))
    u_prime = GELU_SCALE * (1 + 3 * GELU_CUBIC * z * z)
    return 0.5 * (1 + t) * (1 + (1 - t) * z * u_prime)


# --- exponential --------------------------------------------------------------------------------


MOST_EXPONENT = 80.0
"""exp(80) = 5.5e34, near the largest number of float32."""


def exponential(z: FloatArray) -> FloatArray:
    """f(z) = exp(min(z, 80)): for outputs that count, with the Poisson deviance."""
    return np.exp(np.minimum(z, MOST_EXPONENT))


def exponential_prime(z: FloatArray, a: FloatArray) -> FloatArray:
    """f' = a, even beyond the largest exponent, so that training can recover."""
    return a


# --- softmax ------------------------------------------------------------------------------------


def softmax(z: FloatArray) -> FloatArray:
    """f(z)_k = exp(z_k) / sum_j exp(z_j) over the last axis; the maximum is subtracted first."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_chain(dA: FloatArray, a: FloatArray) -> FloatArray:
    """dZ = a (dA - sum_j dA_j a_j): the whole Jacobian, not only its diagonal."""
    return a * (dA - (dA * a).sum(axis=-1, keepdims=True))


_SIGMOID = "(1 + Math.tanh(z / 2)) / 2"
_GELU_T = "Math.tanh(Math.sqrt(2 / Math.PI) * z * (1 + 0.044715 * z * z))"
_GELU_U_PRIME = "Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * z * z)"

ACTIVATIONS: Table[Activation] = Table(
    "activation",
    {
        "relu": Activation(
            "relu",
            relu,
            relu_prime,
            "max(z, 0)",
            slope=0.0,
            kink=True,
            derivative_formula="1 where z > 0, else 0",
            javascript=("Math.max(z, 0)", "z > 0 ? 1 : 0"),
        ),
        "leaky_relu": leaky_relu(),
        "elu": Activation(
            "elu",
            elu,
            elu_prime,
            "z where z > 0, else exp(z) - 1",
            derivative_formula="1 where z > 0, else exp(z)",
            javascript=("z > 0 ? z : Math.expm1(z)", "Math.min(a, 0) + 1"),
        ),
        "gelu": Activation(
            "gelu",
            gelu,
            gelu_prime,
            "z (1 + t)/2, t = tanh(sqrt(2/pi) (z + 0.044715 z^3))",
            derivative_formula="(1 + t)/2 (1 + (1 - t) z u'), u' = sqrt(2/pi) (1 + 0.134145 z^2)",
            javascript=(
                f"z * (1 + {_GELU_T}) / 2",
                f"((t) => (1 + t) / 2 * (1 + (1 - t) * z * {_GELU_U_PRIME}))({_GELU_T})",
            ),
        ),
        "sigmoid": Activation(
            "sigmoid",
            sigmoid,
            sigmoid_prime,
            "1 / (1 + exp(-z))",
            derivative_formula="a (1 - a)",
            javascript=(_SIGMOID, "a * (1 - a)"),
        ),
        "tanh": Activation(
            "tanh",
            tanh,
            tanh_prime,
            "tanh(z)",
            derivative_formula="1 - a^2",
            javascript=("Math.tanh(z)", "1 - a * a"),
        ),
        "softplus": Activation(
            "softplus",
            softplus,
            softplus_prime,
            "log(1 + exp(z))",
            derivative_formula="1 / (1 + exp(-z))",
            javascript=("Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))", _SIGMOID),
        ),
        "swish": Activation(
            "swish",
            swish,
            swish_prime,
            "z / (1 + exp(-z))",
            derivative_formula="a + (1 - a) / (1 + exp(-z))",
            javascript=(f"z * {_SIGMOID}", f"a + (1 - a) * {_SIGMOID}"),
        ),
        "identity": Activation(
            "identity",
            identity,
            identity_prime,
            "z",
            slope=1.0,
            derivative_formula="1",
            javascript=("z", "1"),
        ),
        "exp": Activation(
            "exp",
            exponential,
            exponential_prime,
            "exp(z)",
            derivative_formula="a",
            javascript=("Math.exp(Math.min(z, 80))", "a"),
        ),
        "softmax": Activation(
            "softmax",
            softmax,
            None,
            "exp(z_k) / sum_j exp(z_j)",
            chain=softmax_chain,
            derivative_formula="a_k (g_k - sum_j g_j a_j)",
        ),
    },
    aliases={"silu": "swish", "linear": "identity", "none": "identity"},
)


def resolve_activation(fn: str | Activation | Pair, slope: float | None = None) -> Activation:
    """Resolve a name, an `Activation` or your own pair of functions into an activation.

    Args:
        fn: a name from `ACTIVATIONS` (or silu, linear), an `Activation`, or a pair of functions
            f(z) and f'(z); f' is checked against finite differences first.
        slope: slope of leaky_relu; only valid with that name.
    """
    if isinstance(fn, Activation):
        return _check_name(fn)
    if isinstance(fn, str):
        if slope is None:
            return ACTIVATIONS.find(fn)
        if fn.lower() != "leaky_relu":
            raise ArgumentError(f"slope belongs to leaky_relu, not to {fn!r}; leave it out.")
        return leaky_relu(slope)
    if isinstance(fn, tuple) and len(fn) == 2 and all(callable(part) for part in fn):
        return activation_from_pair(*fn)
    raise ArgumentError(
        "an activation is a name, an Activation, or a pair (function, derivative) of callables; "
        f"got {fn!r}."
    )


def _check_name(activation: Activation) -> Activation:
    """Reject another function under a name of the table: models are saved and loaded by name."""
    known = ACTIVATIONS.get(activation.name)
    if known is not None and _base(known.function) is not _base(activation.function):
        raise ArgumentError(
            f"the activation name {activation.name!r} is taken; choose another name."
        )
    return activation


def _base(function: Function) -> object:
    """Return the function that a partial wraps, or the function itself."""
    return getattr(function, "func", function)


def activation_from_pair(
    function: Function, derivative: Function, name: str | None = None, formula: str = "f(z)"
) -> Activation:
    """Make an activation from f(z) and f'(z); f' must agree with finite differences of f.

    Both functions work element by element and return an array of their argument's shape. The
    comparison omits points within 0.05 of zero, so a kink at 0 is allowed.
    """
    # "own:" distinguishes an unnamed function from the names of the table.
    name = name or f"own:{getattr(function, '__name__', 'function')}"
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
            f"the derivative given for activation {name!r} is wrong at z = {z[worst]:.3g}: it is "
            f"{stated[worst]:.6g}, but finite differences give {measured[worst]:.6g}."
        )
    return Activation(name, function, partial(_of_z, derivative), formula, kink=True)


def _of_z(derivative: Function, z: FloatArray, a: FloatArray) -> FloatArray:
    return derivative(z)
