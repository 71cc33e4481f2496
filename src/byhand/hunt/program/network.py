"""A network 64-32-32-10 with leaky ReLU, dropout and softmax; rows are examples."""

import numpy as np

SIZES = (64, 32, 32, 10)
LEAK = 0.1
L2 = 0.001


def initialise(rng):
    """He's initialisation: weights from N(0, 2 / inputs), biases 0."""
    parameters = {}
    for layer in (1, 2, 3):
        inputs, units = SIZES[layer - 1], SIZES[layer]
        parameters[f"W{layer}"] = rng.normal(0, np.sqrt(2 / inputs), (inputs, units))
        parameters[f"b{layer}"] = np.zeros(units)
    return parameters


def leaky_relu(Z):
    """Z where it is positive, else 0.1 Z."""
    return np.where(Z > 0, Z, LEAK * Z)


def slope(Z):
    """The derivative of leaky_relu at Z."""
    return np.where(Z > 0, 1, LEAK)


def softmax(Z):
    """Probabilities: each row is positive and sums to 1."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def forward(p, X, keep=1.0, rng=None):
    """Every value from the inputs A0 to the probabilities A3; keep < 1 drops units of layer 1."""
    c = {"A0": X}
    c["Z1"] = c["A0"] @ p["W1"] + p["b1"]
    c["D1"] = np.ones(c["Z1"].shape) if keep == 1 else (rng.random(c["Z1"].shape) < keep) / keep
    c["A1"] = leaky_relu(c["Z1"]) * c["D1"]
    c["Z2"] = c["A1"] @ p["W2"] + p["b2"]
    c["A2"] = leaky_relu(c["Z2"])
    c["Z3"] = c["A2"] @ p["W3"] + p["b3"]
    c["A3"] = softmax(c["Z3"])
    return c


def loss(p, A3, T):
    """Mean cross-entropy of the probabilities A3 for the one-hot labels T, plus the L2 penalty."""
    cross_entropy = -(T * np.log(A3 + 1e-12)).sum(axis=1).mean()
    penalty = L2 / 2 * sum((p[name] ** 2).sum() for name in ("W1", "W2", "W3"))
    return cross_entropy + penalty


def backward(p, c, T):
    """The gradient of the loss for each parameter, by the chain rule, from the output backwards."""
    g = {}
    dZ3 = (c["A3"] - T) / len(T)
    g["W3"] = c["A2"].T @ dZ3 + L2 * p["W3"]
    g["b3"] = dZ3.sum(axis=0)
    dA2 = dZ3 @ p["W3"].T
    dZ2 = dA2 * slope(c["Z2"])
    g["W2"] = c["A1"].T @ dZ2 + L2 * p["W2"]
    g["b2"] = dZ2.sum(axis=0)
    dA1 = dZ2 @ p["W2"].T
    dZ1 = dA1 * c["D1"] * slope(c["Z1"])
    g["W1"] = c["A0"].T @ dZ1 + L2 * p["W1"]
    g["b1"] = dZ1.sum(axis=0)
    return g
