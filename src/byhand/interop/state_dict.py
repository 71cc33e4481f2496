"""Safetensors files with the names of a torch state dict: "0.weight", "0.bias", "2.weight", ...

    model = nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 10), nn.Softmax(dim=1))
    model.load_state_dict(safetensors.torch.load_file("digits.safetensors"))

`torch_layers.py` names and transposes the arrays. Torch itself is not needed to write or read them.
The metadata contain the modules as text and the normalisation of the input, so byhand's own files
are complete; other files lack both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.atomic import write_whole
from byhand.errors import ArgumentError, FormatError
from byhand.interop.array_text import packed, unpacked
from byhand.interop.torch_layers import ACTIVATIONS, module_lines, network_of, state_of
from byhand.mlp import MultiLayerPerceptron
from byhand.model_file import read_tensors, safetensors_bytes
from byhand.network.network import Network
from byhand.untrusted_files import parse_json
from byhand.user_path import user_path

SCALING = ("mean", "factor")
"""Fields of a standardised input in the metadata."""


def save_state_dict(net: Network, path: str | Path) -> Path:
    """Write a network as safetensors with torch's names, and weights as (outputs, inputs).

    Raises:
        ArgumentError: a user's own layer or activation, which torch does not have.
    """
    return write_whole(user_path(path), state_dict_bytes(net))


def state_dict_bytes(
    net: Network, test_x: Array | None = None, test_y: Array | None = None
) -> bytes:
    """Return the content of the file, with test vectors if they are given."""
    first = net.input_layer
    further = {name: getattr(first, name) for name in SCALING if first.mean is not None}
    further |= {"test_x": test_x, "test_y": test_y}
    metadata = {
        "format": "pt",  # as in the files of torch
        "modules": json.dumps(module_lines(net)),
        "normalisation": first.normalisation,
        "input_range": json.dumps(first.input_range),
        "class_names": json.dumps(net.class_names),
    }
    metadata |= {k: packed(np.asarray(v)) for k, v in further.items() if v is not None}
    return safetensors_bytes(state_of(net), metadata)


def load_state_dict(
    path: str | Path,
    activations: Sequence[str] | None = None,
    normalisation: str | None = None,
) -> MultiLayerPerceptron:
    """Read a network from a safetensors file with torch's names.

    Args:
        path: the file.
        activations: one for each Linear, such as ("relu", "softmax"), if the file does not contain
            them; with batch normalisation after a Linear, the activation comes after both.
        normalisation: normalisation of the input if the file does not contain it; by default
            "pixels".

    Raises:
        FileError: there is no such file.
        FormatError: it is damaged, or its arrays do not form a chain of dense layers.
        ArgumentError: activations are missing, or not one for each Linear.
    """
    path = user_path(path)
    state, metadata = read_tensors(path)
    if not all(np.isfinite(array).all() for array in state.values()):
        raise FormatError(f"{path} contains NaN or infinity: the training that wrote it diverged.")
    try:
        first = _input_settings(metadata, normalisation)
        if "modules" in metadata and activations is None:
            lines = [str(line) for line in parse_json(metadata["modules"])]
        else:
            lines, state = _guessed(state, activations)
        names = parse_json(metadata.get("class_names", "null"))
        return network_of(lines, state, first, class_names=names, seed=0)
    except (ArgumentError, FormatError) as error:
        raise type(error)(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise FormatError(f"{path} is damaged: {error}.") from error


def _input_settings(metadata: Mapping[str, str], normalisation: str | None) -> dict[str, Any]:
    kind = normalisation or metadata.get("normalisation", "pixels")
    if kind != "standardise":
        return {"normalisation": kind}
    if not all(name in metadata for name in SCALING):
        raise FormatError("the mean and factor of a standardised input are missing.")
    scaling = {name: unpacked(metadata[name]) for name in SCALING}
    low, high = map(float, parse_json(metadata["input_range"]))
    if not all(np.isfinite(one).all() for one in (*scaling.values(), np.array([low, high]))):
        raise FormatError("the scale of its input contains NaN or infinity.")
    plain = {name: array if array.ndim else float(array) for name, array in scaling.items()}
    return {"normalisation": kind, "input_range": (low, high), **plain}


# --- files without modules ------------------------------------------------------------------------


def _guessed(
    state: Mapping[str, Array], activations: Sequence[str] | None
) -> tuple[list[str], dict[str, Array]]:
    """Return modules and state of a file with arrays only, in the natural order of their names."""
    prefixes = sorted({name.rpartition(".")[0] for name in state}, key=_natural)
    dense = [
        one for one in prefixes if f"{one}.weight" in state and state[f"{one}.weight"].ndim == 2
    ]
    if not dense:
        raise FormatError(f"expected arrays such as 0.weight and 0.bias; got {', '.join(state)}.")
    if activations is None or len(activations) != len(dense):
        got = "none" if activations is None else f"{list(activations)}"
        raise ArgumentError(
            f"it contains {len(dense)} layers ({', '.join(dense)}) but not their "
            f"activations; give one for each, such as relu,softmax; got {got}."
        )
    waiting = dict(zip(dense, activations, strict=True))
    activation = "identity"  # of layers before the first Linear
    lines: list[str] = []
    arrays: dict[str, Array] = {}
    for place, prefix in enumerate(prefixes):
        for name in ("weight", "bias", "running_mean", "running_var"):
            if f"{prefix}.{name}" in state:
                arrays[f"{len(lines)}.{name}"] = state[f"{prefix}.{name}"]
        shape = state[f"{prefix}.weight"].shape
        if prefix in waiting:
            lines.append(f"nn.Linear({shape[1]}, {shape[0]})")
            arrays.setdefault(f"{len(lines) - 1}.bias", np.zeros(shape[0], np.float32))
            activation = waiting[prefix]
        else:
            lines.append(f"nn.BatchNorm1d({shape[0]})")
        follows = prefixes[place + 1] if place + 1 < len(prefixes) else None
        if (follows is None or follows in waiting) and activation not in {"identity", "linear"}:
            lines.append(_activation_line(activation))
    return lines, arrays


def _activation_line(name: str) -> str:
    if name not in ACTIVATIONS:
        raise ArgumentError(f"unknown activation {name!r}; torch has {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name].format(slope=0.01)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts layer10 after layer9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
