"""Lesson 7: initialisation. `byhand course check 7` checks this file."""

import numpy as np


def he(n_in, n_out, rng):
    """Draw initial weights for a layer with ReLU  (He et al. 2015).

    W[j, k] is normal with mean 0 and variance 2 / n_in

    Args:
        n_in: inputs of the layer.
        n_out: units of the layer.
        rng: a NumPy random generator; `rng.standard_normal((2, 3))` has variance 1.

    Returns:
        W: (n_in, n_out).
    """
    return rng.standard_normal((n_in, n_out)) * np.sqrt(2 / n_in)


def glorot(n_in, n_out, rng):
    """Draw initial weights for a layer with tanh or sigmoid  (Glorot & Bengio 2010).

    W[j, k] is uniform between -r and r, with r = sqrt(6 / (n_in + n_out))

    Args:
        n_in: inputs of the layer.
        n_out: units of the layer.
        rng: a NumPy random generator; `rng.uniform(-1, 1, (2, 3))` is uniform.

    Returns:
        W: (n_in, n_out).
    """
    r = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-r, r, (n_in, n_out))


def spread(X, weights):
    """Measure how the size of the signal changes from layer to layer.

    A[0] = X,   A[l] = max(A[l-1] W[l], 0),   spread[l] = standard deviation of all numbers of A[l]

    Args:
        X: (n, d).
        weights: a list of L matrices W[1], ..., W[L].

    Returns:
        spread: (L,), for the layers 1 to L.
    """
    A, spreads = X, []
    for W in weights:
        A = np.maximum(A @ W, 0)
        spreads.append(A.std())
    return np.array(spreads)
