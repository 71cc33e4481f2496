"""Layers as closures, put together by the script."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

rng = np.random.default_rng(0)


def linear(n_in, n_out):
    W = rng.normal(0, np.sqrt(1 / n_in), size=(n_in, n_out))
    b = np.zeros(n_out)
    seen = {}

    def forward(x):
        seen["x"] = x
        return x @ W + b

    def backward(grad, rate):
        nonlocal W, b
        grad_in = grad @ W.T
        W = W - rate * seen["x"].T @ grad
        b = b - rate * grad.sum(axis=0)
        return grad_in

    return forward, backward


def tanh():
    seen = {}

    def forward(x):
        seen["y"] = np.tanh(x)
        return seen["y"]

    def backward(grad, rate):
        return grad * (1 - seen["y"] ** 2)

    return forward, backward


def cross_entropy(scores, labels):
    shifted = scores - scores.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    n = len(labels)
    loss = -logp[np.arange(n), labels].mean()
    grad = np.exp(logp)
    grad[np.arange(n), labels] -= 1
    return loss, grad / n


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.2, random_state=0)

layers = [linear(64, 32), tanh(), linear(32, 10)]


def run(x):
    for forward, _ in layers:
        x = forward(x)
    return x


for epoch in range(30):
    order = rng.permutation(len(X_train))
    for i in range(0, len(order), 32):
        rows = order[i : i + 32]
        scores = run(X_train[rows])
        loss, grad = cross_entropy(scores, y_train[rows])
        for _, backward in reversed(layers):
            grad = backward(grad, 0.3)
    if epoch % 5 == 0:
        print(epoch, loss, (run(X_test).argmax(axis=1) == y_test).mean())
