"""Networks that take one example at a time, return classes, or were told how many there are."""

from __future__ import annotations

import pytest

from byhand.examine.result import RIGHT

ONE_AT_A_TIME = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

class Net:
    def __init__(self, sizes):
        self.weights = [np.random.randn(o, i) * 0.1 for i, o in zip(sizes, sizes[1:])]
        self.biases = [np.zeros((o, 1)) for o in sizes[1:]]

    def feedforward(self, a):
        for W, b in zip(self.weights, self.biases):
            a = sigmoid(W @ a + b)
        return a

    def backprop(self, x, y):
        nabla_w, nabla_b = [None, None], [None, None]
        hidden = sigmoid(self.weights[0] @ x + self.biases[0])
        out = sigmoid(self.weights[1] @ hidden + self.biases[1])
        delta = (out - y) * out * (1 - out)
        nabla_w[1], nabla_b[1] = delta @ hidden.T, delta
        delta = self.weights[1].T @ delta * hidden * (1 - hidden)
        nabla_w[0], nabla_b[0] = delta @ x.T, delta
        return nabla_b, nabla_w

    def update_mini_batch(self, mini_batch, eta):
        for_w = [np.zeros(w.shape) for w in self.weights]
        for_b = [np.zeros(b.shape) for b in self.biases]
        for x, y in mini_batch:
            nabla_b, nabla_w = self.backprop(x, y)
            for_w = [total + one for total, one in zip(for_w, nabla_w)]
            for_b = [total + one for total, one in zip(for_b, nabla_b)]
        eta = eta / len(mini_batch)
        self.weights = [w - eta * g for w, g in zip(self.weights, for_w)]
        self.biases = [b - eta * g for b, g in zip(self.biases, for_b)]
"""

CLASSES_ONLY = """
import numpy as np

class Net:
    def __init__(self, input_size, hidden_size, output_size, learning_rate, epochs):
        self.learning_rate, self.epochs = learning_rate, epochs
        self.weights1 = np.random.randn(input_size, hidden_size) * 0.1
        self.bias1 = np.zeros((1, hidden_size))
        self.weights2 = np.random.randn(hidden_size, output_size) * 0.1
        self.bias2 = np.zeros((1, output_size))

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def fit(self, X, y):
        for _ in range(self.epochs):
            a1 = self.sigmoid(X @ self.weights1 + self.bias1)
            a2 = self.sigmoid(a1 @ self.weights2 + self.bias2)
            up2 = (y - a2) * a2 * (1 - a2) / len(X)
            up1 = up2 @ self.weights2.T * a1 * (1 - a1)
            self.weights2 += self.learning_rate * a1.T @ up2
            self.bias2 += self.learning_rate * up2.sum(axis=0, keepdims=True)
            self.weights1 += self.learning_rate * X.T @ up1
            self.bias1 += self.learning_rate * up1.sum(axis=0, keepdims=True)

    def predict(self, X):
        a1 = self.sigmoid(X @ self.weights1 + self.bias1)
        return (self.sigmoid(a1 @ self.weights2 + self.bias2) > 0.5).astype(int)
"""

TOLD_COUNT = """
import numpy as np

class Net:
    def __init__(self, m):
        self.m = m
        self.W1, self.b1 = np.random.rand(16, 64) * 0.2 - 0.1, np.zeros((16, 1))
        self.W2, self.b2 = np.random.rand(10, 16) * 0.2 - 0.1, np.zeros((10, 1))

    def forward_prop(self, X):
        Z1 = self.W1 @ X + self.b1
        A1 = np.maximum(Z1, 0)
        Z2 = self.W2 @ A1 + self.b2
        E = np.exp(Z2 - Z2.max(axis=0))
        A2 = E / E.sum(axis=0)
        return Z1, A1, Z2, A2

    def backward_prop(self, Z1, A1, Z2, A2, X, Y):
        dZ2 = A2 - np.eye(10)[Y].T
        dW2, db2 = dZ2 @ A1.T / self.m, dZ2.sum(axis=1, keepdims=True) / self.m
        dZ1 = self.W2.T @ dZ2 * (Z1 > 0)
        dW1, db1 = dZ1 @ X.T / self.m, dZ1.sum(axis=1, keepdims=True) / self.m
        return dW1, db1, dW2, db2
"""


@pytest.mark.parametrize(
    ("source", "kind"),
    [(ONE_AT_A_TIME, "new W1"), (CLASSES_ONLY, "new W1"), (TOLD_COUNT, "dW1")],
    ids=["one at a time", "classes only", "told count"],
)
def test_a_right_network_is_compared_and_not_accused(examined, source, kind):
    result = examined(source)

    assert [one.name for one in result.causes] == []
    assert {one.name: one.status for one in result.checks}[kind] == RIGHT


@pytest.mark.parametrize(
    ("source", "right", "wrong", "name"),
    [
        (ONE_AT_A_TIME, " / len(mini_batch)", "", "mean_missing"),
        (CLASSES_ONLY, " / len(X)", "", "mean_missing"),
        (TOLD_COUNT, "(Z1 > 0)", "1", "slope_missing"),
    ],
    ids=["one at a time", "classes only", "told count"],
)
def test_a_mistake_in_it_is_named(examined, source, right, wrong, name):
    result = examined(source, (right, wrong))

    assert [one.name for one in result.causes] == [name]


LOOPS = """
import numpy as np

def get_weights():
    return [np.random.randn(64, 16) * 0.1, np.random.randn(16, 10) * 0.1]

def get_biases():
    return [np.random.randn(16) * 0.1, np.random.randn(10) * 0.1]

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def feed_forward(image, weights, biases):
    zs, activations = [], [image]
    for W, b in zip(weights, biases):
        z = np.array([sum(activations[-1] * W[:, unit]) + b[unit] for unit in range(len(b))])
        zs.append(z)
        activations.append(sigmoid(z))
    return zs, activations

def back_prop(zs, activations, target, weights):
    delta = (activations[2] - target) * activations[2] * (1 - activations[2])
    last = np.outer(activations[1], delta), delta
    delta = (weights[1] @ delta) * activations[1] * (1 - activations[1])
    return [np.outer(activations[0], delta), last[0]], [delta, last[1]]
"""


def test_one_example_as_a_vector_with_weights_and_biases_of_two_functions(examined):
    result = examined(LOOPS)

    found = {one.name: one.status for one in result.checks}
    assert result.causes == ()
    assert found["A2"] == found["dW1"] == found["db2"] == RIGHT


ROW_ONLY = """
import numpy as np

class Net:
    def __init__(self):
        self.W1, self.b1 = np.random.randn(784, 32) * 0.05, np.zeros((1, 32))
        self.W2, self.b2 = np.random.randn(32, 10) * 0.05, np.zeros((1, 10))

    def forward(self, x):
        self.z1 = x @ self.W1 + self.b1
        self.a1 = np.maximum(self.z1, 0)
        scores = self.a1 @ self.W2 + self.b2
        e = np.exp(scores - scores.max())
        self.a2 = e / e.sum()
        return self.a2

    def backward(self, x, y):
        x = x.reshape(1, -1)
        dz2 = self.a2 - y
        dz1 = dz2 @ self.W2.T * (self.z1 > 0)
        return x.T @ dz1, dz1, self.a1.T @ dz2, dz2
"""


def test_code_for_one_row_is_not_accused_of_shapes_that_a_batch_has(examined):
    assert "shapes" not in {cause.name for cause in examined(ROW_ONLY).causes}


MOMENTUM = ONE_AT_A_TIME.replace(
    "self.weights = [w - eta * g for w, g in zip(self.weights, for_w)]",
    "self.velocity = [0.1 * g for g in for_w]\n"
    "        self.weights = [w - eta * v for w, v in zip(self.weights, self.velocity)]",
)


def test_a_step_with_momentum_is_not_compared(examined):
    result = examined(MOMENTUM)

    assert result.causes == ()
    assert any("momentum" in note for note in result.notes)
