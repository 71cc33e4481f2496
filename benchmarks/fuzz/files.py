"""An input of a reader: a file or a folder of files, in memory and on disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pipe:
    """A named pipe in place of a file; opening it would block for ever."""


@dataclass(frozen=True)
class Link:
    """A symbolic link in place of a file."""

    target: str


Content = bytes | Pipe | Link
Files = dict[str, Content]
"""Content by path within the input's folder, as {"train/0/a.png": b"..."}."""


MOST_BYTES = 16 << 20
"""Largest size of an input."""


def size_of(files: Mapping[str, Content]) -> int:
    """Return the total size of all files in bytes."""
    return sum(len(content) for content in files.values() if isinstance(content, bytes))


def write_files(folder: Path, files: Mapping[str, Content]) -> None:
    """Write an input into an empty folder."""
    for name, content in files.items():
        path = os.path.join(folder, name)
        if "/" in name:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(content, bytes):
            with open(path, "wb", buffering=0) as file:
                file.write(content)
        elif isinstance(content, Pipe):
            os.mkfifo(path)
        else:
            os.symlink(content.target, path)


class Place:
    """A folder that holds one input after another. Only files that differ are written.

    They stay open, so that the next input needs no search for their names.

    Args:
        folder: an empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: Files = {}
        self.open: dict[str, int] = {}

    def hold(self, files: Files) -> None:
        """Make these the files in the folder."""
        before = self.files
        self.files = {}  # in case of an error
        if files.keys() == before.keys():
            for name, content in files.items():
                if content is not before[name] and content != before[name]:
                    self._rewrite(name, before[name], content)
        else:
            for name in [*self.open]:
                os.close(self.open.pop(name))
            empty(self.folder)
            write_files(self.folder, files)
        self.files = files

    def _rewrite(self, name: str, before: Content, content: Content) -> None:
        if not (isinstance(before, bytes) and isinstance(content, bytes)):
            if name in self.open:
                os.close(self.open.pop(name))
            os.unlink(os.path.join(self.folder, name))
            write_files(self.folder, {name: content})
            return
        if name not in self.open:
            self.open[name] = os.open(os.path.join(self.folder, name), os.O_WRONLY)
        os.pwrite(self.open[name], content, 0)
        if len(content) < len(before):
            os.ftruncate(self.open[name], len(content))


def read_files(folder: Path) -> Files:
    """Return the input in a folder."""
    found: Files = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = Link(os.readlink(path))
        elif path.is_fifo():
            found[name] = Pipe()
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def empty(folder: Path) -> None:
    """Remove everything in a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
