"""The weights of the best epoch, by a monitored quantity of the history."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray
from byhand.training.history import History

if TYPE_CHECKING:
    from byhand.network.network import Network

MONITORS = {"loss": "min", "val_loss": "min", "accuracy": "max", "val_accuracy": "max"}
"""Quantities that can be monitored, and whether smaller or larger is better."""


class Best:
    """The best value of a monitored quantity so far, its epoch, and the weights of that epoch."""

    def __init__(self, monitor: str, min_delta: float = 0.0) -> None:
        """Start without a best value; an improvement must exceed `min_delta`."""
        self.monitor, self.min_delta = monitor, min_delta
        self.value: float | None = None
        self.epoch = 0
        self.weights: FloatArray | None = None
        self.statistics: FloatArray | None = None

    def update(self, net: Network, history: History) -> bool:
        """Compare the last epoch of the history; if it is the best so far, keep its weights."""
        value = history[self.monitor][-1]
        if not self._is_better(value):
            return False
        self.value, self.epoch = value, history.epochs
        if self.weights is None or self.statistics is None:
            self.weights = np.empty_like(net.parameters.vector)
            self.statistics = np.empty_like(net.statistics.vector)
        self.weights[:] = net.parameters.vector
        self.statistics[:] = net.statistics.vector
        return True

    def catch_up(self, history: History, saved: Best | None = None) -> None:
        """Compare all epochs of a history; take over `saved` if it is of the best epoch."""
        for epoch, value in enumerate(history.columns.get(self.monitor, []), start=1):
            if self._is_better(value):
                self.value, self.epoch = value, epoch
        if saved is None or saved.weights is None or saved.statistics is None:
            return
        if saved.epoch == self.epoch:
            self.weights, self.statistics = saved.weights.copy(), saved.statistics.copy()

    def _is_better(self, value: float) -> bool:
        if math.isnan(value):
            return False
        if self.value is None:
            return True
        gain = value - self.value if MONITORS[self.monitor] == "max" else self.value - value
        return gain > self.min_delta

    def restore(self, net: Network) -> None:
        """Restore the best weights of the network."""
        if self.weights is not None and self.statistics is not None:
            net.parameters.vector[:] = self.weights
            net.statistics.vector[:] = self.statistics
