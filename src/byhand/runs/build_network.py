"""The network that a recipe describes, built for its data.

`single.py` turns the recipe's training into arguments of `fit`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from byhand.data import Dataset
from byhand.data.known_datasets import is_known, known_dataset
from byhand.errors import ArgumentError
from byhand.mlp import MultiLayerPerceptron
from byhand.network import InputLayer
from byhand.recipes.field_types import CLASSES
from byhand.recipes.recipe import Recipe

UNKNOWN_DATA = ((28, 28), 10)
"""Image size and classes assumed for data that are not known by name: those of MNIST."""


def build_network(recipe: Recipe, dataset: Dataset, seed: int) -> MultiLayerPerceptron:
    """Return the untrained network of a recipe for a data set."""
    return network_for(recipe, dataset.image_shape, dataset.class_names, seed, dataset.name)


def network_for(
    recipe: Recipe, shape: Sequence[int], class_names: Sequence[str], seed: int, data: str
) -> MultiLayerPerceptron:
    """Return the untrained network of a recipe, with inputs that fit the data.

    Args:
        recipe: the recipe.
        shape: (height, width) of an image, or (columns,) of a table.
        class_names: names of the classes; none for regression.
        seed: seed of the weights.
        data: name of the data, for messages.
    """
    spec, classes = recipe.spec.network, len(class_names)
    layers = [
        choice.make(**({"units": classes} if choice.options.get("units") == CLASSES else {}))
        for choice in spec.layers
    ]
    outputs = getattr(layers[-1], "units", classes)  # the network refuses other last layers
    if classes and max(outputs, 2) != classes:
        raise ArgumentError(
            f"the recipe {recipe.name} ends in {outputs} outputs, but {data} has {classes} "
            f'classes. Write units = "{CLASSES}" (or {classes}) in its last layer.'
        )
    return MultiLayerPerceptron(
        [InputLayer(math.prod(shape), spec.normalisation), *layers],
        weight_init=spec.weight_init,
        bias_init=spec.bias_init,
        loss=spec.loss.make() if spec.loss else None,
        seed=seed,
        class_names=class_names or None,
    )


def network_without_data(recipe: Recipe, seed: int = 0) -> MultiLayerPerceptron:
    """Return the untrained network of a recipe for the known size of its data."""
    size, classes = UNKNOWN_DATA
    for name in (recipe.spec.data.instead, recipe.spec.data.dataset):
        if name and is_known(name):
            known = known_dataset(name)
            size, classes = known.image_size, len(known.class_names)
    return network_for(recipe, size, [str(k) for k in range(classes)], seed, recipe.name)


def changes_for_regression(recipe: Recipe) -> dict[str, Any]:
    """Return the changes that let a recipe for classes predict a value.

    A last layer with units = "classes" becomes one identity output, whose default loss is squared
    error. Accuracies are no longer watched, and classes no longer weighted.
    """
    spec = recipe.spec
    changes: dict[str, Any] = {}
    *hidden, last = recipe.values["network"]["layers"]
    if last.get("units") == CLASSES:
        changes["network.layers"] = [*hidden, {**last, "units": 1, "fn": "identity"}]
        if spec.network.loss is not None and "cross_entropy" in spec.network.loss.make().name:
            changes["network.loss"] = None
    if spec.training.monitor is not None:
        changes["training.monitor"] = spec.training.monitor.replace("accuracy", "loss")
    stopping = spec.training.early_stopping
    if stopping is not None and "monitor" in stopping.options:
        monitor = str(stopping.options["monitor"]).replace("accuracy", "loss")
        changes["training.early_stopping"] = {**stopping.options, "monitor": monitor}
    if spec.training.class_weight is not None:
        changes["training.class_weight"] = None
    return changes


def describe_size(net: MultiLayerPerceptron) -> str:
    """Return units and number of parameters: "784-300-10, 238,510 parameters"."""
    members = getattr(net, "members", (net,))
    count = sum(member.parameters.vector.size for member in members)
    return f"{net.shape_text}, {count:,} parameters"
