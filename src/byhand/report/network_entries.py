"""A network as the page reads it: what its layers compute, and its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network import Network
from byhand.network.activations import Activation
from byhand.report.formulas import activation_entry, config_of, kind_of, loss_entry

_TABLE_END, _TABLE_STEP = 32.0, 1 / 128


def describe_network(network: Network) -> dict[str, Any]:
    """Return layers, loss and input scaling as plain values."""
    offset = network.input_layer.offset
    return {
        "layers": [_layer(layer) for layer in network.layers[1:]],
        "loss": {
            "name": network.loss.name,
            "smoothing": getattr(network.loss, "label_smoothing", 0.0),
            **loss_entry(network.loss),
        },
        "input": {
            "factor": np.ravel(network.input_layer.factor),
            "offset": np.ravel(0.0 if offset is None else offset),
        },
    }


def network_arrays(network: Network) -> dict[str, Array]:
    """Return W1, b1, ... and running statistics as float32."""
    named = {**network.parameters, **network.statistics}
    return {name: np.asarray(values, np.float32) for name, values in named.items()}


def _layer(layer: object) -> dict[str, Any]:
    activation = getattr(layer, "activation", None)
    described = {"kind": kind_of(layer), **config_of(layer)}
    return described | ({"activation": _activation(activation)} if activation else {})


def _activation(activation: Activation) -> dict[str, Any]:
    entry = activation_entry(activation)
    if entry is not None:
        return entry
    return {
        "name": "tabulated",
        "formula": "your own f(z)",
        "derivative": "your own f′(z)",
        "kink": True,
        "options": _table(activation),
    }


def _table(activation: Activation) -> dict[str, Any]:
    """Return the values and slopes of a user's own function on an even grid."""
    z = np.arange(-_TABLE_END, _TABLE_END + _TABLE_STEP / 2, _TABLE_STEP)
    values: FloatArray = activation(z)
    slopes = activation.backward(np.ones_like(z), z, values)
    bounds = {"low": float(z[0]), "high": float(z[-1])}
    return {**bounds, "values": values, "slopes": slopes}
