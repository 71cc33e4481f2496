"""Writes networks as Keras files.

A `.keras` file is a ZIP archive of the layers (config.json), facts (metadata.json) and the arrays
(model.weights.h5). A `.weights.h5` file holds the arrays alone, for `model.load_weights`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from byhand import __version__
from byhand.arrays import Array
from byhand.atomic import write_whole
from byhand.errors import ArgumentError
from byhand.interop.array_text import packed
from byhand.interop.keras.hdf5 import write_arrays
from byhand.interop.keras.names import ACTIVATIONS, GELU, numbered
from byhand.interop.refuse_averages import check_single
from byhand.network.activations import Activation
from byhand.network.layers import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    LayerNormLayer,
    NoiseLayer,
    PlacedLayer,
)
from byhand.network.network import Network
from byhand.user_path import user_path

KERAS_VERSION = "3.0.0"
"""The Keras version whose format is written; later versions read it."""


@dataclass(frozen=True, eq=False)
class Part:
    """A Keras layer.

    Args:
        class_name: name of its class, such as "Dense".
        settings: its arguments.
        arrays: its arrays by name, in Keras's order.
    """

    class_name: str
    settings: Mapping[str, Any]
    arrays: Mapping[str, Array] = field(default_factory=dict)


def save_keras(net: Network, path: str | Path) -> Path:
    """Write a network as `.keras`, or its arrays as `.weights.h5`; return the path.

    The model takes rows of raw inputs (n, units): the normalisation is its first layer.

    Raises:
        ArgumentError: another extension; the network is untrained and its normalisation unknown; an
            ensemble; or Keras has no layer or activation like one of the network's.
        MissingPackageError: h5py is not installed.
    """
    path = user_path(path)
    if path.name.endswith(".weights.h5"):
        return write_whole(path, weights_bytes(net))
    if path.suffix == ".keras":
        return write_whole(path, keras_bytes(net))
    raise ArgumentError(f"expected a file name ending in .keras or .weights.h5; got {path}.")


def weights_bytes(net: Network) -> bytes:
    """Return the content of a `.weights.h5` file."""
    parts = keras_parts(net)
    names = numbered([part.class_name for part in parts])
    return write_arrays(
        {name: part.arrays for name, part in zip(names, parts, strict=True) if part.arrays}
    )


def keras_bytes(net: Network, test_x: Array | None = None, test_y: Array | None = None) -> bytes:
    """Return the content of a `.keras` file, with test vectors if they are given."""
    further = {"class_names": net.class_names, "task": net.task, "version": __version__}
    further |= {
        k: packed(v) for k, v in {"test_x": test_x, "test_y": test_y}.items() if v is not None
    }
    metadata = {"keras_version": KERAS_VERSION, "date_saved": "", "byhand": further}
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", json.dumps(model_config(net)))
        archive.writestr("model.weights.h5", weights_bytes(net))
    return stream.getvalue()


def model_config(net: Network) -> dict[str, Any]:
    """Return the config of a keras.Sequential with the network's layers."""
    parts = keras_parts(net)
    units, dtype = net.input_layer.units, net.dtype.name
    is_wide = net.input_layer.mean is not None  # float32 cannot tell timestamps apart
    shape = {"batch_shape": [None, units], "dtype": "float64" if is_wide else dtype}
    layers = [_layer("InputLayer", {"name": "input_layer", **shape})]
    for name, part in zip(numbered([part.class_name for part in parts]), parts, strict=True):
        described = {"name": name, "trainable": True, "dtype": dtype}
        layers.append(_layer(part.class_name, {**described, **part.settings}))
    model = {"name": "sequential", "trainable": True, "dtype": dtype, "layers": layers}
    return {**_layer("Sequential", model), "module": "keras"}


def _layer(class_name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "config": dict(settings),
        "registered_name": None,
    }


# --- the layers -----------------------------------------------------------------------------------


def keras_parts(net: Network) -> list[Part]:
    """Return the layers of a network as Keras layers, without the input.

    Raises:
        ArgumentError: as `save_keras`.
    """
    check_single(net)
    if not net.input_layer.ready:
        raise ArgumentError(
            "the network is untrained: fit chooses its normalisation. Train it first, or give the "
            "input layer 'pixels' or 'none'."
        )
    return [*_normalisation(net.input_layer), *(p for placed in net.stack for p in _parts(placed))]


def _normalisation(first: InputLayer) -> Iterator[Part]:
    if first.mean is not None:
        mean, factor = (np.broadcast_to(np.asarray(v, np.float64), first.units)
                        for v in (first.mean, first.factor))  # fmt: skip
        # As arrays, which stay in float64; the numbers of a config become float32 in Keras.
        count = np.array(0, np.int32)
        arrays: dict[str, Array] = {"mean": mean, "variance": 1 / factor**2, "count": count}
        yield Part("Normalization", {"axis": -1, "dtype": "float64"}, arrays)
        return
    if np.ndim(first.factor) or np.ndim(first.offset or 0):
        raise ArgumentError("a network of byhand 0.1.0 scales each pixel; train it again.")
    offset = float(first.offset or 0)
    if first.factor != 1 or offset:
        yield Part("Rescaling", {"scale": float(first.factor), "offset": -offset})


def _parts(placed: PlacedLayer) -> Iterator[Part]:
    """Yield the Keras layers that compute what a layer of byhand does."""
    layer = placed.layer
    fn = layer.activation
    if type(layer) is DenseLayer:
        W, b = placed.parameters
        assert fn is not None  # noqa: S101 - a dense layer has one; for the type checker
        own = {} if fn.name in ACTIVATIONS else {"activation": "linear"}
        settings: dict[str, Any] = {
            "units": layer.units,
            "use_bias": True,
            "activation": ACTIVATIONS.get(fn.name),
        }
        yield Part("Dense", {**settings, **own}, {"kernel": W, "bias": b})
        fn = fn if own else None
    elif type(layer) is BatchNormLayer:
        (gamma, beta), (mean, variance) = placed.parameters, placed.statistics
        settings = {"axis": -1, "momentum": 1 - layer.momentum, "epsilon": layer.epsilon}
        arrays = {"gamma": gamma, "beta": beta, "moving_mean": mean, "moving_variance": variance}
        yield Part("BatchNormalization", {**settings, "center": True, "scale": True}, arrays)
    elif type(layer) is LayerNormLayer:
        gamma, beta = placed.parameters
        settings = {"axis": -1, "epsilon": layer.epsilon, "center": True, "scale": True}
        yield Part("LayerNormalization", settings, {"gamma": gamma, "beta": beta})
    elif type(layer) is DropoutLayer:
        yield Part("Dropout", {"rate": layer.rate})
    elif type(layer) is NoiseLayer:
        yield Part("GaussianNoise", {"stddev": layer.deviation})
    else:
        raise ArgumentError(
            f"a layer of the kind {layer.kind!r} is your own, and Keras has no such layer."
        )
    if fn is not None and fn.name != "identity":
        yield _activation(fn)


def _activation(fn: Activation) -> Part:
    if fn.name == "leaky_relu":
        return Part("LeakyReLU", {"negative_slope": fn.slope})
    if fn.name == "gelu":
        raise ArgumentError(f"{GELU}.")
    if fn.name not in ACTIVATIONS:
        raise ArgumentError(
            f"Keras has no activation like {fn.name!r}; it has those for {', '.join(ACTIVATIONS)} "
            "and leaky_relu."
        )
    return Part("Activation", {"activation": ACTIVATIONS[fn.name]})
