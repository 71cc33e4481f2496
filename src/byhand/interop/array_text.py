"""Arrays as text, for the metadata of files, which can only be text."""

from __future__ import annotations

import base64
import json
import math
import re

import numpy as np

from byhand.arrays import Array
from byhand.tensor_checks import MOST_AXES
from byhand.untrusted_files import parse_json

_NUMBERS = re.compile(r"[<|](f[248]|[iu][1248])")
"""The types that `packed` writes; NumPy would take seconds to describe a table as a type."""


def packed(array: Array) -> str:
    """Return an array as JSON: its type, its shape, and its bytes as base64."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    content = base64.b64encode(little.tobytes()).decode()
    return json.dumps({"dtype": little.dtype.str, "shape": np.shape(array), "bytes": content})


def unpacked(text: str) -> Array:
    """Return the array that `packed` has written.

    Raises:
        ValueError, KeyError, TypeError: the text was not written by `packed`.
    """
    described = parse_json(text)
    content = base64.b64decode(described["bytes"], validate=True)
    kind, shape = str(described["dtype"]), tuple(map(int, described["shape"]))
    if not _NUMBERS.fullmatch(kind) or len(shape) > MOST_AXES or min(shape, default=0) < 0:
        raise ValueError(f"an array of {kind[:80]!r} with the shape {shape}")
    dtype = np.dtype(kind)
    if math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{len(content)} bytes for an array of the shape {shape}")
    return np.frombuffer(content, dtype).reshape(shape).copy()
