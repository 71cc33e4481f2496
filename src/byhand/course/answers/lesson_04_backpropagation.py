"""Lesson 4: backpropagation on paper. `byhand course check 4` checks this file.

The network of this lesson has one hidden layer with ReLU and a softmax:

    z1 = x W1 + b1,  a1 = max(z1, 0),  z2 = a1 W2 + b2,  a2 = softmax(z2),  loss = -log a2[label]

Here x is ONE example, so x, z1, a1, z2 and a2 are vectors.
"""

import numpy as np


def paper():
    """Write down what you computed on paper, to three decimals.

    x = (1, 2),  b1 = (0, 0),  b2 = (0, 0),  label 1 (the second class), and

        W1 =  1    -1        W2 =  0.5  -0.5
              0.5  -0.5            1    -1

    Returns:
        z1, a1, z2, a2, loss, dz2, dW2, dz1, dW1: lists such as [0.5, -0.5]; dW1 and dW2 as two
        rows, [[1, 2], [3, 4]]; loss is one number.
    """
    z1 = [2, -2]
    a1 = [2, 0]
    z2 = [1, -1]
    a2 = [0.881, 0.119]
    loss = 2.127
    dz2 = [0.881, -0.881]
    dW2 = [[1.762, -1.762], [0, 0]]
    dz1 = [0.881, 0]
    dW1 = [[0.881, 0], [1.762, 0]]
    return z1, a1, z2, a2, loss, dz2, dW2, dz1, dW1


def forward(x, W1, b1, W2, b2):
    """Compute everything from the input to the probabilities.

    Args:
        x: (d,), one example.
        W1: (d, h).
        b1: (h,).
        W2: (h, K).
        b2: (K,).

    Returns:
        z1, a1, z2, a2: (h,), (h,), (K,), (K,).
    """
    z1 = x @ W1 + b1
    a1 = np.maximum(z1, 0)
    z2 = a1 @ W2 + b2
    e = np.exp(z2 - z2.max())
    return z1, a1, z2, e / e.sum()


def output_error(a2, label):
    """Compute the gradient of the loss with respect to z2.

    dz2[k] = a2[k] - 1 where k = label, else a2[k]

    Args:
        a2: (K,), probabilities.
        label: the class, an integer from 0.

    Returns:
        dz2: (K,).
    """
    dz2 = a2.copy()
    dz2[label] -= 1
    return dz2


def hidden_error(dz2, W2, z1):
    """Carry the gradient back through W2 and through the ReLU.

    da1[j] = sum over k of W2[j, k] dz2[k],    dz1[j] = da1[j] where z1[j] > 0, else 0

    Args:
        dz2: (K,).
        W2: (h, K).
        z1: (h,).

    Returns:
        dz1: (h,).
    """
    return (W2 @ dz2) * (z1 > 0)


def weight_gradient(a, dz):
    """Compute the gradient of a layer's weights from its input and the gradient of its z.

    dW[j, k] = a[j] dz[k]

    Args:
        a: (n_in,), the input of the layer.
        dz: (n_out,).

    Returns:
        dW: (n_in, n_out).
    """
    return np.outer(a, dz)
