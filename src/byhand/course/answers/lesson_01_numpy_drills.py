"""Lesson 1: NumPy drills. Fill in each function; `byhand course check 1` checks this file.

Each row is an example: X has the shape (n, d), n examples of d numbers each. No function needs a
loop.
"""

import numpy as np


def scale_pixels(images):
    """Turn images into rows of numbers between 0 and 1.

    X[i] = the pixels of image i, row after row, divided by 255

    Args:
        images: (n, height, width), integers from 0 to 255.

    Returns:
        X: (n, height * width), floats from 0 to 1.
    """
    return images.reshape(len(images), -1) / 255


def column_means(X):
    """Compute the mean of each column.

    mean[j] = (X[0, j] + ... + X[n-1, j]) / n

    Args:
        X: (n, d).

    Returns:
        mean: (d,).
    """
    return X.mean(axis=0)


def standardise(X):
    """Give each column mean 0 and standard deviation 1.

    S[i, j] = (X[i, j] - mean[j]) / deviation[j]

    The deviation is the square root of the mean of (X[i, j] - mean[j])^2, which is `X.std(axis=0)`.

    Args:
        X: (n, d).

    Returns:
        S: (n, d).
    """
    return (X - X.mean(axis=0)) / X.std(axis=0)


def one_hot(labels, K):
    """Turn class k into a row of zeros with a 1 in column k.

    T[i, k] = 1 where k = labels[i], else 0

    Args:
        labels: (n,), integers from 0 to K - 1.
        K: number of classes.

    Returns:
        T: (n, K).
    """
    return np.eye(K)[labels]


def pick(P, labels):
    """From each row take the number in the column of its label.

    p[i] = P[i, labels[i]]

    Args:
        P: (n, K).
        labels: (n,), integers from 0 to K - 1.

    Returns:
        p: (n,).
    """
    return P[np.arange(len(labels)), labels]


def accuracy(P, labels):
    """Compute the fraction of rows whose largest number is in the column of the label.

    Args:
        P: (n, K).
        labels: (n,).

    Returns:
        fraction: one number between 0 and 1.
    """
    return np.mean(P.argmax(axis=1) == labels)
