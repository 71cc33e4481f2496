"""Find the packages and files that an installation consists of, and import only those."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@contextmanager
def environment_of(wanted: Iterable[str]) -> Iterator[Path]:
    """Make a folder with links to the packages that `pip install` of the wanted would install.

    `PYTHONPATH=folder python -S` then sees these packages and no others of this environment. Many
    packages import whatever else is installed, which costs time and memory that users do not pay.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        for package in closure(wanted):
            for path in top_level(distribution(package)):
                (folder / path.name).symlink_to(path)
        yield folder


def closure(wanted: Iterable[str]) -> set[str]:
    """Return the names of all packages that some requirements install."""
    waiting = [Requirement(text) for text in wanted]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _requirements(distribution(name), extra)
    return {name for name, _ in seen}


def _requirements(package: Distribution, extra: str) -> list[Requirement]:
    """Return the requirements of a package on this machine, with those of an extra."""
    environment = {**default_environment(), "extra": extra}
    requirements = [Requirement(text) for text in package.requires or ()]
    return [
        requirement
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(environment)
    ]


def files_of(package: Distribution) -> list[Path]:
    """Return a package's files; for an editable installation, those of its source folder."""
    files = [Path(str(package.locate_file(file))) for file in package.files or ()]
    if any(file.name.endswith(".pth") or "__editable__" in file.name for file in files):
        files = [file for folder in _source_folders(package.name) for file in folder.rglob("*")]
    return [file for file in files if "__pycache__" not in file.parts and file.is_file()]


def top_level(package: Distribution) -> set[Path]:
    """Return the folders and modules that a package adds to site-packages."""
    root = Path(str(package.locate_file("")))
    folders = {
        root / file.relative_to(root).parts[0]
        for file in files_of(package)
        if file.is_relative_to(root) and ".." not in file.parts
    }
    return folders or set(_source_folders(package.name))


def _source_folders(name: str) -> list[Path]:
    found = importlib.util.find_spec(name)
    assert found is not None
    return [Path(folder) for folder in found.submodule_search_locations or ()]
