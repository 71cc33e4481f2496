"""Lesson 6: mini-batches. `byhand course check 6` checks this file."""

import numpy as np


def steps_per_epoch(n, size, drop_last):
    """Count the batches of an epoch.

    Args:
        n: number of examples.
        size: examples in a batch.
        drop_last: whether a short batch at the end is left out.

    Returns:
        steps: an integer.
    """
    return n // size if drop_last else -(-n // size)


def batches(n, size, rng):
    """Divide the rows 0 to n - 1 into batches, in a new random order.

    Every row is in exactly one batch. All batches have `size` rows; the last may have fewer.

    Args:
        n: number of examples.
        size: examples in a batch.
        rng: a NumPy random generator; `rng.permutation(n)` is an order of the rows.

    Returns:
        batches: a list of arrays of row numbers.
    """
    order = rng.permutation(n)
    return [order[start : start + size] for start in range(0, n, size)]


def epoch(X, labels, W, b, learning_rate, batches):
    """Train a softmax layer for one epoch, with one step for each batch.

    For the rows of each batch:  A = softmax(X W + b),  dZ = (A - T) / (number of rows),
    W <- W - learning_rate * X^T dZ,   b <- b - learning_rate * (sum over the rows of dZ)

    Args:
        X: (n, d).
        labels: (n,).
        W: (d, K).
        b: (K,).
        learning_rate: size of a step.
        batches: a list of arrays of row numbers.

    Returns:
        W, b: after the last step. The arguments are not changed.
    """
    T = np.eye(len(b))[labels]
    for rows in batches:
        Z = X[rows] @ W + b
        E = np.exp(Z - Z.max(axis=1, keepdims=True))
        dZ = (E / E.sum(axis=1, keepdims=True) - T[rows]) / len(rows)
        W = W - learning_rate * X[rows].T @ dZ
        b = b - learning_rate * dZ.sum(axis=0)
    return W, b


def epoch_loss(losses, sizes):
    """Compute the mean loss of all examples from the mean losses of the batches.

    Args:
        losses: (m,), mean loss of each batch.
        sizes: (m,), number of examples in each batch; the last is often smaller.

    Returns:
        loss: one number.
    """
    return np.sum(losses * sizes) / np.sum(sizes)
