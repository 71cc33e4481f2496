"""Reads and writes HDF5 files, in which Keras keeps its arrays.

HDF5 can name arrays of other files (external links, external storage, virtual datasets), and a
compressed array can be far larger than its file. None of these is followed or expanded. The HDF5
library itself may loop for ever or crash on a damaged file, so another process reads the file with
it, within limits of time and memory: `hdf5_worker.py`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from byhand.arrays import Array
from byhand.errors import FileError, FormatError
from byhand.extras import require
from byhand.untrusted_files import parse_json

Shape: TypeAlias = Sequence[int | None]

WORKER = Path(__file__).with_name("hdf5_worker.py")

SECONDS = 1.0
"""Processor time for a small file."""

BYTES_PER_SECOND = 50_000_000
"""A large file may take a second more for each of these bytes."""

PATIENCE = 30
"""Allowed clock time as a multiple of processor time: starting takes time, and others compute."""


@dataclass(frozen=True)
class Stored:
    """An array of a file, or why it was not read.

    Args:
        shape: its shape; None if even that is unknown.
        numbers: the array, unless there is a fault.
        fault: why it was not read, such as "is compressed".
    """

    shape: tuple[int, ...] | None
    numbers: Array | None
    fault: str = ""


@dataclass(frozen=True)
class Group:
    """A group of a file, as a folder is.

    Args:
        members: the groups and arrays in it, by name.
        attributes: text or lists of text that describe a model, by name.
    """

    members: Mapping[str, Group | Stored]
    attributes: Mapping[str, Any]


def read_hdf5(content: bytes) -> Group:
    """Return all groups and plain arrays of an HDF5 file.

    Raises:
        FormatError: it is not HDF5, or is damaged.
        MissingPackageError: h5py is not installed.
    """
    require("h5py", "keras", "a Keras file needs")
    seconds = SECONDS + len(content) / BYTES_PER_SECOND
    with tempfile.TemporaryDirectory(prefix="byhand-keras-") as place:
        source, header, numbers = (Path(place, name) for name in ("file.h5", "header", "numbers"))
        source.write_bytes(content)
        _run_worker([str(source), str(header), str(numbers), str(seconds)], PATIENCE * seconds)
        if not header.exists():
            raise FormatError(
                "it is a damaged HDF5 file: the HDF5 library crashed, or read it without end."
            )
        described = parse_json(header.read_bytes())
        if "error" in described:
            raise FormatError(f"it is not an HDF5 file, or is damaged: {described['error']}.")
        return _group(described, numbers.read_bytes(), 0)[0]


def _run_worker(arguments: Sequence[str], patience: float) -> None:
    """Run the worker until it ends, whatever its end."""
    if not sys.executable:
        raise FileError(
            "a Keras file is read by another Python, and this one does not know its own."
        )
    environment = {
        "HDF5_PLUGIN_PRELOAD": "::",  # HDF5 loads no plugins, which a file could ask for
        "HDF5_USE_FILE_LOCKING": "FALSE",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, str(WORKER), *arguments],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=patience,
            check=False,
        )


def _group(described: Mapping[str, Any], numbers: bytes, start: int) -> tuple[Group, int]:
    """Return a group, and the place in the numbers where the arrays of the next one start."""
    members: dict[str, Group | Stored] = {}
    for name, one in described["members"].items():
        if "members" in one:
            members[name], start = _group(one, numbers, start)
            continue
        shape = tuple(one["shape"]) if "shape" in one else None
        if "fault" in one:
            members[name] = Stored(shape, None, one["fault"])
            continue
        dtype = np.dtype(one["dtype"])
        array = np.frombuffer(numbers, dtype, one["size"] // dtype.itemsize, start)
        members[name] = Stored(shape, array.reshape(shape))
        start += one["size"]
    return Group(members, described["attributes"]), start


def member(group: Group | Stored | None, path: str) -> Group | Stored | None:
    """Return a group or an array at a path, or None where there is none.

    Raises:
        FormatError: a link on the way leads elsewhere, or cannot be read.
    """
    for name in path.split("/"):
        if not isinstance(group, Group):
            return None
        group = group.members.get(name)
        if isinstance(group, Stored) and group.shape is None:
            raise FormatError(f"{path} {group.fault}.")
    return group


def read_array(found: Group | Stored | None, name: str, shape: Shape) -> Array:
    """Return an array that a layer needs.

    Args:
        found: the entry of the file.
        name: its name in messages.
        shape: the shape that it must have; None is any length.

    Raises:
        FormatError: it is missing, of another shape, not of floats, stored outside of the file or
            compressed; or it holds NaN or infinity.
    """
    if not isinstance(found, Stored) or found.shape is None:
        raise FormatError(f"{name} is missing.")
    fits = len(found.shape) == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, found.shape, strict=True)
    )
    if not fits:
        wanted = " x ".join("any" if one is None else str(one) for one in shape)
        raise FormatError(f"{name} has the shape {found.shape}; expected {wanted}.")
    if found.numbers is None:
        raise FormatError(f"{name} {found.fault}.")
    if not np.isfinite(found.numbers).all():
        raise FormatError(f"{name} holds NaN or infinity: the training that wrote it diverged.")
    return found.numbers


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
