"""Keras's names of activations, and its numbering of the layers in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

ACTIVATIONS = {
    "identity": "linear",
    "relu": "relu",
    "elu": "elu",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "softplus": "softplus",
    "swish": "silu",
    "softmax": "softmax",
    "exp": "exponential",
}
"""Keras's name of each activation; leaky_relu is a layer there."""

FROM_KERAS = {theirs: ours for ours, theirs in ACTIVATIONS.items()} | {"swish": "swish"}
"""The activation for each of Keras's names."""

GELU = (
    "Keras's gelu is the exact form, and byhand's the tanh form, whose outputs differ by up to 5e-4"
)

LEAKY_SLOPE = 0.2
"""Slope of the activation "leaky_relu" in Keras."""


def snake_case(class_name: str) -> str:
    """Return "batch_normalization" for "BatchNormalization", by Keras's rule."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", class_name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def numbered(class_names: list[str]) -> Iterator[str]:
    """Yield the name of each layer's group in a file: dense, dense_1, dropout, dense_2, ..."""
    used: dict[str, int] = {}
    for class_name in class_names:
        name = snake_case(class_name)
        count = used.get(name, 0)
        used[name] = count + 1
        yield f"{name}_{count}" if count else name
