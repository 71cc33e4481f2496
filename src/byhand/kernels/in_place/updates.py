"""Penalties and optimizer updates in place: overrides of functions in `byhand.training`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.network.parameters import NamedVector
from byhand.training import averaging, max_norm, penalties
from byhand.training.optimizers import SGD, Adagrad, Adam, Lion, Momentum, RMSProp, State


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


def adagrad(
    rule: Adagrad,
    parameters: NamedVector,
    gradients: NamedVector,
    state: State,
    rate: float,
    t: int,
) -> None:
    """Override `Adagrad.step`."""
    g, s = gradients.vector, state["s"]
    scratch = parameters.scratch("update", parameters.vector)
    np.multiply(g, g, out=scratch)
    s += scratch
    np.sqrt(s, out=scratch)
    scratch += rule.epsilon
    np.divide(g, scratch, out=scratch)
    scratch *= rate
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
    suggests: with c = sqrt(1 - beta2^t), sqrt(v_hat) + epsilon = (sqrt(v) + c epsilon) / c.
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


def lion(
    rule: Lion, parameters: NamedVector, gradients: NamedVector, state: State, rate: float, t: int
) -> None:
    """Override `Lion.step`."""
    g, m = gradients.vector, state["m"]
    scratch = parameters.scratch("update", parameters.vector)
    np.subtract(m, g, out=scratch)
    scratch *= rule.beta1
    scratch += g  # beta1 m + (1 - beta1) g
    np.sign(scratch, out=scratch)
    scratch *= rate
    parameters.vector -= scratch
    np.multiply(g, 1 - rule.beta2, out=scratch)
    m *= rule.beta2
    m += scratch


def move_average(average: FloatArray, parameters: NamedVector, share: float) -> None:
    """Override `averaging.move_average`."""
    scratch = parameters.scratch("update", parameters.vector)
    np.subtract(parameters.vector, average, out=scratch)
    scratch *= share
    average += scratch


def limit_norms(parameters: NamedVector, limit: float) -> None:
    """Override `max_norm.limit_norms`; matrices without a long column are only read."""
    for w in parameters.values():
        if w.ndim != 2:
            continue
        squares = np.einsum("ij,ij->j", w, w)
        if squares.max() > limit * limit:
            w *= limit / np.sqrt(np.maximum(squares, limit * limit))


OVERRIDES: dict[tuple[Any, str], Any] = {
    (penalties, "add_penalty_gradient"): add_penalty_gradient,
    (averaging, "move_average"): move_average,
    (max_norm, "limit_norms"): limit_norms,
    (SGD, "step"): sgd,
    (Momentum, "step"): momentum,
    (Adagrad, "step"): adagrad,
    (RMSProp, "step"): rmsprop,
    (Adam, "step"): adam,
    (Lion, "step"): lion,
}
