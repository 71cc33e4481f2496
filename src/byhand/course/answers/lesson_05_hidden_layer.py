"""Lesson 5: a hidden layer, for a whole batch. `byhand course check 5` checks this file.

Each row is an example:

    Z1 = X W1 + b1,   A1 = max(Z1, 0),   Z2 = A1 W2 + b2,   A2 = softmax(Z2)
"""

import numpy as np


def slopes(Z):
    """Compute the derivatives of four activations at Z.

    relu        1 where z > 0, else 0
    leaky relu  1 where z > 0, else 0.01
    sigmoid     s(z) (1 - s(z)),  s(z) = 1 / (1 + exp(-z))
    tanh        1 - tanh(z)^2

    Args:
        Z: (n, h), inputs of the activation, none of them 0.

    Returns:
        relu, leaky, sigmoid, tanh: four arrays (n, h).
    """
    s = 1 / (1 + np.exp(-Z))
    return (Z > 0) * 1.0, np.where(Z > 0, 1, 0.01), s * (1 - s), 1 - np.tanh(Z) ** 2


def forward(X, W1, b1, W2, b2):
    """Compute everything from the inputs to the probabilities.

    Args:
        X: (n, d).
        W1: (d, h).
        b1: (h,).
        W2: (h, K).
        b2: (K,).

    Returns:
        Z1, A1, Z2, A2: (n, h), (n, h), (n, K), (n, K).
    """
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    return Z1, A1, Z2, E / E.sum(axis=1, keepdims=True)


def backward(X, labels, Z1, A1, A2, W2):
    """Compute the gradients of the mean cross-entropy.

    dZ2 = (A2 - T) / n,   dW2 = A1^T dZ2,   db2 = sum over the rows of dZ2,
    dZ1 = (dZ2 W2^T) * relu'(Z1),   dW1 = X^T dZ1,   db1 = sum over the rows of dZ1

    Args:
        X: (n, d).
        labels: (n,), integers from 0 to K - 1.
        Z1: (n, h).
        A1: (n, h).
        A2: (n, K).
        W2: (h, K).

    Returns:
        dW1, db1, dW2, db2: (d, h), (h,), (h, K), (K,).
    """
    T = np.eye(A2.shape[1])[labels]
    dZ2 = (A2 - T) / len(labels)
    dZ1 = (dZ2 @ W2.T) * (Z1 > 0)
    return X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dZ2, dZ2.sum(axis=0)


def train(X, labels, W1, b1, W2, b2, learning_rate, steps):
    """Take steps of gradient descent on all examples.

    Every gradient of a step is computed with the parameters from before that step.

    Args:
        X: (n, d).
        labels: (n,).
        W1: (d, h).
        b1: (h,).
        W2: (h, K).
        b2: (K,).
        learning_rate: size of a step.
        steps: number of steps.

    Returns:
        W1, b1, W2, b2: after the last step. The arguments are not changed.
    """
    for _ in range(steps):
        Z1, A1, _, A2 = forward(X, W1, b1, W2, b2)
        dW1, db1, dW2, db2 = backward(X, labels, Z1, A1, A2, W2)
        W1 = W1 - learning_rate * dW1
        b1 = b1 - learning_rate * db1
        W2 = W2 - learning_rate * dW2
        b2 = b2 - learning_rate * db2
    return W1, b1, W2, b2
