"""Dropout: units left out at random in training, and nothing in inference."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, DropoutLayer
from byhand.network.layers import PlacedLayer


def dropped(layer, x, seed):
    """Return the buffers after a pass of training."""
    buffers = layer.new_buffers(x)
    placed = PlacedLayer(layer, 1, x.shape[1], x.shape[1], (), (), ())
    layer.forward(placed, buffers, True, np.random.default_rng(seed))
    return buffers


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_drops_its_fraction_and_keeps_the_mean(rate, kernel_set):
    x = np.ones((500, 200))

    buffers = dropped(DropoutLayer(rate), x, seed=0)

    noise = 4 * (max(rate, 1e-3) / (1 - rate) / x.size) ** 0.5
    assert (buffers.a == 0).mean() == pytest.approx(rate, abs=noise)
    assert buffers.a.mean() == pytest.approx(1, abs=noise)
    assert set(np.unique(buffers.a)) <= {0.0, 1 / (1 - rate)}


def test_dropout_is_the_identity_in_inference(bench_of):
    bench = bench_of(DropoutLayer(0.5), training=False)

    np.testing.assert_array_equal(bench.forward(), bench.x)


def test_dropout_drops_the_same_entries_backwards(bench_of):
    bench = bench_of(DropoutLayer(0.5), training=True)
    _, dx = bench.backward()

    np.testing.assert_array_equal(dx, bench.grad * bench.buffers.mask)


def test_the_mask_follows_from_the_stream(kernel_set):
    layer, x = DropoutLayer(0.5), np.ones((20, 20), np.float32)

    masks = [dropped(layer, x, seed).mask for seed in (0, 0, 1)]

    np.testing.assert_array_equal(masks[0], masks[1])
    assert not np.array_equal(masks[0], masks[2])


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
def test_the_rate_of_dropout_is_a_fraction_below_one(rate):
    with pytest.raises(
        ArgumentError, match="the fraction dropped, must be at least 0 and below 1; got"
    ):
        DropoutLayer(rate)
