"""Adversarial training: half of the loss comes from inputs that were changed to raise it.

    A0' = clip(A0 + epsilon * sign(dL/dA0))
    loss = 1/2 L(A0) + 1/2 L(A0')

Each input moves by epsilon in the direction in which the loss grows: the fast gradient sign method
(Goodfellow, Shlens and Szegedy 2015, "Explaining and Harnessing Adversarial Examples"). Where the
raw inputs have limits, as pixels do, the changed inputs keep within them. A step takes two forward
and two backward passes, so training takes twice as long.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from byhand.arrays import FloatArray, aligned_zeros
from byhand.network.cache import Cache
from byhand.network.network import Network


class Adversary:
    """Changes the inputs of a batch so that the loss grows, and trains on both.

    Args:
        net: network to train.
        epsilon: change of each input, in units of A0: 0.1 is a tenth of a pixel's range.
        rows: the largest number of rows that pass through the network together.
    """

    def __init__(self, net: Network, epsilon: float, rows: int) -> None:
        self._net, self._epsilon = net, epsilon
        self._dx = aligned_zeros((rows, net.input_layer.units), net.dtype)
        self._clean = np.empty_like(net.parameters.vector)
        low, high = net.input_layer.limits()
        self._low, self._high = np.asarray(low, net.dtype), np.asarray(high, net.dtype)

    def backpropagate(
        self,
        cache: Cache,
        scale: float,
        weights: FloatArray | None,
        again: Callable[[], None],
    ) -> None:
        """Write the gradient of 1/2 L(A0) + 1/2 L(A0') into `net.gradients`.

        Running statistics move towards those of A0 here, and the trainer moves them towards those
        of A0' afterwards, so that batch normalisation fits both.

        Args:
            cache: cache after a forward pass and the loss of A0; afterwards that of A0'.
            scale: 1 / n, which turns sums over the batch into a mean.
            weights: weight of each example (n,), or None.
            again: computes the forward pass and the loss from the cache's A0 once more. Dropout
                draws new masks.
        """
        net, dx = self._net, self._dx[: len(cache.output)]
        net.backpropagate(cache, scale, weights, dx)
        self._clean[:] = net.gradients.vector
        net.update_statistics(cache)
        self.attack(cache.input.a, dx)
        again()
        net.backpropagate(cache, scale, weights)
        net.gradients.vector += self._clean
        net.gradients.vector *= 0.5

    def attack(self, a: FloatArray, dx: FloatArray) -> None:
        """A0 <- clip(A0 + epsilon * sign(dL/dA0)), in place; dx holds the gradient."""
        np.sign(dx, out=dx)
        dx *= self._epsilon
        a += dx
        np.clip(a, self._low, self._high, out=a)
