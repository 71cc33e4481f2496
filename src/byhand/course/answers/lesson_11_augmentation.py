"""Lesson 11: augmentation and ensembles. `byhand course check 11` checks this file."""

import numpy as np


def shift(image, down, right):
    """Move an image by whole pixels and fill the empty places with 0.

    moved[i, j] = image[i - down, j - right] where that pixel exists, else 0

    Args:
        image: (height, width).
        down: rows to move down; negative is up.
        right: columns to move right; negative is left.

    Returns:
        moved: (height, width), a new array.
    """
    height, width = image.shape
    moved = np.zeros_like(image)
    rows = slice(max(down, 0), min(height + down, height))
    columns = slice(max(right, 0), min(width + right, width))
    from_rows = slice(max(-down, 0), min(height - down, height))
    from_columns = slice(max(-right, 0), min(width - right, width))
    moved[rows, columns] = image[from_rows, from_columns]
    return moved


def vote(predictions, K):
    """Let M networks vote: the class with the most votes wins; in a draw, the lowest of them.

    Args:
        predictions: (M, n), the class that each network gives to each example.
        K: number of classes.

    Returns:
        classes: (n,).
    """
    votes = np.eye(K)[predictions].sum(axis=0)
    return votes.argmax(axis=1)


def ensemble(P):
    """Average the probabilities of M networks, and choose the likeliest class.

    mean[i, k] = (P[0, i, k] + ... + P[M-1, i, k]) / M

    Args:
        P: (M, n, K), probabilities of each network.

    Returns:
        mean, classes: (n, K) and (n,).
    """
    mean = P.mean(axis=0)
    return mean, mean.argmax(axis=1)
