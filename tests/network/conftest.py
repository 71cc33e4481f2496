"""Finite differences, with which the tests compare every gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from byhand.network.targets import encode_targets

STEP = 1e-6


def central_differences(function: Callable[[], float], at: np.ndarray) -> np.ndarray:
    """Return the slope of `function` by each entry of `at`, which is changed and restored."""
    slopes = np.empty(at.shape)
    for place in np.ndindex(at.shape):
        before = at[place]
        at[place] = before + STEP
        up = function()
        at[place] = before - STEP
        down = function()
        at[place] = before
        slopes[place] = (up - down) / (2 * STEP)
    return slopes


def difference(analytic: np.ndarray, numeric: np.ndarray) -> float:
    """Return the distance of two gradients, relative to their size."""
    size = np.linalg.norm(analytic) + np.linalg.norm(numeric)
    return float(np.linalg.norm(analytic - numeric) / max(size, 1e-7))


class Gradients:
    """Analytic and numeric gradient of a network's mean loss, both as flat vectors."""

    def __init__(self, net, x, y, *, training=False, weights=None, dropout_seed=0):
        self.net, self.x, self.y = net, x, y
        self.training, self.weights, self.dropout_seed = training, weights, dropout_seed
        self.targets = encode_targets(y, len(x), net.output_layer.units, net.loss, net.dtype)

    def forward(self):
        rng = np.random.default_rng(self.dropout_seed)
        return self.net.forward(self.x, training=self.training, rng=rng)

    def loss(self) -> float:
        cache = self.forward()
        self.net.compute_loss(cache, self.targets.values, gradient=False)
        weights = 1 if self.weights is None else self.weights
        return float(np.mean(cache.loss.losses * weights))

    @property
    def analytic(self) -> np.ndarray:
        return self.net.backward(self.forward(), self.y, sample_weight=self.weights).vector.copy()

    @property
    def numeric(self) -> np.ndarray:
        return central_differences(self.loss, self.net.parameters.vector)

    @property
    def distance_to_a_kink(self) -> float:
        """The smallest distance of any value to a kink of an activation or of the loss."""
        cache = self.forward()
        near = [
            np.abs(buffers.z).min()
            for placed, buffers in zip(self.net.stack, cache.layers, strict=True)
            if placed.layer.activation is not None and placed.layer.activation.kink
        ]
        if self.net.loss.name == "absolute_error":
            near.append(np.abs(cache.output - self.targets.values).min())
        return min(near, default=np.inf)

    @property
    def difference(self) -> float:
        return difference(self.analytic, self.numeric)


@pytest.fixture(scope="session")
def numeric_gradient():
    """Return `central_differences`, for a function of any array."""
    return central_differences


@pytest.fixture(scope="session")
def relative_difference():
    """Return `difference`, of two gradients."""
    return difference


@pytest.fixture(scope="session")
def gradients_of():
    """Return `Gradients`, of a network on a batch."""
    return Gradients
