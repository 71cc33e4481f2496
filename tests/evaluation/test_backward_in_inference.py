"""The backward pass in inference."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.evaluation.backward_in_inference import backward_in_inference


def test_backward_is_the_networks_where_nothing_is_normalised(net, examples):
    """With batch normalisation, the network's own `backward` is that of training."""
    if net.statistics.vector.size:
        pytest.skip("checked against finite differences in test_attribution")
    x, y = examples
    cache = net.forward(x)
    net.backward(cache, y)
    start = {"dz" if net.fused else "da": cache.loss.grad.copy()}

    steps = backward_in_inference(net, cache, **start)

    for step in steps[:-1]:
        np.testing.assert_allclose(step.dx, cache.layers[step.index - 1].da, rtol=1e-9, atol=1e-15)
