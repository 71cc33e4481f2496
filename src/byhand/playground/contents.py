"""The contents of the playground: images to learn from, and perhaps a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import byhand
from byhand.arrays import Array
from byhand.data.dataset import Dataset
from byhand.data.prepare_picture import Preparation
from byhand.errors import ArgumentError
from byhand.network import Network
from byhand.network.activations import ACTIVATIONS
from byhand.network.layers import Layer
from byhand.network.losses import LOSSES
from byhand.report.network_entries import network_arrays

MOST_TRAIN, MOST_TEST = 6000, 1000
"""Largest number of examples of a data set in the page."""

KINDS = ("dense", "dropout", "batch_norm", "layer_norm", "noise")
"""Kinds of layers in `report/page/layers.js`: all but the user's own."""

Values = dict[str, Any]


def collect(data: Sequence[Dataset], network: Network | None) -> tuple[Values, dict[str, Array]]:
    """Return the header and the arrays of the page."""
    arrays: dict[str, Array] = {}
    sets = [_describe(one, number, arrays) for number, one in enumerate(data)]
    if network is None:  # examples that a network has learnt from must not become its test examples
        for one in sets:
            one["train"] = None if one["name"] == "digits" else one["train"]
    header: Values = {"version": byhand.__version__, "sets": sets, "network": None}
    if len(sets) > 1 or network is not None:
        header["first"] = sets[0]["name"]  # the requested data come first
    if network is not None:
        header["network"] = _network(network, sets[0])
        arrays |= {f"network.{name}": values for name, values in network_arrays(network).items()}
    return header, arrays


def _describe(data: Dataset, number: int, arrays: dict[str, Array]) -> Values:
    """Return the description of a data set; its arrays are added to the others.

    `train` is the number of training examples, which come first; None lets the page divide them.
    With the small digits every writer is then in both parts, so a network can get to know them.
    """
    train, test = data.train, data.test
    if train.labels is None:
        raise ArgumentError(f"the data set {data.name!r} has no labels to learn from.")
    first = slice(MOST_TRAIN)
    images, labels = train.images[first], train.labels[first]
    if test is not None and test.labels is not None:
        images = np.concatenate([images, test.images[:MOST_TEST]])
        labels = np.concatenate([labels, test.labels[:MOST_TEST]])
    is_images = images.ndim == 3 and images.dtype == np.uint8
    arrays[f"x{number}"] = images.reshape(len(images), -1).astype(np.uint8 if is_images else "f4")
    arrays[f"y{number}"] = labels.astype("f4" if train.task == "regression" else np.uint16)
    way = data.preparation or Preparation.for_images(train.images, data.name) if is_images else None
    return {
        "name": data.name,
        "task": "values" if train.task == "regression" else "classes",
        "classes": list(data.class_names),
        "shape": list(images.shape[1:]) if is_images else None,
        "train": len(train.images[first]),
        "total": len(train.images),
        "preparation": way and way.config(),
        "position": number,
    }


def _network(network: Network, first: Values) -> Values:
    """Return the layers and settings of a trained network in the form of the page's set-up."""
    layers = [layer.config() for layer in network.layers if isinstance(layer, Layer)]
    _check_known(network, layers)
    source = network.input_layer
    return {
        "data": first["name"],
        "layers": layers,
        "loss": {"name": network.loss.name, **network.loss.config()},
        "input": {
            "factor": np.ravel(source.factor),
            "offset": np.ravel(0.0 if source.offset is None else source.offset),
            "normalisation": source.normalisation,
        },
    }


def _check_known(network: Network, layers: Sequence[Values]) -> None:
    """Raise for a layer, an activation or a loss that the page does not have."""
    unknown = [layer["kind"] for layer in layers if layer["kind"] not in KINDS]
    unknown += [layer["fn"] for layer in layers if layer.get("fn", "relu") not in ACTIVATIONS]
    unknown += [] if network.loss.name in LOSSES else [network.loss.name]
    if unknown:
        raise ArgumentError(
            f"the playground cannot continue with this network: it has no {', '.join(unknown)}."
        )
