"""Averaged weights: the exponential moving average (EMA) of all parameters over the steps.

    average <- d average + (1 - d) p,    d = min(decay, t / (t + 9)) at step t

The smaller d of the first steps keeps the random initial weights out of the average. With decay
0.999 the average covers roughly the last thousand steps, which removes the noise of single batches.
The running statistics of batch normalisation are not averaged.

Training continues from the parameters themselves. Between epochs the network holds the average
instead, which is validated, kept as the best, saved and used after training
(Polyak & Juditsky 1992).
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import FloatArray
from byhand.backend import overridable
from byhand.network.network import Network
from byhand.network.parameters import NamedVector

STATE = "average"
"""Name under which a checkpoint stores the average among the optimizer's arrays."""

WARM_UP = 9
"""Steps after which half of the average is new; the first step keeps a tenth of the old one."""


@overridable
def move_average(average: FloatArray, parameters: NamedVector, share: float) -> None:
    """average += share (p - average), in place."""
    average += share * (parameters.vector - average)


class WeightAverage:
    """The average of a network's parameters, which can be swapped with them.

    Args:
        net: the network that is trained.
        decay: fraction of the average that is kept in each step, at least 0 and below 1.
        other: the average while the network holds its parameters, and vice versa.
        in_network: whether the network holds the average now.
    """

    def __init__(self, net: Network, decay: float, other: FloatArray, in_network: bool) -> None:
        self.decay, self.other, self.in_network = decay, other, in_network
        self._net = net
        self._scratch = np.empty_like(other)

    def update(self, t: int) -> None:
        """Move the average towards the parameters after step t."""
        d = min(self.decay, t / (t + WARM_UP))
        move_average(self.other, self._net.parameters, 1 - d)

    def show(self, shown: bool) -> None:
        """Put the average into the network, or the parameters back."""
        if shown != self.in_network:
            vector = self._net.parameters.vector
            self._scratch[:] = vector
            vector[:] = self.other
            self.other[:] = self._scratch
            self.in_network = shown
