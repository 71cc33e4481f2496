"""Arrays as text, for the metadata of files, which can only be text."""

from __future__ import annotations

import base64
import json
import math

import numpy as np

from byhand.arrays import Array
from byhand.tensor_checks import MOST_AXES
from byhand.untrusted_files import parse_json


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
    dtype, shape = np.dtype(described["dtype"]), tuple(map(int, described["shape"]))
    if dtype.kind not in "fiu" or len(shape) > MOST_AXES or min(shape, default=0) < 0:
        raise ValueError(f"an array of {dtype} with the shape {shape}")
    if math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{len(content)} bytes for an array of the shape {shape}")
    return np.frombuffer(content, dtype).reshape(shape).copy()
