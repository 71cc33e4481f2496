"""Lesson 10: over-fitting and regularisation. `byhand course check 10` checks this file."""

import numpy as np


def l2_loss(loss, W, l2):
    """Add the L2 penalty to a loss.

    loss + l2 / 2 * sum of W[j, k]^2

    Args:
        loss: mean loss of the batch, one number.
        W: (n_in, n_out).
        l2: strength of the penalty.

    Returns:
        total: one number.
    """
    return loss + l2 / 2 * np.sum(W**2)


def l2_gradient(dW, W, l2):
    """Add the gradient of the L2 penalty to the gradient of the weights.

    dW + l2 W

    Args:
        dW: (n_in, n_out).
        W: (n_in, n_out).
        l2: strength of the penalty.

    Returns:
        total: (n_in, n_out), a new array.
    """
    return dW + l2 * W


def dropout(A, rate, training, rng):
    """Set a random part of the outputs to 0, but only in training.

    In training each number of A becomes 0 with probability `rate`; the others are divided by
    (1 - rate), so that the mean stays the same. Otherwise A is returned unchanged.

    Args:
        A: (n, h).
        rate: fraction to drop, below 1.
        training: True in training, False in prediction.
        rng: a NumPy random generator; `rng.random((2, 3))` is uniform between 0 and 1.

    Returns:
        A: (n, h).
    """
    if not training:
        return A
    return A * (rng.random(A.shape) >= rate) / (1 - rate)


def early_stopping(losses, patience):
    """Find the best epoch, and where training stops.

    Training stops after the first epoch that is `patience` epochs later than the best one so far.
    Only a lower loss is better. Epochs count from 0.

    Args:
        losses: (epochs,), validation loss after each epoch.
        patience: epochs to wait for something better.

    Returns:
        best, last: the best epoch until then, and the last epoch that is trained.
    """
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return best, epoch
    return best, len(losses) - 1
