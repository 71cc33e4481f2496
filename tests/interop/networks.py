"""Networks with everything that a target must be able to express."""

from __future__ import annotations

import numpy as np

from byhand import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    LayerNormLayer,
    MultiLayerPerceptron,
    NoiseLayer,
)
from byhand.network import ACTIVATIONS

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (40, 3, 4), dtype=np.uint8)
TABLE = RNG.normal(size=(40, 12)) * np.arange(1, 13) * 100 + 1.7e9  # timestamps: float64 only
FRACTIONS = RNG.random((40, 12))
HIDDEN = [name for name in ACTIVATIONS if name not in {"softmax", "identity", "exp"}]


def settled(net):
    """Return the network with biases, scales and statistics other than the initial ones."""
    rng = np.random.default_rng(1)
    for name, view in net.parameters.items():
        if not name.startswith("W"):
            view[...] = rng.normal(1, 0.3, view.shape)
    for name, view in net.statistics.items():
        view[...] = rng.uniform(0.5, 2, view.shape) if name.startswith("variance") else 0.3
    return net


def network(*hidden, output=("softmax", 4), normalisation="pixels", x=PIXELS, **options):
    """Return a trained-looking network on 12 inputs."""
    fn, units = output
    net = MultiLayerPerceptron(
        [InputLayer(12, normalisation), *hidden, DenseLayer(units, fn)], seed=0, **options
    )
    net.input_layer = net.input_layer.fit(net.input_layer.rows(x), np.ndim(x) > 2)
    return settled(net)


NETWORKS = {
    "every activation": lambda: (
        network(*(DenseLayer(7, fn) for fn in HIDDEN), DenseLayer(6, "identity")),
        PIXELS,
    ),
    "batch norm and dropout": lambda: (
        network(
            BatchNormLayer(),
            DenseLayer(8),
            BatchNormLayer("leaky_relu", slope=0.2),
            DropoutLayer(0.3),
            DenseLayer(5, "leaky_relu", slope=0.05),
            BatchNormLayer(),
        ),
        PIXELS,
    ),
    "layer norm": lambda: (
        network(LayerNormLayer(), DenseLayer(8), LayerNormLayer("tanh", epsilon=1e-3)),
        PIXELS,
    ),
    "standardised images": lambda: (
        network(DenseLayer(8, "relu"), normalisation="standardise"),
        PIXELS,
    ),
    "standardised columns": lambda: (
        network(DenseLayer(8, "tanh"), normalisation="standardise", x=TABLE),
        TABLE,
    ),
    "one sigmoid": lambda: (
        network(DenseLayer(5, "relu"), output=("sigmoid", 1), normalisation="none", x=FRACTIONS),
        FRACTIONS,
    ),
    "regression in float64": lambda: (
        network(
            DenseLayer(9, "softplus"),
            output=("identity", 2),
            normalisation="none",
            x=FRACTIONS,
            dtype=np.float64,
        ),
        FRACTIONS,
    ),
    "counts": lambda: (
        network(
            DenseLayer(5, "tanh"),
            NoiseLayer(0.1),
            output=("exp", 2),
            normalisation="none",
            x=FRACTIONS,
        ),
        FRACTIONS,
    ),
    "no hidden layer, class names": lambda: (
        network(class_names=["null", 'a"b\\', "*/ /* '''", "né\n\x1b"]),
        PIXELS,
    ),
}
