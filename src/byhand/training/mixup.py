"""Mixup: training on mixtures of two examples and of their losses  (Zhang et al. 2018).

    A0 = lambda A0(a) + (1 - lambda) A0(b)
    loss = lambda loss(target of a) + (1 - lambda) loss(target of b)

In each epoch every example a gets a partner b and a factor lambda. The factor is drawn from the
Beta distribution with both parameters alpha: for a small alpha it is close to 0 or 1, for alpha = 1
uniform. For cross-entropy, the mixed loss is the loss of the mixed targets.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.randomness import stream


class Mixup:
    """The partners and factors of an epoch.

    Args:
        alpha: both parameters of the Beta distribution, above 0.
        rows: numbers of the training rows.
        count: number of rows of the data, used or not.
        seed: seed of the network.
    """

    def __init__(self, alpha: float, rows: IntArray, count: int, seed: int) -> None:
        self._alpha, self._rows, self._seed = alpha, rows, seed
        self._partners = np.zeros(count, np.intp)
        self._shares = np.ones(count)

    def start(self, moment: int) -> None:
        """Draw the partner and the factor of every row for an epoch."""
        rng = stream(self._seed, "mixup", moment)
        self._partners[self._rows] = rng.permutation(self._rows)
        self._shares[self._rows] = rng.beta(self._alpha, self._alpha, len(self._rows))

    def partners(self, rows: IntArray) -> IntArray:
        """Return the partners of these rows."""
        return self._partners[rows]

    def blend(self, rows: IntArray, own: Array, other: Array) -> None:
        """own <- lambda own + (1 - lambda) other, row by row, in place."""
        share = self._shares[rows].astype(own.dtype).reshape(-1, *[1] * (own.ndim - 1))
        own -= other
        own *= share
        own += other
