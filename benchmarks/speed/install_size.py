"""How much an installation weighs: the files of a package and of all that it requires.

It is what pip recorded for each package in this environment, added up over the requirements, so
nothing has to be installed or fetched for it. Files compiled at import are left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

INSTALLS = {
    "byhand": ("byhand",),
    "byhand[fast]": ("byhand[fast]",),
    "torch + numpy": ("torch", "numpy"),
    "jax": ("jax",),
    "scikit-learn": ("scikit-learn",),
}
"""What one would type after `pip install`."""


def install_sizes() -> dict[str, dict[str, float]]:
    """Megabytes and number of packages of each install that is present here."""
    sizes = {}
    for name, wanted in INSTALLS.items():
        try:
            packages = closure(wanted)
        except PackageNotFoundError:
            continue
        total = sum(size_of(distribution(package)) for package in packages)
        sizes[name] = {"megabytes": total / 1e6, "packages": len(packages)}
    return sizes


def closure(wanted: Iterable[str]) -> set[str]:
    """The names of all packages that some requirements bring."""
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
    """What a package requires here: always, or for the sake of one of its extras."""
    environment = {**default_environment(), "extra": extra}
    requirements = [Requirement(text) for text in package.requires or ()]
    return [
        requirement
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(environment)
    ]


def size_of(package: Distribution) -> int:
    """Bytes of a package's files; of one that is worked on in place, of its source folder."""
    files = [Path(str(package.locate_file(file))) for file in package.files or ()]
    if any(file.name.endswith(".pth") or "__editable__" in file.name for file in files):
        files = _source_files(package.name)
    kept = (file for file in files if file.suffix != ".pyc" and file.is_file())
    return sum(file.stat().st_size for file in kept)


def _source_files(name: str) -> list[Path]:
    found = importlib.util.find_spec(name)
    assert found is not None
    folders = map(Path, found.submodule_search_locations or ())
    kept = (file for folder in folders for file in folder.rglob("*"))
    return [file for file in kept if "__pycache__" not in file.parts]
