"""Lesson 2: one neuron learns to answer yes or no. `byhand course check 2` checks this file."""

import numpy as np


def neuron(X, w, b):
    """Compute the output of one neuron with a sigmoid, for n examples.

    z[i] = X[i, 0] w[0] + ... + X[i, d-1] w[d-1] + b,    a[i] = 1 / (1 + exp(-z[i]))

    Args:
        X: (n, d).
        w: (d,).
        b: one number.

    Returns:
        a: (n,), between 0 and 1.
    """
    return 1 / (1 + np.exp(-(X @ w + b)))


def log_loss(a, y):
    """Compute the mean cross-entropy between outputs and answers.

    L = mean over i of  -y[i] log(a[i]) - (1 - y[i]) log(1 - a[i])

    Outputs of exactly 0 or 1 must not give infinity: keep a between 1e-12 and 1 - 1e-12 first.

    Args:
        a: (n,), between 0 and 1.
        y: (n,), each 0 or 1.

    Returns:
        L: one number.
    """
    a = np.clip(a, 1e-12, 1 - 1e-12)
    return np.mean(-y * np.log(a) - (1 - y) * np.log(1 - a))


def neuron_gradient(X, a, y):
    """Compute the gradient of the mean cross-entropy with respect to w and b.

    dz[i] = (a[i] - y[i]) / n,    dw[j] = sum over i of X[i, j] dz[i],    db = sum over i of dz[i]

    Args:
        X: (n, d).
        a: (n,), outputs of the neuron for X.
        y: (n,), each 0 or 1.

    Returns:
        dw, db: (d,) and one number.
    """
    dz = (a - y) / len(y)
    return X.T @ dz, dz.sum()


def descend(X, y, w, b, learning_rate, steps):
    """Take steps of gradient descent on all examples.

    w <- w - learning_rate * dw,    b <- b - learning_rate * db

    Args:
        X: (n, d).
        y: (n,), each 0 or 1.
        w: (d,), the weights to begin with.
        b: the bias to begin with.
        learning_rate: size of a step.
        steps: number of steps.

    Returns:
        w, b: after the last step. The arguments are not changed.
    """
    for _ in range(steps):
        dw, db = neuron_gradient(X, neuron(X, w, b), y)
        w = w - learning_rate * dw
        b = b - learning_rate * db
    return w, b
