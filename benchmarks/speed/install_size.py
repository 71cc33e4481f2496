"""How much an installation weighs: the files of a package and of all that it requires.

It is what pip recorded for each package in this environment, added up over the requirements, so
nothing has to be installed or fetched for it. Files compiled at import are left out.
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


def size_of(package: Distribution) -> int:
    """Bytes of a package's files."""
    return sum(file.stat().st_size for file in files_of(package) if file.suffix != ".pyc")
