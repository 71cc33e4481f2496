"""The library's results, as functions of the exercises' arguments."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network import DenseLayer, InputLayer, Layer, Network
from byhand.network.activations import ACTIVATIONS
from byhand.network.losses import BinaryCrossEntropy, CategoricalCrossEntropy
from byhand.network.parameters import NamedVector
from byhand.training.optimizers import Adam, Momentum, Optimizer, State
from byhand.training.penalties import add_penalty_gradient, penalty

TINY = 1e-12
"""Smallest probability whose logarithm is taken."""


def softmax(Z: FloatArray) -> FloatArray:
    """Return the library's softmax of each row."""
    return ACTIVATIONS["softmax"](Z)


def sigmoid(Z: FloatArray) -> FloatArray:
    """Return the library's sigmoid."""
    return ACTIVATIONS["sigmoid"](Z)


def log_loss(a: FloatArray, y: FloatArray) -> float:
    """Return the library's mean binary cross-entropy."""
    a = np.clip(a, TINY, 1 - TINY)[:, None]
    z = np.log(a) - np.log1p(-a)
    return float(BinaryCrossEntropy()(z, a, y[:, None]).mean())


def neuron_gradient(X: FloatArray, a: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the library's gradients of one neuron."""
    a = a[:, None]
    dz = BinaryCrossEntropy().gradient(a, a, y[:, None]) / len(y)
    return (X.T @ dz)[:, 0], np.asarray(dz.sum())


def cross_entropy(A: FloatArray, labels: Array) -> float:
    """Return the library's mean cross-entropy; log A are logits of A."""
    return float(CategoricalCrossEntropy()(np.log(np.maximum(A, TINY)), A, labels).mean())


def softmax_gradient(A: FloatArray, labels: Array) -> FloatArray:
    """Return the library's gradient of the mean cross-entropy with respect to the logits."""
    return CategoricalCrossEntropy().gradient(A, A, labels) / len(labels)


def network(W1: FloatArray, b1: FloatArray, W2: FloatArray, b2: FloatArray) -> Network:
    """Return a network of the library with one hidden layer and these parameters."""
    layers: list[InputLayer | Layer] = [
        InputLayer(W1.shape[0], "none"),
        DenseLayer(W1.shape[1], "relu"),
        DenseLayer(W2.shape[1], "softmax"),
    ]
    net = Network(layers, seed=0, dtype=np.float64)
    for name, value in {"W1": W1, "b1": b1, "W2": W2, "b2": b2}.items():
        net.parameters[name] = value
    return net


def forward(
    X: FloatArray, W1: FloatArray, b1: FloatArray, W2: FloatArray, b2: FloatArray
) -> tuple[FloatArray, ...]:
    """Return Z1, A1, Z2, A2 of the library's network."""
    cache = network(W1, b1, W2, b2).forward(X)
    return tuple(cache[name] for name in ("Z1", "A1", "Z2", "A2"))


def gradients(
    X: FloatArray,
    labels: Array,
    W1: FloatArray,
    b1: FloatArray,
    W2: FloatArray,
    b2: FloatArray,
) -> tuple[FloatArray, ...]:
    """Return dW1, db1, dW2, db2 of the library's network."""
    net = network(W1, b1, W2, b2)
    found = net.backward(net.forward(X), labels)
    return tuple(found[name] for name in ("dW1", "db1", "dW2", "db2"))


def _vector(value: FloatArray) -> NamedVector:
    vector = NamedVector({"p": value.shape}, np.float64)
    vector["p"] = value
    return vector


def _step(
    rule: Optimizer, p: FloatArray, g: FloatArray, state: State, t: int
) -> tuple[FloatArray, ...]:
    parameters = _vector(p)
    state = {name: value.copy() for name, value in state.items()}
    rule.step(parameters, _vector(g), state, rule.learning_rate, t)
    return parameters["p"], *state.values()


def adam(
    p: FloatArray,
    g: FloatArray,
    m: FloatArray,
    v: FloatArray,
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> tuple[FloatArray, ...]:
    """Return p, m and v after the library's step t of Adam."""
    rule = Adam(learning_rate, beta1=beta1, beta2=beta2, epsilon=epsilon)
    return _step(rule, p, g, {"m": m, "v": v}, t)


def momentum(
    p: FloatArray, g: FloatArray, v: FloatArray, learning_rate: float, mu: float
) -> tuple[FloatArray, ...]:
    """Return p and v after the library's step of momentum."""
    return _step(Momentum(learning_rate, mu=mu), p, g, {"v": v}, 1)


def l2_loss(loss: float, W: FloatArray, l2: float) -> float:
    """Return the loss with the library's penalty."""
    return loss + penalty(W, 0.0, l2)


def l2_gradient(dW: FloatArray, W: FloatArray, l2: float) -> FloatArray:
    """Return the gradient with that of the library's penalty."""
    gradient = _vector(dW)
    add_penalty_gradient(_vector(W), gradient, 0.0, l2)
    return gradient["p"]
