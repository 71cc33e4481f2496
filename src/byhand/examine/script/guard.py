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

from byhand.examine.script.data_files import Digits

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
    replace(time, "sleep", lambda *_: None)
    replace(urllib.request, "urlretrieve", lambda *_, **__: ("", None))
    replace(os, "makedirs", lambda *_, **__: None)
    replace(os.path, "exists", _existing(os.path.exists, folder))
    replace(os.path, "isfile", _existing(os.path.isfile, folder))
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

    def opened(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if isinstance(file, int):
            return original(file, mode, *arguments, **named)
        if WRITING & set(mode):
            return io.BytesIO() if "b" in mode else io.StringIO()
        for path in (Path(os.fspath(file)), folder / os.fspath(file)):
            if path.is_file():
                return original(path, mode, *arguments, **named)
        content = data.file(str(file))
        if content is None:
            raise FileNotFoundError(f"there is no file {file}")
        return io.BytesIO(content) if "b" in mode else io.StringIO(content.decode("latin1"))

    return opened


def _existing(original: Callable[[Any], bool], folder: Path) -> Callable[[Any], bool]:
    """Return a test for files that knows those that `open` knows."""

    def exists(path: Any) -> bool:
        try:
            found = original(path) or (folder / os.fspath(path)).exists()
        except TypeError:
            return False
        name = str(path).lower()
        return found or name.endswith((".csv", ".npz", ".gz", ".mat", ".pkl", "ubyte"))

    return exists
