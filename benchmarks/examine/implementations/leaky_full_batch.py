"""Functions with a dictionary: leaky ReLU, He's initialisation, columns, full batches."""

import numpy as np

ALPHA = 0.01


def get_random_params(n_input=784, n_hidden=10, n_output=10):
    params = {}
    params["w1"] = np.random.randn(n_hidden, n_input) * np.sqrt(2 / n_input)
    params["b1"] = np.zeros((n_hidden, 1))
    params["w2"] = np.random.randn(n_output, n_hidden) * np.sqrt(2 / n_hidden)
    params["b2"] = np.zeros((n_output, 1))
    return params


def leaky_relu(z):
    return np.where(z > 0, z, ALPHA * z)


def leaky_relu_grad(z):
    return np.where(z > 0, 1.0, ALPHA)


def softmax(z):
    exp = np.exp(z - z.max(axis=0))
    return exp / exp.sum(axis=0)


def encode(y, classes=10):
    return np.eye(classes)[y].T


def forward_pass(p, x):
    z1 = p["w1"] @ x + p["b1"]
    a1 = leaky_relu(z1)
    z2 = p["w2"] @ a1 + p["b2"]
    a2 = softmax(z2)
    return z1, a1, z2, a2


def nll_loss(a2, y):
    return -np.log(a2[y, np.arange(y.size)] + 1e-8).sum() / y.size


def gradients(p, x, y, z1, a1, a2):
    m = y.size
    dz2 = a2 - encode(y)
    dw2 = dz2 @ a1.T / m
    db2 = dz2.sum(axis=1, keepdims=True) / m
    dz1 = p["w2"].T @ dz2 * leaky_relu_grad(z1)
    dw1 = dz1 @ x.T / m
    db1 = dz1.sum(axis=1, keepdims=True) / m
    return {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


def apply_gradients(p, g, lr):
    for key in p:
        p[key] -= lr * g[key]
    return p


def run_training(x, y, lr=0.1, iterations=100):
    p = get_random_params()
    for i in range(iterations):
        z1, a1, z2, a2 = forward_pass(p, x)
        g = gradients(p, x, y, z1, a1, a2)
        p = apply_gradients(p, g, lr)
    return p
