"""Lesson 3: softmax and cross-entropy. `byhand course check 3` checks this file."""

import numpy as np


def softmax(Z):
    """Turn each row of scores into probabilities.

    A[i, k] = exp(Z[i, k]) / sum over j of exp(Z[i, j])

    Scores of 1000 must not overflow: subtract the largest score of each row first, which does not
    change the result.

    Args:
        Z: (n, K).

    Returns:
        A: (n, K); each row sums to 1.
    """
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def cross_entropy(A, labels):
    """Compute the mean of -log of the probability given to the label.

    L = mean over i of -log(A[i, labels[i]])

    A probability of exactly 0 must not give infinity: raise it to 1e-12 first.

    Args:
        A: (n, K), probabilities.
        labels: (n,), integers from 0 to K - 1.

    Returns:
        L: one number.
    """
    p = A[np.arange(len(labels)), labels]
    return -np.log(np.maximum(p, 1e-12)).mean()


def softmax_gradient(A, labels):
    """Compute the gradient of the mean cross-entropy with respect to the scores Z.

    dZ[i, k] = (A[i, k] - T[i, k]) / n,    T[i, k] = 1 where k = labels[i], else 0

    Args:
        A: (n, K), probabilities.
        labels: (n,), integers from 0 to K - 1.

    Returns:
        dZ: (n, K).
    """
    T = np.eye(A.shape[1])[labels]
    return (A - T) / len(labels)
