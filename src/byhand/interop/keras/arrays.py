"""Reads the arrays of an untrusted HDF5 file: only plain ones that are stored in the file itself.

HDF5 can name arrays of other files (external links, external storage, virtual datasets), and a
compressed array can be far larger than its file. None of these is followed or expanded: what is
read takes no more memory than the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, TypeAlias

import numpy as np

from byhand.arrays import Array
from byhand.errors import FormatError
from byhand.extras import require

Shape: TypeAlias = Sequence[int | None]


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    """Open the bytes of an HDF5 file."""
    h5py = require("h5py", "keras", "a Keras file needs")
    try:
        file = h5py.File(BytesIO(content), "r")
    except (OSError, ValueError) as error:
        raise FormatError(f"it is not an HDF5 file, or it is damaged: {error}") from error
    with file:
        yield file


def member(group: Any, path: str) -> Any:
    """Return a group or an array at a path, or None where there is none.

    Raises:
        FormatError: a link on the way leads elsewhere.
    """
    h5py = require("h5py", "keras", "a Keras file needs")
    for name in path.split("/"):
        if not isinstance(group, h5py.Group):
            return None
        link = group.get(name, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise FormatError(f"{group.name}/{name} is a link that may lead to another file.")
        group = group[name]
    return group


def read_array(found: Any, name: str, shape: Shape) -> Array:
    """Return an array, checked before memory is allocated for it.

    Args:
        found: the entry of the file.
        name: its name in messages.
        shape: the shape that it must have; None is any length.

    Raises:
        FormatError: it is missing, of another shape, not of floats, stored outside of the file or
            compressed; or it holds NaN or infinity.
    """
    h5py = require("h5py", "keras", "a Keras file needs")
    if not isinstance(found, h5py.Dataset):
        raise FormatError(f"{name} is missing.")
    fits = len(found.shape or ()) == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, found.shape, strict=True)
    )
    if not fits:
        wanted = " x ".join("any" if one is None else str(one) for one in shape)
        raise FormatError(f"{name} has the shape {found.shape}; expected {wanted}.")
    if found.dtype.kind != "f":
        raise FormatError(f"{name} holds {found.dtype}; expected floating-point numbers.")
    if found.external or found.is_virtual:
        raise FormatError(f"{name} is stored in another file, which is not read.")
    if found.id.get_storage_size() < math.prod(found.shape) * found.dtype.itemsize:
        raise FormatError(f"{name} is compressed or has no numbers; Keras stores them plainly.")
    try:
        array = np.asarray(found[()])
    except (OSError, ValueError, RuntimeError) as error:
        raise FormatError(f"{name} cannot be read: {error}") from error
    if not np.isfinite(array).all():
        raise FormatError(f"{name} holds NaN or infinity: the training that wrote it diverged.")
    return array


def write_arrays(arrays: Mapping[str, Mapping[str, Array]]) -> bytes:
    """Return an HDF5 file as Keras writes it: layers/dense/vars/0, layers/dense/vars/1, ...

    Args:
        arrays: for each layer with arrays, by the name of its group, the arrays by name.
    """
    h5py = require("h5py", "keras", "a Keras file needs")
    stream = BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_group("vars")
        for group, found in arrays.items():
            variables = file.create_group(f"layers/{group}/vars")
            variables.attrs["name"] = group
            for number, array in enumerate(found.values()):
                variables.create_dataset(str(number), data=array)
    return stream.getvalue()
