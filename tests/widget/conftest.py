"""Networks on the digits that come with byhand."""

from __future__ import annotations

import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset


@pytest.fixture(scope="session")
def digits_net() -> MultiLayerPerceptron:
    """A network that knows handwritten digits of 8 x 8 pixels."""
    digits = load_dataset("digits").train
    net = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(32, "relu"), DenseLayer(10, "softmax")], seed=0
    )
    net.fit(digits.images, digits.labels, epochs=20, verbose=0)
    return net
