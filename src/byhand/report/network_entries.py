"""A network in the page's form: the computations of its layers, and its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network import Network
from byhand.network.activations import Activation
from byhand.network.layers import InputLayer, Layer
from byhand.network.losses import Loss
from byhand.report.formulas import printed

_TABLE_END, _TABLE_STEP = 32.0, 1 / 128


def describe_network(network: Network) -> dict[str, Any]:
    """Return layers, loss and input scaling as plain values."""
    return {
        "layers": [_layer(layer) for layer in network.layers if isinstance(layer, Layer)],
        "loss": _loss(network.loss),
        "input": _scaling(network.input_layer),
    }


def _scaling(layer: InputLayer) -> dict[str, Any]:
    """Return mean and factor of A0 = (x - mean) * factor, one number or one per column."""
    factor = np.ravel(layer.factor).astype(np.float64)
    mean = np.ravel(0.0 if layer.mean is None else layer.mean)
    if layer.offset is not None:  # a model file of byhand 0.1.0: x * factor - offset
        mean = np.ravel(layer.offset) / factor
    return {"units": layer.units, "factor": factor, "mean": mean}


def network_arrays(network: Network) -> dict[str, Array]:
    """Return W1, b1, ... and running statistics as float32."""
    named = {**network.parameters, **network.statistics}
    return {name: np.asarray(values, np.float32) for name, values in named.items()}


def _loss(loss: Loss) -> dict[str, Any]:
    """Return a loss; `smoothed_over` is the number of classes for label smoothing, or None."""
    settings = loss.config()
    return {
        "name": loss.name,
        "options": settings,
        "formula": printed(loss.formula or "L", settings),
        "gradient_formula": printed(loss.gradient_formula, settings),
        "fused_with": loss.fused_with,
        "smoothing": getattr(loss, "label_smoothing", 0.0),
        "smoothed_over": None if loss.takes_labels else 2,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    described = {**layer.config(), "formula": printed(layer.formula)}
    return described | ({"activation": _activation(layer.activation)} if layer.activation else {})


def _activation(activation: Activation) -> dict[str, Any]:
    slope = activation.slope
    needs_table = activation.javascript is None and activation.derivative is not None
    return {
        "name": activation.name,
        "formula": printed(activation.formula),
        "derivative": printed(activation.derivative_formula),
        "kink": activation.kink,
        "options": {} if slope is None else {"slope": slope},
        "table": _table(activation) if needs_table else None,
    }


def _table(activation: Activation) -> dict[str, Any]:
    """Return the values and slopes of a user's own function on an even grid."""
    z = np.arange(-_TABLE_END, _TABLE_END + _TABLE_STEP / 2, _TABLE_STEP)
    values: FloatArray = activation(z)
    slopes = activation.backward(np.ones_like(z), z, values)
    bounds = {"low": float(z[0]), "high": float(z[-1])}
    return {**bounds, "values": values, "slopes": slopes}
