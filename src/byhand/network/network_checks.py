"""Checks of the layers, precision and class names of a network when it is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import DTypeLike

from byhand.errors import ArgumentError
from byhand.network.layers import DenseLayer, InputLayer, Layer


def check_layers(
    layers: Sequence[InputLayer | Layer],
) -> tuple[InputLayer, tuple[Layer, ...]]:
    """Return the input layer and the layers after it; raise unless they form a network."""
    expected = (
        "a network is a list [InputLayer(...), ..., DenseLayer(...)], the input layer first and "
        "a dense layer last"
    )
    if isinstance(layers, (str, Mapping)) or not isinstance(layers, Sequence) or len(layers) < 2:
        raise ArgumentError(f"{expected}; got {layers!r}.")
    first, *rest = layers
    if not isinstance(first, InputLayer):
        raise ArgumentError(f"{expected}; the first is {first!r}.")
    for layer in rest:
        if not isinstance(layer, Layer):
            raise ArgumentError(f"{expected}; {layer!r} is not a layer that can be used there.")
    if not isinstance(rest[-1], DenseLayer):
        raise ArgumentError(f"{expected}; the last is {rest[-1]!r}.")
    if rest[-1].activation.name == "softmax" and rest[-1].units == 1:
        raise ArgumentError(
            "softmax over one unit is always 1; for two classes give the last layer 2 units, or "
            "fn='sigmoid'."
        )
    for layer in rest[:-1]:
        if isinstance(layer, Layer) and layer.activation and layer.activation.name == "softmax":
            raise ArgumentError(
                "softmax belongs to the last layer; a hidden softmax layer would force its units "
                "to sum to 1. Choose relu, tanh, ..."
            )
    return first, tuple(layer for layer in rest if isinstance(layer, Layer))


def check_dtype(dtype: DTypeLike) -> np.dtype[np.generic]:
    """Return the dtype of a name or type; raise unless it is float32 or float64."""
    try:
        resolved = np.dtype(dtype)
    except (TypeError, SyntaxError, ValueError):  # NumPy parses text and may fail
        resolved = np.dtype(object)
    if resolved not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ArgumentError(f"dtype must be float32 or float64; got {dtype!r}.")
    return resolved


def check_class_names(names: Sequence[str] | None, units: int) -> list[str] | None:
    """Return the names as a list; raise unless there is one for each class."""
    if names is None:
        return None
    if isinstance(names, str) or len(names) != max(units, 2):
        raise ArgumentError(
            f"class_names must be a list of {max(units, 2)} names, one for each class; "
            f"got {names!r}."
        )
    return [str(name) for name in names]


def number_layers(layers: Sequence[Layer]) -> list[int]:
    """Return each layer's number: a dense layer's own, or that of the dense layer it follows.

    Raises:
        ArgumentError: two layers of one number are of the same kind, or have arrays of one name.
    """
    numbers: list[int] = []
    owners: dict[str, str] = {}
    current = 0
    for layer in layers:
        if isinstance(layer, DenseLayer):
            current += 1
            owners = {}
        _check_owner(layer, current, owners)
        owners |= dict.fromkeys(_names(layer), layer.kind)
        numbers.append(current)
    return numbers


def _names(layer: Layer) -> tuple[str, ...]:
    return (layer.kind, *layer.parameter_names, *layer.statistic_names)


def _check_owner(layer: Layer, number: int, owners: Mapping[str, str]) -> None:
    """Raise if an earlier layer of the same number has one of the layer's names.

    The arrays of both would have one name, such as "gamma1", and each would overwrite the other's.
    """
    for name in _names(layer):
        other = owners.get(name)
        if other == layer.kind:
            raise ArgumentError(f"two {other} layers follow dense layer {number}; one is enough.")
        if other is not None:
            raise ArgumentError(
                f"a {other} layer and a {layer.kind} layer follow dense layer {number}, and both "
                f"have an array {name!r}. Keep one of them."
            )
