"""What a disk may hold after a power cut, from a recording of what was flushed and renamed.

Certain are the content of a file when it was last flushed, and the names in a folder when that was
last flushed. Every later change may be on the disk or not, whatever came before or after it: a
file with its new length but without its content, a rename of which only one half is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from pathlib import Path, PurePosixPath

import pytest

State = dict[str, bytes | None]
"""Path -> content of a file, None for a folder."""

CHANGES = ("replace", "rename", "unlink", "remove", "link", "mkdir", "rmdir", "truncate")
"""The calls of `os` that change names, besides opening a new file."""


@dataclass(frozen=True)
class Step:
    """What programs see in a folder at one moment.

    Args:
        names: path -> number of its file or folder.
        contents: number -> content of the file, None for a folder.
        flushed: number of the file or folder that has just been flushed.
    """

    names: dict[str, int]
    contents: dict[int, bytes | None]
    flushed: int | None = None


@contextmanager
def recorded(folder: Path) -> Iterator[list[Step]]:
    """Record the steps in which the block changes a folder."""
    steps: list[Step] = []
    with pytest.MonkeyPatch.context() as patch, ExitStack() as held:
        steps.append(_seen(folder, held))

        def noting(name: str) -> Callable[..., object]:
            call = getattr(os, name)

            def noted(*words, **options):
                steps.append(_seen(folder, held))
                result = call(*words, **options)
                number = os.fstat(words[0]).st_ino if name == "fsync" else None
                steps.append(_seen(folder, held, number))
                return result

            return noted

        for name in ("fsync", *CHANGES):
            patch.setattr(os, name, noting(name))
        yield steps
        steps.append(_seen(folder, held))


def _seen(folder: Path, held: ExitStack, flushed: int | None = None) -> Step:
    names: dict[str, int] = {}
    contents: dict[int, bytes | None] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        descriptor = os.open(path, os.O_RDONLY)
        held.callback(os.close, descriptor)  # so that no other file gets its number
        number = os.fstat(descriptor).st_ino
        names[path.relative_to(folder).as_posix()] = number
        contents[number] = None if path.is_dir() else path.read_bytes()
    return Step(names, contents, flushed)


def states(steps: list[Step]) -> list[State]:
    """Return all that the disk may hold if the power fails at any moment of a recording."""
    found: dict[frozenset[tuple[str, bytes | None]], State] = {}
    disk = _Disk(steps[0].names, dict(steps[0].contents))
    for before, now in pairwise(steps):
        disk.see(before, now)
        found |= {frozenset(state.items()): state for state in disk.states()}
        disk.flush(now)
    return list(found.values())


def last_states(steps: list[Step]) -> list[State]:
    """Return all that the disk may hold if the power fails after a recording."""
    disk = _Disk(steps[0].names, dict(steps[0].contents))
    for before, now in pairwise(steps):
        disk.see(before, now)
        disk.flush(now)
    return list(disk.states())


def rebuild(state: State, folder: Path) -> Path:
    """Write a state into a new folder and return its path."""
    folder.mkdir()
    for name, content in sorted(state.items()):
        if content is not None:
            (folder / name).write_bytes(content)
        elif name != ".":
            (folder / name).mkdir()
    return folder


@dataclass
class _Disk:
    """A disk that keeps what was flushed, and some of the rest.

    Args:
        names: the names that are certain.
        contents: the contents that are certain.
        renamed: later changes of names, in order: the path and its file, None for no file.
        drafts: later contents of each file.
    """

    names: dict[str, int]
    contents: dict[int, bytes | None]
    renamed: list[tuple[str, int | None]] = field(default_factory=list)
    drafts: dict[int, set[bytes]] = field(default_factory=dict)

    def see(self, before: Step, now: Step) -> None:
        """Add the changes between two steps."""
        for path in sorted(before.names.keys() | now.names.keys()):
            if before.names.get(path) != now.names.get(path):
                self.renamed.append((path, now.names.get(path)))
        for number, content in now.contents.items():
            if content is None:
                self.contents[number] = None
            elif content != self.contents.get(number, b""):
                self.drafts.setdefault(number, set()).add(content)

    def flush(self, step: Step) -> None:
        """Make certain what a step has flushed."""
        number = step.flushed
        if number not in step.contents:
            return
        if step.contents[number] is not None:
            self.contents[number] = step.contents[number]
            self.drafts.pop(number, None)
            return
        own = {path for path, one in step.names.items() if one == number}
        certain = [one for one in self.renamed if str(PurePosixPath(one[0]).parent) in own]
        self.renamed = [one for one in self.renamed if one not in certain]
        merged = self.names | dict(certain)
        self.names = {path: one for path, one in merged.items() if one is not None}

    def states(self) -> Iterator[State]:
        """Yield everything that this disk may hold after a power cut."""
        for size in range(len(self.renamed) + 1):
            for kept in combinations(self.renamed, size):
                names = _within(self.names | dict(kept))
                numbers = sorted(set(names.values()))
                for contents in product(*map(self._versions, numbers)):
                    held = dict(zip(numbers, contents, strict=True))
                    yield {path: held[number] for path, number in names.items()}

    def _versions(self, number: int) -> list[bytes | None]:
        """Return what may be left of a file: each draft lost, whole, cut, or without content."""
        certain = self.contents.get(number, b"")
        if certain is None or number not in self.drafts:
            return [certain]
        found = {certain}
        for draft in self.drafts[number]:
            half = len(draft) // 2
            found |= {draft, draft[:half], draft[:-1], bytes(len(draft))}
            found |= {draft[:half] + certain[half:], draft[:half] + bytes(len(draft) - half)}
        return sorted(found)


def _within(names: dict[str, int | None]) -> dict[str, int]:
    """Return the names of files that exist, in folders that exist."""
    kept: dict[str, int] = {}
    for path, number in sorted(names.items()):
        if number is not None and (path == "." or str(PurePosixPath(path).parent) in kept):
            kept[path] = number
    return kept
