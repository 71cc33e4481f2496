"""Opens untrusted files: only regular files, and no more bytes than expected.

Each format guards itself against what it can contain: `model_file.py` (safetensors, nothing is
executed), `npz_archive.py` (nothing is unpickled), `decompression.py` (bombs). Pickles, such as
torch's .pt files, are not read at all. SECURITY.md has the promises.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from byhand.errors import FileError, FormatError
from byhand.user_path import user_path

LONGEST_NAME = 255
"""Limit of bytes of a file name, on most file systems."""

JSON_COSTS = {"[": 72, "{": 72, ":": 100, ",": 40, '"': 32}
"""Bytes of memory for a list, a table, a key, a value, and half a text, as Python keeps them."""

WIDE_COST = 6
"""Bytes more for each character of a text that is not ASCII: Python may take four for any of it."""

MOST_JSON = 48 << 20
"""Memory in bytes that the values of a JSON text may take: a million numbers."""

MOST_NESTING = 50
"""Largest number of lists and tables within each other: code that follows them may recurse."""

_BINARY = getattr(os, "O_BINARY", 0)


@contextmanager
def regular_file(path: str | os.PathLike[str], what: str = "the file") -> Iterator[BinaryIO]:
    """Open a regular file for reading bytes; refuse pipes, devices and folders without waiting.

    Args:
        path: path of the file.
        what: name of the file in messages, such as "the recipe".

    Raises:
        FileError: the file is missing, cannot be read or is not a regular file.
    """
    path = user_path(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    except (OSError, ValueError) as error:  # a ValueError for a zero byte in the name
        raise _unreadable(path, what, error) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise FileError(f"{what} {path} cannot be read: it is {kind}; expected a file.")
    with os.fdopen(descriptor, "rb") as file:
        try:
            if hasattr(os, "pread"):
                os.pread(descriptor, 1, 0)  # raises for a file in /proc that only looks regular
            yield cast(BinaryIO, file)
        except OSError as error:
            if isinstance(error, FileError):
                raise
            raise _unreadable(path, what, error) from error


def read_bytes(path: str | os.PathLike[str], most: int, what: str = "the file") -> bytes:
    """Return the content of a regular file of at most `most` bytes.

    Raises:
        FileError: the file cannot be read or is not a regular file.
        FormatError: it is larger.
    """
    with regular_file(path, what) as file:
        size = os.fstat(file.fileno()).st_size
        content = b"" if size > most else file.read(size + 1)
    if max(size, len(content)) > most:
        raise FormatError(
            f"{what} {path} has more than {most:,} bytes; it must be another kind of file."
        )
    return content


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: not JSON, nested too deeply, a key that occurs twice in one object, or so many
            values that they take far more memory than the text.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    memory = sum(cost * content.count(sign.encode()) for sign, cost in JSON_COSTS.items())
    if memory + (0 if content.isascii() else WIDE_COST * len(content)) > MOST_JSON:
        raise ValueError("the JSON holds too many values")
    try:
        value = json.loads(text, object_pairs_hook=_unique)
        if content.count(b"[") + content.count(b"{") > MOST_NESTING:
            check_nesting(value)
        return value
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def check_nesting(value: object) -> None:
    """Raise RecursionError if lists and dictionaries are nested more than `MOST_NESTING` deep."""
    level: list[Any] = [value]
    for _ in range(MOST_NESTING + 1):
        level = [one for one in level if isinstance(one, (dict, list))]
        if not level:
            return
        level = [
            inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
        ]
    raise RecursionError


def is_plain_name(name: str) -> bool:
    """Return whether a file or folder can have this name, and whether it leads nowhere else."""
    length = len(name.encode("utf-8", "surrogatepass"))
    return 0 < length <= LONGEST_NAME and name not in {".", ".."} and not set(name) & set("/\\\0")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {name[:80]!r} occurs twice")
        found[name] = value
    return found


def _unreadable(path: Path, what: str, error: Exception) -> FileError:
    reason = getattr(error, "strerror", None) or error
    return FileError(f"{what} {path} cannot be read: {reason}.")
