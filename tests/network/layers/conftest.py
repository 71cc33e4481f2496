"""A single layer with random parameters, statistics and input, for tests of layers."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.network.layers import PlacedLayer

N, N_IN = 6, 4


class Bench:
    """One layer in its place, in float64, with everything for its two passes."""

    def __init__(self, layer, training=True, seed=0, n=N):
        self.layer, self.training, rng = layer, training, np.random.default_rng(seed)
        shapes = layer.parameter_shapes(N_IN)
        self.parameters = tuple(rng.normal(size=shape) for shape in shapes.values())
        self.gradients = tuple(np.empty_like(array) for array in self.parameters)
        self.statistics = tuple(rng.uniform(0.5, 2, N_IN) for _ in layer.statistic_names)
        arrays = (self.parameters, self.gradients, self.statistics)
        self.placed = PlacedLayer(layer, 1, N_IN, layer.n_out(N_IN), *arrays)
        self.x = rng.normal(scale=2, size=(n, N_IN))
        self.grad = rng.normal(size=(n, layer.n_out(N_IN)))
        self.buffers = layer.new_buffers(self.x)

    def forward(self):
        rng = np.random.default_rng(1)  # the same dropout mask every time
        self.layer.forward(self.placed, self.buffers, self.training, rng)
        return self.buffers.a

    def backward(self):
        """Return the gradients of sum(y * grad) by the parameters and by x."""
        self.forward()
        self.buffers.da[...] = self.grad
        for gradient in self.gradients:
            gradient[...] = np.nan
        dx = np.full_like(self.x, np.nan)
        self.layer.backward(self.placed, self.buffers, dx)
        return tuple(gradient.copy() for gradient in self.gradients), dx

    def total(self):
        return float((self.forward() * self.grad).sum())


@pytest.fixture(scope="session")
def bench_of():
    """Return `Bench`, of a layer."""
    return Bench
