"""Lesson 12: making it fast. `byhand course check 12` checks this file, and its time."""

import numpy as np


def layer(X, W, b):
    """Compute a layer without a Python loop.

    Z[i, k] = sum over j of X[i, j] W[j, k], + b[k]

    Args:
        X: (n, n_in).
        W: (n_in, n_out).
        b: (n_out,).

    Returns:
        Z: (n, n_out).
    """
    return X @ W + b


def distances(X, Y):
    """Compute all squared distances between the rows of two matrices, without a loop.

    D[i, j] = sum over k of (X[i, k] - Y[j, k])^2 = |X[i]|^2 - 2 X[i] . Y[j] + |Y[j]|^2

    Args:
        X: (n, d).
        Y: (m, d).

    Returns:
        D: (n, m).
    """
    return (X**2).sum(axis=1)[:, None] - 2 * X @ Y.T + (Y**2).sum(axis=1)


def relu_float32(X, W, b):
    """Compute max(X W + b, 0) in float32, which is twice as fast as float64.

    Args:
        X: (n, n_in), float32.
        W: (n_in, n_out), float32.
        b: (n_out,), float64, as it came out of a file.

    Returns:
        A: (n, n_out), float32.
    """
    return np.maximum(X @ W + b.astype(np.float32), 0)


def sgd_in_place(p, g, learning_rate):
    """Take a step without a new array for p: p itself must change.

    p <- p - learning_rate * g

    Args:
        p: (d,), changed.
        g: (d,), unchanged.
        learning_rate: size of the step.

    Returns:
        nothing.
    """
    p -= learning_rate * g
