"""A dictionary and named arrays as text inside a page.

Layout before gzip and base64: 4 bytes with the length of the header (little-endian), the header as
JSON, then the arrays one after the other. Numbers of several bytes are stored as planes (all first
bytes, then all second bytes, ...): neighbours in a plane resemble each other, so gzip shrinks a
float32 matrix by about a tenth, which it could not do otherwise. `network_entries.py` converts the
weights to float32. Base64 has no characters that HTML could misread.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.errors import ArgumentError

TYPES = ("uint8", "uint16", "uint32", "float32", "float64")
"""Types of arrays that the page can read."""


def pack(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    """Return header and arrays as base64 text; the page's `unpack` is the inverse."""
    chunks = {name: _planes(name, array) for name, array in arrays.items()}
    entries, offset = [], 0
    for name, chunk in chunks.items():
        array = arrays[name]
        entries.append(
            {"name": name, "dtype": str(array.dtype), "shape": array.shape, "offset": offset}
        )
        offset += len(chunk)
    text = json.dumps(_plain({**header, "arrays": entries}), allow_nan=False).encode()
    blob = b"".join([len(text).to_bytes(4, "little"), text, *chunks.values()])
    return base64.b64encode(gzip.compress(blob, 9, mtime=0)).decode()


def compressed_size(array: Array) -> int:
    """Return the bytes that an array takes in the page."""
    return len(base64.b64encode(gzip.compress(_planes("", array), 9)))


def _planes(name: str, array: Array) -> bytes:
    if str(array.dtype) not in TYPES:
        raise ArgumentError(
            f"the page carries arrays of {', '.join(TYPES)}; {name!r} is {array.dtype}."
        )
    width = array.dtype.itemsize
    whole = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return whole.view(np.uint8).reshape(-1, width).T.tobytes()


def _plain(value: Any) -> Any:
    """Return the value in JSON's own types; NaN and infinity become null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
