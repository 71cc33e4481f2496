"""Model files: safetensors, with everything that is not a tensor in the metadata.

Tensors are `W1`, `b1`, ... in the conventions of the library, (n_in, n_out) and (n_out,).
The metadata (all strings) contain the version of the format, the layers, the loss, the
normalisation, class names and training facts as JSON. Loading a file never executes anything in it;
`tensor_checks.py` checks header and sizes before memory is allocated.
Your own layers, losses and activations must be registered when a model is saved and when it is
loaded. `MultiLayerPerceptron.save` and `.load` in `mlp.py` are the public calls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from byhand.arrays import Array
from byhand.atomic import write_whole
from byhand.checks import integer, number
from byhand.errors import ArgumentError, FileError, FormatError
from byhand.network.activations import ACTIVATIONS
from byhand.network.layers import LAYERS, InputLayer, Layer
from byhand.network.losses import LOSSES
from byhand.network.network import Network
from byhand.network.targets import CLASSES, MULTI_LABEL, REGRESSION
from byhand.tables import build
from byhand.tensor_checks import NotFiniteError, check_tensor_header, check_tensors
from byhand.untrusted_files import parse_json

FORMAT, ENSEMBLE = "byhand-1", "byhand-ensemble-1"

MOST_MEMBERS = 1000
"""Largest number of networks in the file of an ensemble."""

MOST_SEED_DIGITS = 40
"""Largest number of digits of a seed in a file."""

N = TypeVar("N", bound=Network)
_SCALING = ("factor", "mean", "offset")
"""Fields of the input layer that are tensors, such as input.factor, if each column has its own."""


def save_model(
    net: Network,
    path: str | Path,
    extra_tensors: Mapping[str, Array] | None = None,
    extra_metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a network to a file; an older file is replaced completely or stays unchanged.

    Args:
        net: the network.
        path: path of the file, usually with the suffix .safetensors.
        extra_tensors: further arrays to write.
        extra_metadata: further strings to write.
    """
    tensors, metadata = content_of(net)
    metadata |= extra_metadata or {}
    return write_tensors(Path(path), tensors | dict(extra_tensors or {}), metadata)


def content_of(net: Network) -> tuple[dict[str, Array], dict[str, str]]:
    """Return the tensors and the metadata of a network's file."""
    tensors: dict[str, Array] = {**net.parameters, **net.statistics}
    first = net.input_layer
    if np.ndim(first.factor):
        scaling = {name: getattr(first, name) for name in _SCALING}
        tensors |= {f"input.{name}": value for name, value in scaling.items() if value is not None}
    metadata = {
        "format": FORMAT,
        "layers": _to_json("the layers", [_describe(layer) for layer in net.layers]),
        "loss": _to_json("the loss", _loss_config(net)),
        "dtype": net.dtype.name,
        "seed": str(net.seed),
        "class_names": json.dumps(net.class_names),
        **{name: init for name, init in _initialisers(net).items() if isinstance(init, str)},
        "facts": _to_json("net.facts", net.facts),
    }
    return tensors, metadata


def save_ensemble(members: Sequence[Network], path: str | Path) -> Path:
    """Write several networks to one file, the tensors of member k under the prefix `k.`."""
    contents = [content_of(net) for net in members]
    tensors = {
        f"{k}.{name}": array for k, (own, _) in enumerate(contents) for name, array in own.items()
    }
    described = _to_json("the members", [metadata for _, metadata in contents])
    return write_tensors(Path(path), tensors, {"format": ENSEMBLE, "members": described})


def is_ensemble(path: str | Path) -> bool:
    """Return whether a file contains an ensemble."""
    return read_tensors(Path(path).expanduser())[1].get("format") == ENSEMBLE


def read_ensemble(network: type[N], path: str | Path) -> list[N]:
    """Return the networks in a file written by `save_ensemble`.

    Raises:
        FormatError: it is not such a file, or it is damaged.
    """
    tensors, metadata = read_tensors(Path(path).expanduser())
    if metadata.get("format") != ENSEMBLE:
        raise FormatError(
            f"{path} contains no ensemble (its metadata have no format={ENSEMBLE!r})."
        )
    try:
        members = parse_json(metadata["members"])
        if not isinstance(members, list) or not 0 < len(members) <= MOST_MEMBERS:
            raise ValueError(f"it should hold 1 to {MOST_MEMBERS} members")
        described = [{str(key): str(value) for key, value in one.items()} for one in members]
    except (KeyError, ValueError, AttributeError, ArgumentError) as error:
        raise FormatError(f"the ensemble in {path} is damaged: {error}.") from error
    own = _by_member(tensors)
    return [
        build_model(network, (own.get(str(k), {}), one), f"{path}, member {k + 1}")
        for k, one in enumerate(described)
    ]


def _by_member(tensors: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Return the tensors of each member: those named `k.W1`, `k.b1`, ... under "k"."""
    found: dict[str, dict[str, Array]] = {}
    for name, array in tensors.items():
        member, _, own = name.partition(".")
        found.setdefault(member, {})[own] = array
    return found


def add_facts(path: str | Path, facts: Mapping[str, Any]) -> None:
    """Add to the facts of a model file; everything else in it is unchanged."""
    tensors, metadata = read_model(path)
    known = {**json.loads(metadata["facts"]), **facts}
    write_tensors(Path(path), tensors, {**metadata, "facts": _to_json("net.facts", known)})


def _initialisers(net: Network) -> dict[str, Any]:
    """Return the initialisers; those that are functions have no name and are not saved."""
    return {"weight_init": net.weight_init, "bias_init": net.bias_init}


def _loss_config(net: Network) -> dict[str, Any]:
    name, own = net.loss.name, type(net.loss)
    if LOSSES.get(name) is not own:
        raise _unregistered("loss", name, own)
    return net.loss.config()


def _unregistered(kind: str, name: str, own: type) -> ArgumentError:
    return ArgumentError(
        f"the {kind} {name!r} is a class of your own that is not registered, so the file could "
        f"not be loaded again; give {own.__name__} a name of its own and call "
        f"byhand.register({own.__name__}) first."
    )


def _to_json(what: str, value: Any) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"{what} must contain only text, numbers, lists and dictionaries to be saved: {error}."
        ) from error


def read_model(path: str | Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Return the tensors and the metadata of a file written by `save_model`."""
    path = Path(path).expanduser()
    tensors, metadata = read_tensors(path)
    if metadata.get("format") == ENSEMBLE:
        raise FormatError(f"{path} contains an ensemble; read it with byhand.Ensemble.load.")
    if metadata.get("format") != FORMAT:
        raise FormatError(
            f"{path} is a safetensors file but not one that byhand wrote (its metadata lack "
            f"format={FORMAT!r})."
        )
    return tensors, metadata


def build_model(
    network: type[N], content: tuple[dict[str, Array], dict[str, str]], path: str | Path
) -> N:
    """Build the network from the content returned by `read_model`; `path` is for messages."""
    tensors, metadata = content
    try:
        net = _build(network, metadata, tensors)
        _fill(net, tensors)
    except NotFiniteError as error:
        raise FormatError(f"the model file {path} cannot be used: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, MemoryError, OverflowError) as error:
        raise FormatError(
            f"the model file {path} is damaged, from a newer version, or needs classes of your own "
            f"that are not registered yet (byhand.register): {error}"
        ) from error
    return net


def _fill(net: Network, tensors: Mapping[str, Array]) -> None:
    """Set parameters and statistics, which may be numbers of another precision."""
    for arrays in (net.parameters, net.statistics):
        with np.errstate(over="ignore"):
            for name in arrays:
                arrays[name] = tensors[name]
        if not np.isfinite(arrays.vector).all():
            raise ValueError(f"it holds numbers that are too large for {net.dtype}")


def write_tensors(path: Path, tensors: Mapping[str, Array], metadata: dict[str, str]) -> Path:
    """Write a safetensors file; on failure an older file stays unchanged."""
    return write_whole(path, safetensors_bytes(tensors, metadata))


def safetensors_bytes(tensors: Mapping[str, Array], metadata: dict[str, str]) -> bytes:
    """Return the content of a safetensors file."""
    from safetensors.numpy import save

    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    return _in_order(save(contiguous, metadata))


def _in_order(data: bytes) -> bytes:
    """Return a safetensors file with sorted metadata, so that equal content gives equal bytes.

    A file is the length of the header in 8 bytes, the header as JSON padded to a multiple of 8
    bytes, and the tensors. The library writes the metadata in a random order.
    """
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text = text.ljust(-(-len(text) // 8) * 8)
    return len(text).to_bytes(8, "little") + text + data[end:]


def read_tensors(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Return the arrays and the metadata of a safetensors file.

    Raises:
        FileError: the file is missing, cannot be read or is not a regular file.
        FormatError: it is not a safetensors file of plain numbers, or is truncated or corrupted.
    """
    from safetensors import SafetensorError, safe_open

    if not path.exists() or path.is_dir():
        raise FileError(f"there is no model file {path}.")
    try:
        check_tensor_header(path)
        with safe_open(str(path), framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, TypeError, ValueError) as error:
        raise FormatError(
            f"{path} is not a safetensors file, or is truncated or corrupted: {error}."
        ) from error
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from error


def _describe(layer: InputLayer | Layer) -> dict[str, Any]:
    """Return a layer's config; raise if the layer could not be loaded again."""
    described = layer.config()
    if isinstance(layer, InputLayer):
        described["seen"] = described.pop("input_range")  # its name in the file format
        return described
    name = described.get("fn")
    if name is not None and name not in ACTIVATIONS:
        raise ArgumentError(
            f"the activation {name!r} is a function of your own, which a model file cannot hold; "
            "register it under a name first (byhand.register)."
        )
    if LAYERS.get(layer.kind) is not type(layer):
        raise _unregistered("layer", layer.kind, type(layer))
    return described


def _build(network: type[N], metadata: Mapping[str, str], tensors: Mapping[str, Array]) -> N:
    """Build the network that the metadata describe, with initial parameters.

    Everything in the file is checked before a network of its size is created.
    """
    first, *others = parse_json(metadata["layers"])
    layers: list[InputLayer | Layer] = [_input_layer(first, tensors)]
    layers += [_layer(described) for described in others]
    facts = _facts(parse_json(metadata["facts"]))
    names = _class_names(parse_json(metadata["class_names"]))
    check_tensors(layers, tensors)
    net = network(
        layers,
        loss=build(LOSSES, parse_json(metadata["loss"])),
        seed=_seed(metadata["seed"]),
        weight_init=metadata.get("weight_init", "he_initialization"),
        bias_init=metadata.get("bias_init", "zeros"),
        dtype=metadata["dtype"],
        class_names=names,
    )
    net.facts = facts
    return net


def _input_layer(described: dict[str, Any], tensors: Mapping[str, Array]) -> InputLayer:
    del described["kind"]
    input_range = described.pop("seen", None)
    if input_range is not None:
        low, high = (number("input_range", value) for value in input_range)
        input_range = (low, high)
    for name in _SCALING:
        if f"input.{name}" in tensors:
            described[name] = tensors[f"input.{name}"]
        elif described.get(name) is None:
            described.pop(name, None)
        else:
            number(name, described[name])
    return InputLayer(**described, input_range=input_range)


def _layer(described: dict[str, Any]) -> Any:
    return LAYERS.find(described.pop("kind"))(**described)


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > MOST_SEED_DIGITS:
        raise ValueError(f"the seed is {text[:80]!r}")
    return int(text)


def _class_names(names: Any) -> list[str] | None:
    if names is not None and not (
        isinstance(names, list) and all(isinstance(name, str) for name in names)
    ):
        raise ValueError("the names of classes or categories are not a list of text")
    return names


def _facts(facts: Any) -> dict[str, Any]:
    if not isinstance(facts, dict):
        raise ValueError("the facts are not a table")
    for name in ("task", "dataset"):
        if not isinstance(facts.get(name), str | None):
            raise ValueError(f"the fact {name!r} is {str(facts[name])[:80]!r}; expected text")
    if facts.get("task") not in (None, CLASSES, MULTI_LABEL, REGRESSION):
        raise ValueError(f"the task is {facts['task'][:80]!r}")
    integer("the number of epochs trained", facts.get("epochs_trained", 0), at_least=0)
    encoding = facts.get("encoding", {})
    if not isinstance(encoding, dict):
        raise ValueError("the encoding of columns is not a table")
    for words in encoding.values():
        _class_names(words)
    return facts
