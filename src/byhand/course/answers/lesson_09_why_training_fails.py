"""Lesson 9: why training fails. `byhand course check 9` checks this file."""

import numpy as np


def numeric_gradient(f, w, h):
    """Measure the gradient of f at w by central differences.

    g[j] = (f(w + h e_j) - f(w - h e_j)) / (2 h),    e_j is 1 at place j and 0 elsewhere

    Args:
        f: a function of a vector (d,) that returns a number.
        w: (d,); it must have its old values when you return.
        h: a small number.

    Returns:
        g: (d,).
    """
    g = np.zeros(len(w))
    for j in range(len(w)):
        e = np.zeros(len(w))
        e[j] = h
        g[j] = (f(w + e) - f(w - e)) / (2 * h)
    return g


def relative_error(g, measured):
    """Compare a gradient with the measured one.

    error = |g - measured| / (|g| + |measured|),    |v| = sqrt(sum of v[j]^2)

    Args:
        g: (d,).
        measured: (d,).

    Returns:
        error: one number from 0 (equal) to 1 (opposite).
    """
    return np.linalg.norm(g - measured) / (np.linalg.norm(g) + np.linalg.norm(measured))


def dead_units(Z):
    """Compute the fraction of ReLU units that are 0 for every example.

    A unit is dead if none of its Z is positive.

    Args:
        Z: (n, h), inputs of the ReLU for n examples and h units.

    Returns:
        fraction: dead units divided by h.
    """
    return np.mean((Z <= 0).all(axis=0))


def clip(g, limit):
    """Shorten a gradient that is too long, but keep its direction.

    g if |g| <= limit, else g * limit / |g|,    |g| = sqrt(sum of g[j]^2)

    Args:
        g: (d,).
        limit: the largest length allowed.

    Returns:
        clipped: (d,).
    """
    length = np.linalg.norm(g)
    return g if length <= limit else g * limit / length
