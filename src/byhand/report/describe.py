"""A network as the page needs it: what its layers compute, and its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network import BatchNormLayer, DenseLayer, DropoutLayer, MultiLayerPerceptron
from byhand.network.activations import ACTIVATIONS, Activation

_TABLE_END, _TABLE_STEP = 32.0, 1 / 128


def describe_network(network: MultiLayerPerceptron) -> dict[str, Any]:
    """Layers, loss, input scaling and sizes, in the page's words."""
    return {
        "layers": [_layer(layer) for layer in network.layers[1:]],
        "loss": _loss(network),
        "input": {
            "factor": np.ravel(network.input_layer.factor),
            "offset": np.ravel(0.0 if (o := network.input_layer.offset) is None else o),
        },
        "size": {
            "parameters": network.parameters.vector.size,
            "bytes": network.parameters.vector.nbytes,
            "multiply_adds": _multiply_adds(network),
        },
    }


def network_arrays(network: MultiLayerPerceptron) -> dict[str, Array]:
    """W1, b1, ... and running statistics, as float32."""
    named = {**network.parameters, **network.statistics}
    return {name: np.asarray(values, np.float32) for name, values in named.items()}


def shape_in_words(network: MultiLayerPerceptron) -> str:
    """As in "784-300-10"."""
    units = [layer.units for layer in network.layers[1:] if isinstance(layer, DenseLayer)]
    return "-".join(str(n) for n in [network.input_layer.units, *units])


def _layer(layer: object) -> dict[str, Any]:
    if isinstance(layer, DenseLayer):
        return {"kind": "dense", "units": layer.units, **_activation(layer.activation)}
    if isinstance(layer, BatchNormLayer):
        return {"kind": "batch_norm", "epsilon": layer.epsilon, **_activation(layer.activation)}
    assert isinstance(layer, DropoutLayer)  # noqa: S101 - there is no fourth kind
    return {"kind": "dropout", "rate": layer.rate}


def _activation(activation: Activation) -> dict[str, Any]:
    if activation.name == "leaky_relu":
        return {"fn": "leaky_relu", "options": {"slope": activation.slope}}
    if activation.name in ACTIVATIONS:
        return {"fn": activation.name}
    return {"fn": "tabulated", "options": _table(activation)}


def _table(activation: Activation) -> dict[str, Any]:
    """A function of the user's own, by its values and slopes on an even grid."""
    z = np.arange(-_TABLE_END, _TABLE_END + _TABLE_STEP / 2, _TABLE_STEP)
    values: FloatArray = activation(z)
    slopes = np.empty_like(z)
    activation.derivative(np.ones_like(z), z, values, slopes, np.empty_like(z))
    ends = {"low": float(z[0]), "high": float(z[-1])}
    return {**ends, "values": values, "slopes": slopes}


def _loss(network: MultiLayerPerceptron) -> dict[str, Any]:
    options = {"delta": delta} if (delta := getattr(network.loss, "delta", None)) else {}
    smoothing = getattr(network.loss, "label_smoothing", 0.0)
    return {"name": network.loss.name, "smoothing": smoothing, "options": options}


def _multiply_adds(network: MultiLayerPerceptron) -> int:
    return sum(
        layer.multiply_adds(n_in)
        for layer, n_in in zip(network.hidden, network.widths, strict=False)
    )
