"""Checks the tensors of a safetensors file before memory is allocated for them.

A safetensors file is the length of its header in 8 bytes, the header as JSON, and the tensors:
`{"W1": {"dtype": "F32", "shape": [784, 10], "data_offsets": [0, 31360]}, "__metadata__": {...}}`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.network.layers import InputLayer, Layer
from byhand.network.network_checks import check_layers, number_layers
from byhand.untrusted_files import parse_json, regular_file

MOST_HEADER = 64 << 20
"""Largest number of bytes of a header; a checkpoint's header includes the history of all epochs."""

MOST_TENSORS = 10_000

MOST_AXES = 32
"""Limit of the axes of an array, in every version of NumPy."""

BYTES = {"F64": 8, "F32": 4, "F16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4,
         "U16": 2, "U8": 1, "BOOL": 1}  # fmt: skip
"""Bytes of a number of each type that NumPy has."""


class NotFiniteError(ValueError):
    """Raised for a tensor with NaN or infinity."""


def check_tensor_header(path: Path) -> None:
    """Raise a ValueError unless the tensors fill the file: one after another, without gaps."""
    with regular_file(path, "the model file") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, MOST_HEADER):
            raise ValueError("its header is longer than the file or than any header")
        header = parse_json(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header is not a table")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("its metadata are not a table of text")
    if len(header) > MOST_TENSORS:
        raise ValueError(f"it holds {len(header):,} tensors")
    places = sorted(_place(name, entry) for name, entry in header.items())
    ends = [0, *(end for _, end in places)]
    begins = [*(begin for begin, _ in places), size - 8 - length]
    if begins != ends:
        raise ValueError("its tensors overlap, leave gaps or do not fill the file")


def check_tensors(layers: Sequence[InputLayer | Layer], tensors: Mapping[str, Array]) -> None:
    """Raise a ValueError unless the tensors fit a network of these layers.

    They must have the right shapes, be finite, and no variance may be negative.
    """
    first, computing = check_layers(layers)
    n_in = first.units
    expected: dict[str, tuple[int, ...]] = {}
    for layer, place in zip(computing, number_layers(computing), strict=True):
        shapes = layer.parameter_shapes(n_in)
        expected |= {f"{letter}{place}": shape for letter, shape in shapes.items()}
        expected |= {f"{name}{place}": (n_in,) for name in layer.statistic_names}
        n_in = layer.n_out(n_in)
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ValueError(f"{name} has the shape {tensors[name].shape}; expected {shape}")
        check_finite(name, tensors[name])
        if name.startswith("variance") and (tensors[name] < 0).any():
            raise ValueError(f"{name} holds negative numbers")
    for name in ("input.factor", "input.mean", "input.offset"):
        if name in tensors:
            if tensors[name].shape != (first.units,):
                raise ValueError(f"{name} has the shape {tensors[name].shape}")
            check_finite(name, tensors[name])


def check_finite(name: str, array: Array) -> None:
    """Raise a ValueError unless a tensor contains finite floating-point numbers."""
    if array.dtype.kind != "f":
        raise ValueError(f"{name} holds {array.dtype}; expected floating-point numbers")
    if not np.isfinite(array).all():
        raise NotFiniteError(
            f"{name} contains NaN or infinity, because the training that wrote it diverged. Train "
            "again with a smaller learning rate, or load an earlier file."
        )


def _place(name: str, entry: Any) -> tuple[int, int]:
    """Return where a tensor begins and ends, counted from the end of the header."""
    fields: dict[str, Any] = entry if isinstance(entry, dict) else {}
    shape: Any
    kind: Any
    place: Any
    shape, kind, place = (fields.get(key) for key in ("shape", "dtype", "data_offsets"))
    known = isinstance(kind, str) and kind in BYTES and _are_counts(shape, MOST_AXES)
    if not known or not _are_counts(place, 2) or len(place) != 2:
        raise ValueError(f"{name[:80]!r} has an unknown type, shape or place")
    begin, end = place
    if end - begin != BYTES[kind] * math.prod(shape):
        raise ValueError(f"{name[:80]!r} has another number of bytes than its shape")
    return begin, end


def _are_counts(values: Any, most: int) -> bool:
    """Return whether this is a list of at most `most` numbers that an array can have as lengths."""
    if not isinstance(values, list) or len(values) > most:
        return False
    return all(type(n) is int and 0 <= n < 1 << 58 for n in values)
