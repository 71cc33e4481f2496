"""Lesson 8: optimizers. `byhand course check 8` checks this file.

In each function p are parameters, g their gradient, and both have the same shape.
"""

import numpy as np


def momentum_step(p, g, v, learning_rate, mu):
    """Take one step of descent with momentum.

    v <- mu v + g,    p <- p - learning_rate * v  (with the new v)

    Args:
        p: parameters.
        g: gradient.
        v: velocity, 0 before the first step.
        learning_rate: size of a step.
        mu: fraction of the velocity that is kept, such as 0.9.

    Returns:
        p, v: new arrays. The arguments are not changed.
    """
    v = mu * v + g
    return p - learning_rate * v, v


def adam_step(p, g, m, v, t, learning_rate, beta1, beta2, epsilon):
    """Take step t of Adam  (Kingma & Ba 2015).

    m <- beta1 m + (1 - beta1) g,          m_hat = m / (1 - beta1^t)
    v <- beta2 v + (1 - beta2) g^2,        v_hat = v / (1 - beta2^t)
    p <- p - learning_rate * m_hat / (sqrt(v_hat) + epsilon)

    Args:
        p: parameters.
        g: gradient.
        m: mean of the gradients, 0 before the first step.
        v: mean of their squares, 0 before the first step.
        t: number of this step; the first is 1.
        learning_rate: size of a step.
        beta1: fraction of m that is kept.
        beta2: fraction of v that is kept.
        epsilon: a small number that keeps the division safe.

    Returns:
        p, m, v: new arrays, m and v as they are before the correction.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return p - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v


def cosine(epoch, epochs, start):
    """Compute the learning rate of a schedule that falls along half a cosine.

    rate = start / 2 * (1 + cos(pi * epoch / epochs))

    Args:
        epoch: epochs done, from 0 to `epochs`.
        epochs: length of the training.
        start: learning rate at epoch 0.

    Returns:
        rate: one number, from `start` down to 0.
    """
    return start / 2 * (1 + np.cos(np.pi * epoch / epochs))
