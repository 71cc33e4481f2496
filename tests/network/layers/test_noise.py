from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, NoiseLayer
from byhand.network.layers import PlacedLayer

X = np.full((400, 100), 3.0)


def passed(training: bool, deviation: float = 0.5) -> np.ndarray:
    layer = NoiseLayer(deviation)
    buffers = layer.new_buffers(X)
    placed = PlacedLayer(layer, 1, X.shape[1], X.shape[1], (), (), ())
    layer.forward(placed, buffers, training, np.random.default_rng(0))
    return buffers.a


def test_noise_has_mean_0_and_the_requested_deviation():
    noise = passed(training=True) - X

    assert abs(noise.mean()) < 0.01
    assert noise.std() == pytest.approx(0.5, rel=0.01)


def test_inference_adds_nothing():
    np.testing.assert_array_equal(passed(training=False), X)


@pytest.mark.parametrize("deviation", [-0.1, np.nan, "some"])
def test_an_impossible_deviation_is_refused(deviation):
    with pytest.raises(ArgumentError, match="deviation of a noise layer"):
        NoiseLayer(deviation)


def test_it_is_described_by_its_deviation():
    assert NoiseLayer(0.25).describe() == "noise 0.25"
