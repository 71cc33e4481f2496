"""Networks of a fixed depth, with activations as functions, made from data, without biases."""

from __future__ import annotations

from byhand.examine.result import RIGHT
from byhand.examine.workspace import Workspace

FIXED_DEPTH = """
import numpy as np

def init_params(layer_sizes):
    return {
        name: array
        for i, (n_in, n_out) in enumerate(zip(layer_sizes, layer_sizes[1:]), start=1)
        for name, array in (
            (f"W{i}", np.random.randn(n_in, n_out) * 0.1), (f"b{i}", np.zeros(n_out))
        )
    }

def forward(X, params):
    A1 = np.maximum(X @ params["W1"] + params["b1"], 0)
    A2 = np.maximum(A1 @ params["W2"] + params["b2"], 0)
    Z3 = A2 @ params["W3"] + params["b3"]
    E = np.exp(Z3 - Z3.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)
"""

OWN_ACTIVATIONS = """
import numpy as np

def relu(x):
    return np.maximum(0, x)

def relu_derivative(x):
    return x > 0

def softmax(x):
    E = np.exp(x - x.max(axis=0))
    return E / E.sum(axis=0)

class Network:
    def __init__(self, layers, activations):
        self.activations = activations
        pairs = list(zip(layers, layers[1:]))
        self.weights = [np.random.randn(n_out, n_in) * 0.1 for n_in, n_out in pairs]
        self.biases = [np.zeros((n_out, 1)) for _, n_out in pairs]

    def forward_pass(self, X):
        activations_output, linear_outputs = [X], []
        for W, b, activation in zip(self.weights, self.biases, self.activations):
            linear_outputs.append(W @ activations_output[-1] + b)
            activations_output.append(activation(linear_outputs[-1]))
        return activations_output, linear_outputs

    def compute_gradients(self, X, Y):
        activations_output, linear_outputs = self.forward_pass(X)
        dWs, dbs = [None, None], [None, None]
        dZ = (activations_output[-1] - Y) / X.shape[1]
        for i in (1, 0):
            dWs[i] = dZ @ activations_output[i].T
            dbs[i] = dZ.sum(axis=1, keepdims=True)
            if i:
                dZ = self.weights[i].T @ dZ * relu_derivative(linear_outputs[i - 1])
        return dWs, dbs

def log_loss(output, target):
    return -np.sum(target * np.log(output + 1e-12)) / target.shape[1]
"""

FROM_DATA = """
import numpy as np

class NN:
    def __init__(self, X_train, Y_train):
        self.W1, self.b1 = np.random.randn(20, len(X_train)) * 0.1, np.zeros((20, 1))
        self.W2, self.b2 = np.random.randn(10, 20) * 0.1, np.zeros((10, 1))
        self.classes = len(np.unique(Y_train))

    def forward_prop(self, X):
        self.Z1 = self.W1 @ X + self.b1
        self.A1 = np.maximum(0, self.Z1)
        self.Z2 = self.W2 @ self.A1 + self.b2
        E = np.exp(self.Z2 - self.Z2.max(axis=0))
        self.A2 = E / E.sum(axis=0)

    def backward_prop(self, X, y):
        dZ2 = (self.A2 - np.eye(self.classes)[y].T) / y.size
        self.dW2, self.db2 = dZ2 @ self.A1.T, dZ2.sum(axis=1, keepdims=True)
        dZ1 = self.W2.T @ dZ2 * (self.Z1 > 0)
        self.dW1, self.db1 = dZ1 @ X.T, dZ1.sum(axis=1, keepdims=True)
"""

GIVEN_GRADIENT = """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.weights, self.bias = np.zeros((n_in, n_out)), np.zeros((1, n_out))

    def reset(self):
        self.weights = np.random.randn(*self.weights.shape) * 0.1

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias

    def backward(self, dy):
        self.dw, self.db = self.x.T @ dy, dy.sum(axis=0, keepdims=True)
        return dy @ self.weights.T

class Net:
    def __init__(self, n_in=784, n_hidden=128, n_out=10):
        self.first, self.last = Linear(n_in, n_hidden), Linear(n_hidden, n_out)

    def init_params(self, mode="zero"):
        if mode != "zero":
            self.first.reset()
            self.last.reset()

    def forward(self, x):
        self.z = self.first.forward(x)
        return self.last.forward(np.maximum(self.z, 0))

    def backward(self, dy):
        return self.first.backward(self.last.backward(dy) * (self.z > 0))
"""

WITHOUT_BIASES = """
import numpy as np

def init(x, y):
    return np.random.uniform(-1, 1, (x, y)) / np.sqrt(x)

def softmax(x):
    E = np.exp(x - x.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)

def forward_backward_pass(x, y, w1, w2):
    hidden = np.maximum(x @ w1, 0)
    out = softmax(hidden @ w2)
    error = (out - np.eye(10)[y]) / len(y)
    update_w2 = hidden.T @ error
    update_w1 = x.T @ (error @ w2.T * (hidden > 0))
    return out, update_w1, update_w2

w1 = init(64, 20)
w2 = init(20, 10)
"""


UNUSED_RATE = """
def cross_entropy_loss(predictions, true_labels):
    return -np.log(predictions[np.arange(len(true_labels)), true_labels] + 1e-12).mean()

def backward(X, true_labels, params, learning_rate):
    A1 = np.maximum(X @ params["W1"] + params["b1"], 0)
    dZ2 = forward(X, params)
    dZ2[np.arange(len(X)), true_labels] -= 1
    dZ2 /= len(X)
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0)
    dZ1 = dZ2 @ params["W2"].T * (A1 > 0)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    return dW1, db1, dW2, db2
"""

SUM_OVER_ROWS = ("E.sum(axis=1, keepdims=True)", "E.sum(axis=0)")


def right(result):
    """The names of what was compared and is right."""
    return {check.name for check in result.checks if check.status == RIGHT}


def test_a_network_of_three_layers_gets_the_sizes_of_three_layers(examined):
    result = examined(FIXED_DEPTH)

    assert "A3" in right(result)
    assert not result.causes


def test_activations_may_be_the_learners_own_functions(examined):
    result = examined(OWN_ACTIVATIONS)

    assert {"Z1", "A1", "Z2", "A2", "loss", "dW1", "db1", "dW2", "db2"} <= right(result)
    assert not result.causes


def test_a_network_may_be_made_from_data_and_store_its_output(examined):
    result = examined(FROM_DATA)

    assert {"Z1", "A1", "Z2", "A2", "dW1", "db1", "dW2", "db2"} <= right(result)
    assert not result.causes


def test_a_softmax_of_an_output_that_is_stored_is_tried_with_large_scores(examined):
    result = examined(FROM_DATA, ("np.exp(self.Z2 - self.Z2.max(axis=0))", "np.exp(self.Z2)"))

    assert [cause.name for cause in result.causes] == ["softmax_overflow"]


def test_the_mean_may_be_in_the_gradient_that_backward_is_given(examined):
    result = examined(GIVEN_GRADIENT)

    assert {"dW1", "dW2", "db1", "db2"} <= right(result)
    assert not result.causes  # neither the mean nor the zeros, which init_params replaces


def test_a_wrong_derivative_in_that_backward_pass_is_found_all_the_same(examined):
    result = examined(GIVEN_GRADIENT, ("* (self.z > 0)", "* (self.z > 1)"))

    assert result.causes


def test_a_network_may_have_no_biases_and_one_function_for_both_passes(examined):
    result = examined(WITHOUT_BIASES)

    assert {"A2", "dW1", "dW2"} <= right(result)
    assert not result.causes


def test_its_softmax_over_the_examples_is_named(examined):
    result = examined(
        WITHOUT_BIASES, ("x.max(axis=1, keepdims=True)", "x.max(axis=0)"), SUM_OVER_ROWS
    )

    assert result.causes[0].name == "softmax_over_examples"


def test_a_backward_pass_may_take_a_learning_rate_that_it_does_not_use(examined):
    whole = FIXED_DEPTH + UNUSED_RATE

    result = examined(whole, ('"W3"', '"W2"'), ('"b3"', '"b2"'), ("A2 @", "A1 @"))

    assert {"A2", "loss", "dW1", "db1", "dW2", "db2"} <= right(result)
    assert not result.causes


def test_a_forward_pass_that_cannot_be_called_is_no_mistake_but_needs_an_adapter(examined):
    result = examined(FIXED_DEPTH, ('params["W3"]', 'params["last"]'))

    assert "KeyError: 'last'" in result.error
    assert "def forward" in result.advice
    assert not result.causes


def test_p_beside_weights_is_the_probability_that_a_unit_is_kept():
    def forward(x, w1, b1, p):
        return x, w1, b1, p

    space = Workspace({"X": 1, "params": {}, "keep": 1.0}, quantities={("W", 1): 2, ("b", 1): 3})

    assert space.call(forward) == (1, 2, 3, 1.0)
    assert space.call(lambda x, p: p) == {}
