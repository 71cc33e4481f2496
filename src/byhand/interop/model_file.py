"""The model file: safetensors, with everything that is not a number in its metadata.

Tensors are `W1`, `b1`, ... in the conventions of the library, (n_in, n_out) and (n_out,).
The metadata (all strings) holds the format's version, the layers, the loss, the normalisation,
class names and training facts as JSON. Nothing in such a file is ever executed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.atomic import write_whole
from byhand.errors import ArgumentError, FileError, FormatError
from byhand.network.activations import ACTIVATIONS
from byhand.network.batch_norm import BatchNormLayer
from byhand.network.input_layer import InputLayer
from byhand.network.layers import DenseLayer, DropoutLayer, Layer
from byhand.network.losses import LOSSES
from byhand.network.mlp import MultiLayerPerceptron

FORMAT = "byhand-1"

_LAYERS: dict[str, Any] = {
    layer.kind: layer for layer in (InputLayer, DenseLayer, DropoutLayer, BatchNormLayer)
}
_FACTOR, _OFFSET = "input.factor", "input.offset"


def save_model(
    net: MultiLayerPerceptron,
    path: str | Path,
    extra_tensors: Mapping[str, Array] | None = None,
    extra_metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a network to a file, in one move: an older file is replaced whole or stays.

    Args:
        net: the network.
        path: where to; the usual suffix is .safetensors.
        extra_tensors: more arrays for the same file.
        extra_metadata: more strings for it.
    """
    tensors = {**net.parameters, **net.statistics, **(extra_tensors or {})}
    first = net.input_layer
    if np.ndim(first.factor):
        tensors[_FACTOR], tensors[_OFFSET] = np.asarray(first.factor), np.asarray(first.offset)
    metadata = {
        "format": FORMAT,
        "layers": json.dumps([_describe(layer) for layer in net.layers]),
        "loss": json.dumps({"name": net.loss.name, **asdict(net.loss)}),
        "dtype": net.dtype.name,
        "seed": str(net.seed),
        "class_names": json.dumps(net.class_names),
        **{name: init for name, init in _initialisers(net).items() if isinstance(init, str)},
        "facts": _facts_as_json(net),
        **(extra_metadata or {}),
    }
    return write_tensors(Path(path), tensors, metadata)


def _initialisers(net: MultiLayerPerceptron) -> dict[str, Any]:
    """Where the numbers started from; your own functions have no name to be kept by."""
    return {"weight_init": net.weight_init, "bias_init": net.bias_init}


def _facts_as_json(net: MultiLayerPerceptron) -> str:
    try:
        return json.dumps(net.facts)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"net.facts must hold text, numbers, lists and dictionaries only, to be saved: {error}."
        ) from error


def load_model(path: str | Path) -> MultiLayerPerceptron:
    """Read a network that `save_model` wrote."""
    path = Path(path).expanduser()
    tensors, metadata = read_tensors(path)
    if metadata.get("format") != FORMAT:
        raise FormatError(
            f"{path} is a safetensors file but not one that byhand wrote (its metadata lack "
            f"format={FORMAT!r})."
        )
    try:
        net = _build(metadata, tensors)
        for name in net.parameters:
            net.parameters[name] = tensors[name]
        for name in net.statistics:
            net.statistics[name] = tensors[name]
    except (KeyError, TypeError, ValueError, AttributeError, MemoryError) as error:
        raise FormatError(
            f"the model file {path} is damaged or from a newer version: {error}"
        ) from error
    return net


def write_tensors(path: Path, tensors: Mapping[str, Array], metadata: dict[str, str]) -> Path:
    """Write a safetensors file beside its place and move it there; on failure nothing is lost."""
    from safetensors.numpy import save

    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    return write_whole(path, save(contiguous, metadata))


def read_tensors(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays and the metadata of a safetensors file."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileError(f"there is no model file {path}.")
    try:
        with safe_open(str(path), framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, TypeError, ValueError) as error:
        raise FormatError(
            f"{path} is not a safetensors file, or is truncated or corrupted: {error}."
        ) from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error


def _describe(layer: InputLayer | Layer[Any]) -> dict[str, Any]:
    """A layer as plain names and numbers."""
    described: dict[str, Any] = {"kind": layer.kind}
    if isinstance(layer, InputLayer):
        described |= {name: getattr(layer, name) for name in ("units", "normalisation", "seen")}
        if np.ndim(layer.factor) == 0:  # vectors go among the tensors
            described |= {"factor": layer.factor, "offset": layer.offset}
        return described
    if layer.activation is not None:
        if layer.activation.name not in ACTIVATIONS:
            raise ArgumentError(
                f"the activation {layer.activation.name!r} is your own function, which a model "
                "file cannot hold; only activations with a name can be saved."
            )
        described["fn"] = layer.activation.name
        if layer.activation.name == "leaky_relu":
            described["slope"] = layer.activation.slope
    names = ("units", "rate", "momentum", "epsilon", "weight_init", "bias_init")
    values = {name: getattr(layer, name, None) for name in names}
    # What is not given, or is an initialiser of your own without a name, is left out.
    return described | {
        name: value for name, value in values.items() if isinstance(value, (int, float, str))
    }


def _build(metadata: Mapping[str, str], tensors: Mapping[str, Array]) -> MultiLayerPerceptron:
    """The network that the metadata describe, its numbers still those of initialisation."""
    layers = []
    for described in json.loads(metadata["layers"]):
        kind = described.pop("kind")
        if kind == "input" and _FACTOR in tensors:
            described |= {"factor": tensors[_FACTOR], "offset": tensors[_OFFSET]}
        if described.get("seen"):
            described["seen"] = tuple(described["seen"])
        layers.append(_LAYERS[kind](**described))
    loss = json.loads(metadata["loss"])
    net = MultiLayerPerceptron(
        layers,
        loss=LOSSES[loss.pop("name")](**loss),
        seed=int(metadata["seed"]),
        weight_init=metadata.get("weight_init", "he_initialization"),
        bias_init=metadata.get("bias_init", "zeros"),
        dtype=metadata["dtype"],
        class_names=json.loads(metadata["class_names"]),
    )
    net.facts = dict(json.loads(metadata["facts"]))
    return net
