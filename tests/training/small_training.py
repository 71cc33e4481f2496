"""A small network, random rows to train it on, and a single step of gradient descent."""

from __future__ import annotations

import numpy as np

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron

RNG = np.random.default_rng(0)
N = 50
X = RNG.normal(size=(N, 5))
X[:, 0] = np.arange(N)  # tells the rows apart
Y = RNG.integers(0, 3, N)


def network(hidden=(), output="softmax", loss=None, dtype="float64"):
    layers = [InputLayer(5, "none"), *(hidden or [DenseLayer(6, "tanh")]), DenseLayer(3, output)]
    return MultiLayerPerceptron(layers, loss=loss, seed=0, dtype=dtype)


def trained(net=None, x=X, y=Y, **options):
    net = net or network()
    defaults = {"epochs": 3, "batch_size": 8, "optimizer": "sgd", "learning_rate": 0.01}
    history = net.fit(x, y, **{"verbose": 0} | defaults | options)
    return net, history


def one_step(**options):
    """The change by a step of plain gradient descent with learning rate 1 on all rows."""
    net = network()
    before = net.parameters.vector.copy()
    trained(net, epochs=1, batch_size="all", learning_rate=1.0, **options)
    return before - net.parameters.vector, network()
