"""Reads an HDF5 file in a process of its own: `python hdf5_worker.py FILE HEADER NUMBERS SECONDS`.

The HDF5 library is written in C. On damaged files it can loop for ever, crash, or take memory
without end, and nothing in the same process could stop it. This process limits itself, so that the
worst outcome is that it dies. `hdf5.py` starts it and explains what it left.

It writes all arrays of floats that are stored plainly, one after another, to NUMBERS, and a
description of every group and array to HEADER, as JSON. It imports nothing of byhand, to start
quickly.
"""

from __future__ import annotations

import json
import math
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

FREE_MEMORY = 64 << 20
"""Memory in bytes that may be taken in addition to twice the size of the file."""

MOST_ENTRIES = 20_000
"""Largest number of groups and arrays."""

DEEPEST = 20
"""Largest number of groups within each other."""

ATTRIBUTES = ("model_config", "weight_names")
"""Attributes that describe a model; all others are left alone."""


def limit(size: int, seconds: float) -> None:
    """End this process when it takes too much processor time or memory."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # which ends the process, also inside C
        signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + 2 * size + FREE_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, OSError, ValueError):  # not Linux
        return


class TooManyError(Exception):
    """Raised for more groups and arrays than any network has."""


class Walk:
    """All groups and arrays of a file.

    Args:
        numbers: takes the arrays.
        most: largest number of bytes of all arrays together.
    """

    def __init__(self, numbers: IO[bytes], most: int) -> None:
        self.numbers, self.left = numbers, most
        self.entries = 0

    def group(self, group: Any, depth: int = 0) -> dict[str, Any]:
        """Return the description of a group: its attributes and members."""
        members = {}
        for name in group:
            self.entries += 1
            if self.entries > MOST_ENTRIES or depth > DEEPEST:
                raise TooManyError("it has too many groups, or groups that contain themselves")
            try:
                members[name] = self.member(group, name, depth)
            except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
                members[name] = {"fault": f"cannot be read: {error}"}
        return {"attributes": _attributes(group.attrs), "members": members}

    def member(self, group: Any, name: str, depth: int) -> dict[str, Any]:
        """Return the description of a member of a group."""
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            return {"fault": "is a link that may lead to another file"}
        found = group[name]
        if isinstance(found, h5py.Group):
            return self.group(found, depth + 1)
        if not isinstance(found, h5py.Dataset):
            return {"fault": "is neither a group nor an array"}
        return self.array(found)

    def array(self, found: Any) -> dict[str, Any]:
        """Write the numbers of an array, and return its type and shape, or why it has none."""
        described = {"shape": list(found.shape or ()), "dtype": found.dtype.str}
        size = math.prod(described["shape"]) * found.dtype.itemsize
        if found.dtype.kind != "f":
            fault = f"holds {found.dtype}; expected floating-point numbers"
        elif found.external or found.is_virtual:
            fault = "is stored in another file, which is not read"
        elif found.id.get_storage_size() < size:
            fault = "is compressed or has no numbers; Keras stores them plainly"
        elif size > self.left:
            fault = "shares its bytes with other arrays"
        else:
            self.left -= size
            np.asarray(found[()]).tofile(self.numbers)
            return {**described, "size": size}
        return {**described, "fault": fault}


def _attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that describe a model, as text or lists of text."""
    found: dict[str, str | list[str]] = {}
    for name in ATTRIBUTES:
        value = attributes.get(name)
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if isinstance(value, list):
            found[name] = [_text(one) for one in value]
        elif value is not None:
            found[name] = _text(value)
    return found


def _text(value: Any) -> str:
    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "replace")


def main(source: str, header: str, numbers: str, seconds: str) -> None:
    """Write the contents of a file, or {"error": why it cannot be read}."""
    size = Path(source).stat().st_size
    limit(size, float(seconds))
    described: dict[str, Any]
    try:
        with open(numbers, "wb") as stream, h5py.File(source, "r") as file:
            described = Walk(stream, size).group(file)
    except MemoryError:
        described = {"error": "it takes more memory than its size explains"}
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, TooManyError) as error:
        described = {"error": str(error)}
    unfinished = Path(f"{header}.part")  # this process may be ended at any moment
    unfinished.write_text(json.dumps(described), "utf-8")
    unfinished.replace(header)


if __name__ == "__main__":
    main(*sys.argv[1:])
