"""Reads dense networks from Keras files: `.keras`, `.weights.h5` and the older `.h5`.

Nothing in a file is executed: its JSON describes layers, and byhand builds its own layers from the
description. A Lambda layer, which holds pickled code, is refused like any other unknown layer.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from byhand.decompression import FREE, MOST_EXPANSION
from byhand.errors import ArgumentError, FormatError
from byhand.interop.keras.hdf5 import Group, Stored, member, read_hdf5
from byhand.interop.keras.layers import Chain, Given, Layers
from byhand.interop.keras.names import numbered
from byhand.mlp import MultiLayerPerceptron
from byhand.npz_archive import Directory
from byhand.untrusted_files import parse_json, read_bytes
from byhand.user_path import user_path

MOST_BYTES = 1 << 31
"""Largest size in bytes of a file, and of the arrays in it."""

MOST_CONFIG = 16 << 20
"""Largest size in bytes of the JSON that describes the layers."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError)
"""What `zipfile` raises; RuntimeError if a file is encrypted."""

_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError,
               RecursionError)  # fmt: skip
"""What a description of layers raises that Keras has not written."""

CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
"""The group of a model's layers, in Keras 3 and in Keras 2.13 to 2.15."""


def load_keras(
    path: str | Path,
    activations: Sequence[str] | None = None,
    *,
    output: str | None = None,
    normalisation: str | None = None,
    class_names: Sequence[str] | None = None,
) -> MultiLayerPerceptron:
    """Read a network from a Keras file: a chain of dense layers.

    Args:
        path: a `.keras` file, an `.h5` file of a whole model, or a `.weights.h5` file.
        activations: one for each Dense, for a `.weights.h5` file, which does not contain them.
        output: activation to put after the last layer. Keras classifiers often end in plain
            numbers, with from_logits=True in their loss; give "softmax" then.
        normalisation: how the inputs were scaled outside of the model: "pixels" for a division
            by 255. By default "pixels" for a `.weights.h5` file, and "none" for others.
        class_names: names of the classes, in the order of the outputs.

    Raises:
        FileError: there is no such file.
        FormatError: it is damaged, or its arrays do not fit its layers.
        ArgumentError: it has a layer that byhand does not have, which the message names; or the
            activations are missing.
        MissingPackageError: h5py is not installed.
    """
    path = user_path(path)
    content = read_bytes(path, MOST_BYTES, "the model")
    given = Given(activations, output, normalisation, class_names)
    try:
        return _of_archive(content, given) if _is_archive(content) else _of_hdf5(content, given)
    except (ArgumentError, FormatError) as error:
        raise type(error)(f"{path}: {error}") from error
    except _UNREADABLE as error:
        raise FormatError(f"{path} is not a Keras model that can be read: {error!r}") from error


def _is_archive(content: bytes) -> bool:
    return content.startswith(b"PK")


def _of_archive(content: bytes, given: Given) -> MultiLayerPerceptron:
    """Read a `.keras` file."""
    try:
        directory = Directory(BytesIO(content))
        with zipfile.ZipFile(directory) as archive:
            directory.is_open = True
            config = parse_json(_file(archive, "config.json", MOST_CONFIG))
            metadata = parse_json(_file(archive, "metadata.json", MOST_CONFIG))
            weights = _file(archive, "model.weights.h5", MOST_BYTES)
    except _DAMAGED as error:
        raise FormatError(f"the archive is damaged: {error}") from error
    told = metadata.get("byhand") or {}
    layers = described_layers(config)
    arrays = _numbered_arrays(read_hdf5(weights), layers)
    return Chain(given, told).network(Layers(layers, arrays))


def _file(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return a file of an archive, within the size limit."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise FormatError(f"the archive holds no {name}.") from None
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FormatError(f"{name} is compressed in a way that Keras does not use.")
    if entry.file_size > min(most, max(FREE, MOST_EXPANSION * entry.compress_size)):
        raise FormatError(f"{name} would expand to {entry.file_size:,} bytes.")
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise FormatError(f"{name} does not have the size that the archive states.")
    return content


def _of_hdf5(content: bytes, given: Given) -> MultiLayerPerceptron:
    """Read a whole model of an older version, or only its arrays."""
    file = read_hdf5(content)
    if "model_config" in file.attributes:
        layers = described_layers(parse_json(file.attributes["model_config"]))
        return Chain(given, {}).network(Layers(layers, _named_arrays(file, layers)))
    told = replace(given, normalisation=given.normalisation or "pixels")
    return Chain(told, {}).network(_weights_alone(file, given))


# --- where the arrays of a layer are -------------------------------------------------------------


def _numbered_arrays(file: Group, layers: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Return each layer's arrays: layers/dense_1/vars/0, .../1, ..."""
    container = next((one for one in CONTAINERS if member(file, one) is not None), CONTAINERS[0])
    names = numbered([str(layer["class_name"]) for layer in layers])
    return [_variables(member(file, f"{container}/{name}/vars")) for name in names]


def _variables(group: Group | Stored | None) -> list[Group | Stored | None]:
    if not isinstance(group, Group):
        return []
    return [member(group, str(k)) for k in range(len(group.members))]


def _named_arrays(file: Group, layers: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Return each layer's arrays in the format of older versions, which lists their names.

    Raises:
        FormatError: two layers share a name or an array, of which each would get a copy.
    """
    found: list[list[Any]] = []
    owners = [str(layer["config"]["name"]) for layer in layers]
    if len(set(owners)) < len(owners):
        raise FormatError("two layers have the same name.")
    for owner in owners:
        group = member(file, f"model_weights/{owner}")
        names = group.attributes.get("weight_names", []) if isinstance(group, Group) else []
        found.append([member(group, name) for name in names])
    arrays = [id(one) for own in found for one in own if one is not None]
    if len(set(arrays)) < len(arrays):
        raise FormatError("two layers have the same array.")
    return found


def _weights_alone(file: Group, given: Given) -> Layers:
    """Return dense layers by their numbers, with the activations that were given."""
    groups = (member(file, one) for one in CONTAINERS)
    container = next((one for one in groups if isinstance(one, Group)), None)
    if container is None:
        raise FormatError("expected a model or the weights of one; the file holds neither.")
    found = {name: _variables(member(container, f"{name}/vars")) for name in container.members}
    found = {name: arrays for name, arrays in found.items() if arrays}
    others = sorted(name for name in found if not re.fullmatch(r"dense(_\d+)?", name))
    if others:
        raise ArgumentError(
            f"a file of weights does not say where the arrays of {', '.join(others)} belong. "
            "Save the whole model in Keras, as in model.save('net.keras'), and read that file."
        )
    names = sorted(found, key=lambda name: int(name.partition("_")[2] or 0))
    if given.activations is None or len(given.activations) != len(names):
        got = "none" if given.activations is None else f"{list(given.activations)}"
        raise ArgumentError(
            f"it holds {len(names)} dense layers but not their activations; give one "
            f"for each, as in relu,softmax; got {got}."
        )
    layers = [
        {
            "class_name": "Dense",
            "config": {"name": name, "own": fn, "use_bias": len(found[name]) > 1},
        }
        for name, fn in zip(names, given.activations, strict=True)
    ]
    return Layers(layers, [found[name] for name in names])


# --- the layers that a config describes ----------------------------------------------------------


def described_layers(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the layers of a Sequential, or of a functional model that is a chain, in order.

    Raises:
        ArgumentError: another kind of model, or a model with branches.
    """
    kind = config["class_name"]
    if kind == "Sequential":
        inside = config["config"]
        return list(inside["layers"] if isinstance(inside, dict) else inside)
    if kind not in ("Functional", "Model"):
        raise ArgumentError(
            f"the model is of the class {kind}, whose call may do anything; expected Sequential, "
            "or a functional model without branches."
        )
    layers: list[Mapping[str, Any]] = list(config["config"]["layers"])
    for place, layer in enumerate(layers):
        before = [] if place == 0 else [layers[place - 1]["config"]["name"]]
        if list(_sources(layer["inbound_nodes"])) != before:
            raise ArgumentError(
                f"the layer {layer['config']['name']!r} does not follow the one before it alone; "
                "only models without branches can be read."
            )
    return layers


def _sources(node: Any) -> Iterator[str]:
    """Yield the names of the layers whose outputs a layer takes."""
    if isinstance(node, dict):
        if "keras_history" in node:
            yield str(node["keras_history"][0])
        else:
            for value in node.values():
                yield from _sources(value)
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str):  # ["dense", 0, 0, {}] of Keras 2
            yield node[0]
        else:
            for value in node:
                yield from _sources(value)
