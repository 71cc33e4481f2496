"""Untrained networks of every kind that evaluation must handle, in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from byhand import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, MultiLayerPerceptron

ARCHITECTURES: dict[str, Callable[[], dict]] = {
    "softmax": lambda: {"layers": [DenseLayer(7, "tanh"), DenseLayer(4, "softmax")]},
    "relu": lambda: {
        "layers": [DenseLayer(9, "relu"), DenseLayer(6, "leaky_relu"), DenseLayer(4, "softmax")]
    },
    "smooth": lambda: {
        "layers": [DenseLayer(6, "gelu"), DenseLayer(5, "swish"), DenseLayer(4, "sigmoid")]
    },
    "one output": lambda: {"layers": [DenseLayer(5, "sigmoid"), DenseLayer(1, "sigmoid")]},
    "batch norm": lambda: {
        "layers": [
            DenseLayer(6),
            BatchNormLayer("tanh"),
            DropoutLayer(0.5),
            DenseLayer(5, "elu"),
            BatchNormLayer(),
            DenseLayer(4, "softmax"),
        ]
    },
    "dropout first": lambda: {
        "layers": [DropoutLayer(0.2), DenseLayer(6, "softplus"), DenseLayer(4, "softmax")]
    },
    "squared error": lambda: {
        "layers": [DenseLayer(6, "tanh"), DenseLayer(4, "identity")],
        "loss": "squared_error",
    },
    "no hidden layer": lambda: {"layers": [DenseLayer(4, "softmax")]},
    "softmax with huber": lambda: {
        "layers": [DenseLayer(6, "tanh"), DenseLayer(4, "softmax")],
        "loss": "huber",
    },
}


def make_network(name: str, units: int = 12, dtype: str = "float64") -> MultiLayerPerceptron:
    """A network with random parameters and random running statistics."""
    settings = ARCHITECTURES[name]()
    layers = [InputLayer(units, "none"), *settings.pop("layers")]
    net = MultiLayerPerceptron(layers, seed=1, dtype=dtype, **settings)
    rng = np.random.default_rng(2)
    net.parameters.vector[:] = rng.normal(size=net.parameters.vector.size) * 0.6
    net.statistics.vector[:] = rng.uniform(0.3, 2, net.statistics.vector.size)
    net.facts["classification"] = True
    return net


@pytest.fixture(params=ARCHITECTURES)
def net(request: pytest.FixtureRequest) -> MultiLayerPerceptron:
    """A network of each kind in turn, for 12 inputs."""
    return make_network(request.param)


@pytest.fixture
def relu_net() -> MultiLayerPerceptron:
    """Two hidden layers, relu and leaky relu, four classes."""
    return make_network("relu")


@pytest.fixture
def examples() -> tuple[np.ndarray, np.ndarray]:
    """300 examples of 12 numbers with the labels 0 and 1, which all the networks have."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(300, 12)), rng.integers(0, 2, 300)


@pytest.fixture
def network_of() -> Callable[..., MultiLayerPerceptron]:
    """Makes a network of a kind by its name."""
    return make_network
