"""Kinds of networks that are recognised: hidden layers may have different activations."""

from __future__ import annotations

import pytest

from byhand.examine.result import RIGHT

MIXED = """
import numpy as np

def init_params():
    shapes = [(64, 16), (16, 12), (12, 10)]
    return [[np.random.randn(*shape) * 0.2, np.zeros(shape[1])] for shape in shapes]

def relu(z):
    return np.maximum(0, z)

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def forward(X, params):
    (W1, b1), (W2, b2), (W3, b3) = params
    Z1 = X @ W1 + b1
    A1 = relu(Z1)
    Z2 = A1 @ W2 + b2
    A2 = np.tanh(Z2)
    Z3 = A2 @ W3 + b3
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "Z3": Z3, "A3": softmax(Z3)}

def backward(X, Y, params, cache):
    (W1, b1), (W2, b2), (W3, b3) = params
    dZ3 = (cache["A3"] - Y) / len(X)
    dZ2 = dZ3 @ W3.T * (1 - cache["A2"] ** 2)
    dZ1 = dZ2 @ W2.T * (cache["Z1"] > 0)
    inputs = X, cache["A1"], cache["A2"]
    return [[A.T @ dZ, dZ.sum(axis=0)] for A, dZ in zip(inputs, (dZ1, dZ2, dZ3))]

def update(params, grads, lr):
    return [[W - lr * dW, b - lr * db] for (W, b), (dW, db) in zip(params, grads)]
"""


def test_hidden_layers_may_have_different_activations(examined):
    result = examined(MIXED)

    assert not result.causes
    assert ", relu, tanh, softmax, " in result.network
    shown = {check.name for check in result.checks if check.status == RIGHT}
    assert {"Z1", "A1", "Z2", "A2", "Z3", "A3", "dW1", "dW2", "dW3"} <= shown


@pytest.mark.parametrize(
    ("old", "new", "cause", "place"),
    [
        ("(1 - cache[\"A2\"] ** 2)", "(cache[\"Z2\"] > 0)", "slope_of_other_activation", "dW2"),
        ("(1 - cache[\"A2\"] ** 2)", "1", "slope_missing", "dW2"),
        ("(1 - cache[\"A2\"] ** 2)", "(1 - cache[\"Z2\"] ** 2)", "slope_formula_of_z", "dW2"),
        ("(cache[\"Z1\"] > 0)", "(cache[\"Z1\"] < 0)", "slope_inverted", "dW1"),
        ("A.T @ dZ,", "A.T @ dZ / len(X),", "mean_twice_in_weights", "dW3"),
    ],
)  # fmt: skip
def test_a_mistake_among_different_activations_is_named(examined, old, new, cause, place):
    found = examined(MIXED, (old, new)).causes

    assert found[0].name == cause
    assert found[0].shows_in == place
