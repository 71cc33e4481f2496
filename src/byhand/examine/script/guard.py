"""Keeps a running script from writing elsewhere, from the network and from other programs."""

from __future__ import annotations

import builtins
import io
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from byhand.examine.script.data_files import Digits, is_model

BLOCKED: tuple[tuple[Any, str], ...] = (
    (os, "remove"), (os, "unlink"), (os, "rmdir"), (os, "rename"), (os, "replace"), (os, "system"),
    (os, "removedirs"), (os, "popen"), (os, "mkdir"), (os, "chmod"), (os, "kill"), (os, "_exit"),
    (shutil, "rmtree"), (shutil, "move"), (shutil, "copy"), (shutil, "copyfile"),
    (socket.socket, "connect"), (socket, "create_connection"),
    (subprocess, "Popen"), (subprocess, "run"),
)  # fmt: skip
"""Functions that do nothing or fail while a script runs."""

WRITING = set("wax+")


@contextmanager
def guarded(folder: Path, data: Digits) -> Iterator[None]:
    """Return a context in which a script can read, and write to nothing.

    Args:
        folder: the folder of the script; its files can be read by their names.
        data: files that do not exist.
    """
    changed: dict[tuple[Any, str], Any] = {}

    def replace(owner: Any, name: str, value: Any) -> None:
        changed[owner, name] = getattr(owner, name)
        setattr(owner, name, value)

    for owner, name in BLOCKED:
        if hasattr(owner, name):
            replace(owner, name, _refused(name))
    opened = _opening(builtins.open, folder, data)
    for owner in (builtins, io):
        replace(owner, "open", opened)
    replace(builtins, "input", lambda *_: "")
    for name, packed in (("loadtxt", False), ("genfromtxt", False), ("fromfile", True)):
        replace(np, name, _reading(getattr(np, name), opened, None if packed else data))
    replace(np, "savetxt", lambda *_, **__: None)
    replace(os, "listdir", _listing(os.listdir))
    replace(time, "sleep", lambda *_: None)
    replace(urllib.request, "urlretrieve", lambda *_, **__: ("", None))
    replace(os, "makedirs", lambda *_, **__: None)
    for owner, name in ((os.path, "exists"), (os.path, "isfile"), (Path, "exists")):
        replace(owner, name, _existing(getattr(owner, name), folder))
    replace(Path, "is_file", _existing(Path.is_file, folder))
    try:
        yield
    finally:
        for (owner, name), value in changed.items():
            setattr(owner, name, value)


def _refused(name: str) -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> Any:
        raise PermissionError(f"{name} is not available while a script is examined")

    return refuse


def _opening(original: Callable[..., Any], folder: Path, data: Digits) -> Callable[..., Any]:
    """Return `open` that writes to nothing and knows the files that do not exist."""
    is_file = os.path.isfile  # the test that knows no other files

    def opened(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if isinstance(file, int):
            return original(file, mode, *arguments, **named)
        if WRITING & set(mode):
            return io.BytesIO() if "b" in mode else io.StringIO()
        for path in (os.fspath(file), os.path.join(folder, os.fspath(file))):
            if is_file(path):
                return original(path, mode, *arguments, **named)
        content = data.file(str(file))
        if content is None:
            raise FileNotFoundError(f"there is no file {file}")
        return io.BytesIO(content) if "b" in mode else io.StringIO(content.decode("latin1"))

    return opened


def _existing(original: Callable[..., bool], folder: Path) -> Callable[[Any], bool]:
    """Return a test for files that knows those that `open` knows."""

    def exists(path: Any) -> bool:
        try:
            found = original(path) or original(folder / os.fspath(path))
        except TypeError:
            return False
        name = str(path).lower()
        is_data = name.endswith((".csv", ".npz", ".gz", ".mat", ".pkl", "ubyte"))
        return found or (is_data and not is_model(name))

    return exists


def _reading(
    original: Callable[..., Any], opened: Callable[..., Any], data: Digits | None
) -> Callable[..., Any]:
    """Return a function of NumPy that reads files, with those that `open` knows.

    Args:
        original: the function.
        opened: the function that opens files.
        data: gives tables, which are not written as text and read again; None for bytes.
    """
    is_file = os.path.isfile

    def read(file: Any, *arguments: Any, **named: Any) -> Any:
        if not isinstance(file, (str, Path)):
            return original(file, *arguments, **named)
        if data is not None:
            table = (
                None
                if is_file(file) or {"usecols", "unpack"} & set(named)
                else data.table(str(file))
            )
            if table is not None:
                return table.astype(named.get("dtype") or float)
            with opened(file) as text:
                return original(text, *arguments, **named)
        kind = arguments[0] if arguments else named.get("dtype", float)
        with opened(file, "rb") as content:
            return np.frombuffer(content.read()[named.get("offset", 0) :], kind).copy()

    return read


def _listing(original: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Return `os.listdir`, for which a folder that does not exist is empty."""

    def listed(folder: Any = ".") -> list[str]:
        try:
            return original(folder)
        except OSError:
            return []

    return listed
