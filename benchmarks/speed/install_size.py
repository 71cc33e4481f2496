"""Measure the size of an installation: the files of a package and of everything it requires.

The size is the sum over the files that pip recorded for each package in this environment, so
nothing is installed or downloaded. Files that Python compiles at import do not count.
"""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, distribution

from benchmarks.speed.environment import closure, files_of

INSTALLS = {
    "byhand": ("byhand",),
    "byhand[fast]": ("byhand[fast]",),
    "torch + numpy": ("torch", "numpy"),
    "jax": ("jax",),
    "scikit-learn": ("scikit-learn",),
}
"""Name of an installation -> arguments of `pip install`."""


def install_sizes() -> dict[str, dict[str, float]]:
    """Return the megabytes and number of packages of each installation that exists here."""
    sizes = {}
    for name, wanted in INSTALLS.items():
        try:
            packages = closure(wanted)
        except PackageNotFoundError:
            continue
        total = sum(size_of(distribution(package)) for package in packages)
        sizes[name] = {"megabytes": total / 1e6, "packages": len(packages)}
    return sizes


def size_of(package: Distribution) -> int:
    """Return the bytes of a package's files."""
    return sum(file.stat().st_size for file in files_of(package) if file.suffix != ".pyc")
